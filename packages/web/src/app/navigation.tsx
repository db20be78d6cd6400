import type { ApiProject } from "@mesher/protocol";
import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useRouterState } from "@tanstack/react-router";
import { type ReactNode, useState } from "react";
import { projectsQuery } from "../api/queries.ts";
import { hasRole, sessionQuery } from "../api/session.ts";
import { ConnectionDot } from "../live/connection-dot.tsx";
import { Button } from "../ui/button.tsx";
import { AccountMenu } from "./account-menu.tsx";
import { useCurrentProject } from "./current-project.ts";
import { LogoMark } from "./logo.tsx";
import { ThemeToggle } from "./theme-toggle.tsx";

const linkClass = "block truncate rounded-md px-2 py-1 text-dim hover:bg-line/60 hover:text-ink";
const activeClass = "bg-line/80 font-medium text-ink";

export function Sidebar() {
  return (
    <header className="sticky top-0 hidden h-dvh flex-col border-r bg-side px-3 py-3.5 lg:flex">
      <div className="flex items-center justify-between px-2">
        <Logo />
        <CurrentConnection />
      </div>
      <Places />
      <div className="flex items-center justify-between gap-2 pt-3">
        <AccountMenu />
        <ThemeToggle />
      </div>
    </header>
  );
}

export function TopBar() {
  const address = useRouterState({ select: ({ location }) => location.href });
  // Whoever went somewhere wants to see it: the menu is open at one address only.
  const [openAt, setOpenAt] = useState<string>();
  const isOpen = openAt === address;
  return (
    <header className="border-b bg-side lg:hidden">
      <div className="flex h-12 items-center gap-3 px-4">
        <Logo />
        <ProjectSelect />
        <span className="grow" />
        <CurrentConnection />
        <Button aria-expanded={isOpen} onClick={() => setOpenAt(isOpen ? undefined : address)}>
          Menu
        </Button>
      </div>
      {isOpen && (
        <div className="flex flex-col border-t px-2 pb-3">
          <Places />
          <div className="flex items-center justify-between gap-2 px-2 pt-3">
            <AccountMenu />
            <ThemeToggle />
          </div>
        </div>
      )}
    </header>
  );
}

function Places() {
  const projects = useQuery(projectsQuery());
  const current = useCurrentProject();
  const session = useQuery(sessionQuery());
  return (
    <nav aria-label="Main" className="mt-4 min-h-0 grow space-y-5 overflow-y-auto lg:mt-6">
      <Group title="Projects">
        {projects.data?.map((project) => (
          <ProjectPlaces key={project.id} project={project} isCurrent={project.id === current?.id} />
        ))}
      </Group>
      {hasRole(session.data, "admin") && (
        <Group title="Server">
          <Place to="/cluster">Cluster</Place>
          <Place to="/jobs">Jobs</Place>
        </Group>
      )}
      <Group title="Organization">
        <Place to="/settings/members">Members</Place>
        {hasRole(session.data, "admin") && <Place to="/settings/tokens">Tokens</Place>}
        {hasRole(session.data, "admin") && <Place to="/settings/audit">Audit log</Place>}
        <Place to="/settings/account">Account</Place>
      </Group>
    </nav>
  );
}

function Group({ title, children }: { title: string; children: ReactNode }) {
  return (
    <div>
      <p className="px-2 pb-1 text-xs text-faint">{title}</p>
      <ul className="space-y-px">{children}</ul>
    </div>
  );
}

type PlaceAddress =
  | "/cluster"
  | "/jobs"
  | "/settings/members"
  | "/settings/tokens"
  | "/settings/audit"
  | "/settings/account";

function Place({ to, children }: { to: PlaceAddress; children: ReactNode }) {
  return (
    <li>
      <Link to={to} className={linkClass} activeProps={{ className: activeClass }}>
        {children}
      </Link>
    </li>
  );
}

function ProjectPlaces({ project, isCurrent }: { project: ApiProject; isCurrent: boolean }) {
  return (
    <li>
      <Link
        to="/projects/$slug"
        params={{ slug: project.slug }}
        activeOptions={{ exact: true, includeSearch: false }}
        className={`${linkClass} ${isCurrent ? activeClass : ""}`}
      >
        {project.name}
      </Link>
      {isCurrent && (
        <ul className="mt-px ml-2 border-l pl-1.5">
          <li>
            <Link
              to="/projects/$slug/dashboard"
              params={{ slug: project.slug }}
              className={linkClass}
              activeProps={{ className: "font-medium text-ink" }}
            >
              Dashboard
            </Link>
          </li>
          <li>
            <Link
              to="/projects/$slug/live"
              params={{ slug: project.slug }}
              className={linkClass}
              activeProps={{ className: "font-medium text-ink" }}
            >
              Live
            </Link>
          </li>
          <li>
            <Link
              to="/projects/$slug/settings"
              params={{ slug: project.slug }}
              className={linkClass}
              activeProps={{ className: "font-medium text-ink" }}
            >
              Settings
            </Link>
          </li>
        </ul>
      )}
    </li>
  );
}

function CurrentConnection() {
  const slug = useCurrentProject()?.slug;
  return slug === undefined ? null : <ConnectionDot key={slug} projectSlug={slug} />;
}

function ProjectSelect() {
  const projects = useQuery(projectsQuery());
  const slug = useCurrentProject()?.slug;
  const navigate = useNavigate();
  if (projects.data === undefined || projects.data.length < 2) return null;
  return (
    <select
      aria-label="Project"
      value={slug ?? ""}
      onChange={(change) => void navigate({ to: "/projects/$slug", params: { slug: change.target.value } })}
      className="h-7 max-w-40 min-w-0 rounded-md border border-edge bg-bg px-1.5 text-xs"
    >
      {slug === undefined && <option value="">Project…</option>}
      {projects.data.map((project) => (
        <option key={project.id} value={project.slug}>
          {project.name}
        </option>
      ))}
    </select>
  );
}

function Logo() {
  return (
    <Link
      to="/"
      activeOptions={{ exact: true }}
      className="inline-flex items-center gap-2 rounded text-sm font-semibold tracking-tight"
    >
      <LogoMark className="size-5" />
      Mesher
    </Link>
  );
}
