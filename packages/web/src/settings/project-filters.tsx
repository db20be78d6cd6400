import { Section } from "../ui/section.tsx";
import type { ProjectSettingsProps } from "./project-tabs.ts";
import { Check, ListField, linesOf, SettingsForm } from "./settings-form.tsx";

const FILTERS = {
  browser_extensions: "Errors of browser extensions",
  localhost: "Events of localhost",
  web_crawlers: "Web crawlers",
  legacy_browsers: "Browsers that are no longer maintained",
} as const;

export function ProjectFilters({ projectSlug, settings: { filters }, mayChange }: ProjectSettingsProps) {
  return (
    <Section title="Inbound filters">
      <p className="mb-4 text-dim">What matches is dropped before it is stored, and counted.</p>
      <SettingsForm projectSlug={projectSlug} mayChange={mayChange} read={(data) => ({ filters: filtersOf(data) })}>
        <div className="space-y-1.5">
          {Object.entries(FILTERS).map(([name, label]) => (
            <Check key={name} name={name} isOn={filters[name as keyof typeof FILTERS]}>
              {label}
            </Check>
          ))}
        </div>
        <div className="grid gap-3 sm:grid-cols-3">
          <ListField label="Messages, * for anything" name="messages" values={filters.messages} />
          <ListField label="Releases" name="releases" values={filters.releases} />
          <ListField label="Addresses" name="ip_addresses" values={filters.ip_addresses} />
        </div>
      </SettingsForm>
    </Section>
  );
}

function filtersOf(data: FormData) {
  return {
    browser_extensions: data.has("browser_extensions"),
    localhost: data.has("localhost"),
    web_crawlers: data.has("web_crawlers"),
    legacy_browsers: data.has("legacy_browsers"),
    messages: linesOf(data, "messages"),
    releases: linesOf(data, "releases"),
    ip_addresses: linesOf(data, "ip_addresses"),
  };
}
