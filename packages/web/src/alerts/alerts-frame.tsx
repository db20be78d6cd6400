import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";

const TABS = [
  { to: "/projects/$slug/alerts", name: "Alerts" },
  { to: "/projects/$slug/alert-rules", name: "Rules" },
] as const;

/** What the pages about alerts of a project have around them. */
export function AlertsFrame(props: { projectSlug: string; title: string; aside?: ReactNode; children: ReactNode }) {
  return (
    <div className="pb-20">
      <title>{`${props.title} · Mesher`}</title>
      <div className="flex min-h-13 flex-wrap items-center gap-x-4 gap-y-2 border-b px-4 sm:px-6">
        <h1 className="text-[0.9375rem] font-semibold">{props.title}</h1>
        <nav aria-label="Alerts" className="flex gap-1">
          {TABS.map(({ to, name }) => (
            <Link
              key={to}
              to={to}
              params={{ slug: props.projectSlug }}
              activeOptions={{ includeSearch: false }}
              className="rounded-md px-2 py-1 text-xs font-medium text-dim hover:text-ink aria-[current=page]:bg-line/80 aria-[current=page]:text-ink"
            >
              {name}
            </Link>
          ))}
        </nav>
        <span className="grow" />
        {props.aside}
      </div>
      {props.children}
    </div>
  );
}
