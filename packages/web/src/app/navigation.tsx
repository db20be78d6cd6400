import type { ApiProject } from "@mesher/protocol";
import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useRouterState } from "@tanstack/react-router";
import { type ReactNode, useState } from "react";
import { projectsQuery } from "../api/queries.ts";
import { hasRole, sessionQuery } from "../api/session.ts";
import { ConnectionDot } from "../live/connection-dot.tsx";
import { Button } from "../ui/button.tsx";
import { nameOfKey } from "../ui/key-bindings.ts";
import { Menu, MenuItem } from "../ui/menu.tsx";
import { Bone } from "../ui/skeleton.tsx";
import { AccountMenu } from "./account-menu.tsx";
import { useCurrentProject, useIsProjectKnown } from "./current-project.ts";
import { LogoMark } from "./logo.tsx";
import { palette } from "./palette.tsx";
import { ORGANIZATION_PLACES, PROJECT_PLACES, SERVER_PLACES, YOUR_PLACES } from "./places.ts";
import { ThemeToggle } from "./theme-toggle.tsx";
import { useOrganizationChoice } from "./use-organization-choice.ts";

/** More are found on the overview, and by the palette. */
const PROJECTS_MAX = 12;

const linkClass = "block truncate rounded-md px-2 py-1 text-dim hover:bg-line/60 hover:text-ink";
const activeClass = "bg-line/80 font-medium text-ink";

export function Sidebar() {
  return (
    <header className="sticky top-0 hidden h-dvh flex-col border-r bg-side px-3 py-3.5 lg:flex">
      <div className="flex items-center justify-between px-2">
        <Logo />
        <CurrentConnection />
      </div>
      <OrganizationSwitch />
      <SearchButton />
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
        <Logo isShort />
        <ProjectSelect />
        <span className="grow" />
        <CurrentConnection />
        <Button aria-expanded={isOpen} onClick={() => setOpenAt(isOpen ? undefined : address)}>
          Menu
        </Button>
      </div>
      {isOpen && (
        <div className="flex flex-col border-t px-2 pb-3">
          <OrganizationSwitch />
          <SearchButton />
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

/** Only for those who belong to more than one. */
function OrganizationSwitch() {
  const { current, others, choose } = useOrganizationChoice();
  if (others.length === 0 || current === undefined) return null;
  return (
    <div className="mt-3 px-1">
      <Menu label={`Organization: ${current.name}`} button={<span className="max-w-34 truncate">{current.name}</span>}>
        <MenuItem isChosen onSelect={() => undefined}>
          {current.name}
        </MenuItem>
        {others.map(({ slug, name }) => (
          <MenuItem key={slug} isChosen={false} onSelect={() => choose(slug)}>
            {name}
          </MenuItem>
        ))}
      </Menu>
    </div>
  );
}

function SearchButton() {
  return (
    <button
      type="button"
      onClick={palette.set}
      className="mx-1 mt-3 flex h-7.5 items-center justify-between rounded-md border bg-bg px-2.5 text-xs text-faint hover:border-edge hover:text-dim"
    >
      Go to anything
      <kbd className="font-mono">{nameOfKey("mod+k")}</kbd>
    </button>
  );
}

function Places() {
  const { data: session, isPending } = useQuery(sessionQuery());
  // What stands below projects and roles comes with them, so that it does not move when they are here.
  const isKnown = useIsProjectKnown() && !isPending;
  const server = SERVER_PLACES.filter(({ least }) => hasRole(session, least));
  return (
    <nav aria-label="Main" className="mt-3 min-h-0 grow space-y-4 overflow-y-auto">
      <ul>
        <li>
          <Link to="/" activeOptions={{ exact: true }} className={linkClass} activeProps={{ className: activeClass }}>
            Overview
          </Link>
        </li>
      </ul>
      <Group title="Projects">
        <Projects />
      </Group>
      {isKnown && server.length > 0 && (
        <Group title="Server">
          {server.map(({ to, name }) => (
            <Place key={to} to={to} name={name} />
          ))}
        </Group>
      )}
      {isKnown && (
        <Group title="Organization">
          {ORGANIZATION_PLACES.filter(({ least }) => hasRole(session, least)).map(({ to, name }) => (
            <Place key={to} to={to} name={name} />
          ))}
        </Group>
      )}
      {isKnown && (
        <Group title="You">
          {YOUR_PLACES.map(({ to, name }) => (
            <Place key={to} to={to} name={name} />
          ))}
        </Group>
      )}
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

type PlaceAddress = (typeof SERVER_PLACES | typeof ORGANIZATION_PLACES | typeof YOUR_PLACES)[number]["to"];

function Place({ to, name }: { to: PlaceAddress; name: string }) {
  return (
    <li>
      <Link to={to} className={linkClass} activeProps={{ className: activeClass }}>
        {name}
      </Link>
    </li>
  );
}

function Projects() {
  const projects = useQuery(projectsQuery());
  const current = useCurrentProject();
  const isKnown = useIsProjectKnown();
  if (projects.data === undefined || !isKnown) {
    return (
      <li aria-hidden className="appears-late space-y-2.5 px-2 py-1.5">
        <Bone className="h-3 w-24" />
        <Bone className="h-3 w-20" />
      </li>
    );
  }
  const first = projects.data.slice(0, PROJECTS_MAX);
  // The one that is looked at is always there.
  const shown = current === undefined || first.includes(current) ? first : [current, ...first];
  return (
    <>
      {shown.map((project) => (
        <ProjectPlaces key={project.id} project={project} isCurrent={project.id === current?.id} />
      ))}
      {projects.data.length > PROJECTS_MAX && (
        <li>
          <Link to="/" className={`${linkClass} text-faint`}>
            All {projects.data.length}…
          </Link>
        </li>
      )}
    </>
  );
}

function ProjectPlaces({ project, isCurrent }: { project: ApiProject; isCurrent: boolean }) {
  const params = { slug: project.slug };
  return (
    <li>
      <Link
        to="/projects/$slug"
        params={params}
        activeOptions={{ exact: true, includeSearch: false }}
        // The place within it is named below.
        aria-current={isCurrent ? "true" : undefined}
        className={`${linkClass} ${isCurrent ? "font-medium text-ink" : ""}`}
      >
        {project.name}
      </Link>
      {isCurrent && (
        <ul className="mt-px ml-2 border-l pl-1.5">
          {PROJECT_PLACES.map(({ to, name }) => (
            <li key={to}>
              <Link
                to={to}
                params={params}
                activeOptions={{ exact: true, includeSearch: false }}
                className={linkClass}
                activeProps={{ className: activeClass }}
              >
                {name}
              </Link>
            </li>
          ))}
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

/** The name is left out where there is little room. */
function Logo({ isShort = false }: { isShort?: boolean }) {
  return (
    <Link
      to="/"
      activeOptions={{ exact: true }}
      className="inline-flex items-center gap-2 rounded text-sm font-semibold tracking-tight"
    >
      <LogoMark className="size-5" />
      <span className={isShort ? "max-sm:sr-only" : ""}>Mesher</span>
    </Link>
  );
}
