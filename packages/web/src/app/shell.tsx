import { useQuery } from "@tanstack/react-query";
import { Link, Outlet, useNavigate } from "@tanstack/react-router";
import { useSyncExternalStore } from "react";
import { projectsQuery } from "../api/queries.ts";
import { isTokenRefused, onTokenChange } from "../api/token.ts";
import { Button } from "../ui/button.tsx";
import { useCurrentProject } from "./current-project.ts";
import { ThemeToggle } from "./theme-toggle.tsx";
import { TokenForm } from "./token-form.tsx";

const MAIN_ID = "main";

/** What is around every page: a sidebar, or on a narrow screen a bar on top. */
export function Shell() {
  const needsToken = useSyncExternalStore(onTokenChange, isTokenRefused);
  if (needsToken) return <TokenForm />;
  return (
    <div className="lg:grid lg:grid-cols-[13.5rem_minmax(0,1fr)]">
      <SkipToContent />
      <TopBar />
      <Sidebar />
      <main id={MAIN_ID} tabIndex={-1} className="min-w-0 outline-none">
        <Outlet />
      </main>
    </div>
  );
}

/** A button, since a link to `#main` would be relative to the base of the document. */
function SkipToContent() {
  return (
    <Button
      onClick={() => document.getElementById(MAIN_ID)?.focus()}
      className="absolute top-2 left-2 z-10 not-focus:sr-only"
    >
      Skip to content
    </Button>
  );
}

function TopBar() {
  return (
    <header className="flex h-12 items-center gap-3 border-b bg-side px-4 lg:hidden">
      <Logo />
      <ProjectSelect />
      <span className="grow" />
      <ThemeToggle />
    </header>
  );
}

function Sidebar() {
  const projects = useQuery(projectsQuery());
  const current = useCurrentProject();
  return (
    <header className="sticky top-0 hidden h-dvh flex-col border-r bg-side px-3 py-3.5 lg:flex">
      <div className="px-2">
        <Logo />
      </div>
      <nav aria-label="Projects" className="mt-6 min-h-0 grow overflow-y-auto">
        <p className="px-2 pb-1 text-xs text-faint">Projects</p>
        <ul>
          {projects.data?.map((project) => (
            <li key={project.id}>
              <Link
                to="/projects/$slug"
                params={{ slug: project.slug }}
                className={`block truncate rounded-md px-2 py-1 hover:bg-line/60 hover:text-ink ${
                  project.id === current?.id ? "bg-line/80 font-medium text-ink" : "text-dim"
                }`}
              >
                {project.name}
              </Link>
            </li>
          ))}
        </ul>
      </nav>
      <div>
        <ThemeToggle />
      </div>
    </header>
  );
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
      <svg viewBox="0 0 32 32" aria-hidden className="size-5">
        <path
          d="M6 25V8l10 11L26 8v17"
          fill="none"
          stroke="currentColor"
          strokeWidth="2.6"
          strokeLinecap="round"
          strokeLinejoin="round"
        />
        <circle cx="6" cy="8" r="3.6" fill="currentColor" />
        <circle cx="26" cy="8" r="3.6" fill="currentColor" />
        <circle cx="16" cy="19" r="3.6" fill="currentColor" />
      </svg>
      Mesher
    </Link>
  );
}
