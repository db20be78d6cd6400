import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { hasRole, sessionQuery } from "../api/session.ts";
import { projectSettingsQuery } from "../api/settings-queries.ts";
import { Failure } from "../ui/failure.tsx";
import { PageSkeleton } from "../ui/page-skeleton.tsx";
import { TabStrip, tabClass } from "../ui/tab-strip.tsx";
import { useOpened } from "../ui/use-opened.ts";
import { ProjectFilters } from "./project-filters.tsx";
import { ProjectGeneral } from "./project-general.tsx";
import { ProjectKeys } from "./project-keys.tsx";
import { ProjectPrivacy } from "./project-privacy.tsx";
import { ProjectStorage } from "./project-storage.tsx";
import {
  PROJECT_TABS,
  type ProjectSettingsProps,
  type ProjectSettingsSearch,
  type ProjectTab,
} from "./project-tabs.ts";
import { Opened } from "./settings-form.tsx";

const TAB: Readonly<Record<ProjectTab, (props: ProjectSettingsProps) => ReactNode>> = {
  general: ProjectGeneral,
  keys: ProjectKeys,
  filters: ProjectFilters,
  privacy: ProjectPrivacy,
  storage: ProjectStorage,
};

export function ProjectSettingsPage({ projectSlug, search }: { projectSlug: string; search: ProjectSettingsSearch }) {
  const settings = useQuery(projectSettingsQuery(projectSlug));
  const [opened, setOpened] = useOpened(settings);
  const mayChange = hasRole(useQuery(sessionQuery()).data, "admin");
  const Tab = TAB[search.tab ?? "general"];
  return (
    <div className="max-w-4xl px-4 pb-20 sm:px-6">
      <title>Project settings · Mesher</title>
      <div className="flex min-h-13 items-center">
        <h1 className="text-[0.9375rem] font-semibold">Project settings</h1>
      </div>
      <TabStrip label="Project settings">
        {Object.entries(PROJECT_TABS).map(([tab, name]) => (
          <Link
            key={tab}
            to="/projects/$slug/settings"
            params={{ slug: projectSlug }}
            search={tab === "general" ? {} : { tab: tab as ProjectTab }}
            activeOptions={{ exact: true }}
            aria-current={(search.tab ?? "general") === tab ? "page" : undefined}
            className={tabClass}
          >
            {name}
          </Link>
        ))}
      </TabStrip>
      {opened !== undefined ? (
        <Opened value={{ settings: opened, onSaved: setOpened }}>
          {!mayChange && <p className="mb-5 text-dim">Owners and admins of the organization change these.</p>}
          <Tab key={search.tab ?? "general"} projectSlug={projectSlug} settings={opened} mayChange={mayChange} />
        </Opened>
      ) : settings.isError ? (
        <Failure
          title="The settings could not be loaded."
          error={settings.error}
          onRetry={() => void settings.refetch()}
        />
      ) : (
        <PageSkeleton label="Loading the settings" />
      )}
    </div>
  );
}
