import type { ApiProject } from "@mesher/protocol";
import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { volumeQuery } from "../api/dashboard-queries.ts";
import { projectsQuery } from "../api/queries.ts";
import { OWN_ZONE } from "../charts/bucket-names.ts";
import type { Span } from "../charts/buckets.ts";
import { ChartSkeleton } from "../charts/volume-chart.tsx";
import { buttonClass } from "../ui/button.tsx";
import { Failure } from "../ui/failure.tsx";
import { Notice } from "../ui/notice.tsx";
import { PageSkeleton } from "../ui/page-skeleton.tsx";
import { Section } from "../ui/section.tsx";
import { type DashboardSearch, PERIODS, type Period, rangeOf, unitOf } from "./dashboard-search.ts";
import { VolumeByLevel } from "./volume-by-level.tsx";

export function DashboardPage({ projectSlug, search }: { projectSlug: string; search: DashboardSearch }) {
  const projects = useQuery(projectsQuery());
  if (projects.isPending) return <PageSkeleton label="Loading the dashboard" />;
  if (projects.isError) {
    return (
      <Failure
        title="The projects could not be loaded."
        error={projects.error}
        onRetry={() => void projects.refetch()}
      />
    );
  }
  const project = projects.data.find(({ slug }) => slug === projectSlug);
  if (project === undefined) return <Notice title={`There is no project “${projectSlug}”.`} />;
  return <Dashboard key={project.id} project={project} search={search} />;
}

function Dashboard({ project, search }: { project: ApiProject; search: DashboardSearch }) {
  const navigate = useNavigate({ from: "/projects/$slug/dashboard" });
  const range = rangeOf(search);
  const zone = search.tz ?? OWN_ZONE;
  const volume = useQuery(volumeQuery(project.slug, range, zone));
  const zoom = ({ from, to }: Span) =>
    void navigate({ search: (before) => ({ ...before, period: undefined, from, to }) });
  const pick = ({ from, to }: Span) =>
    void navigate({
      to: "/projects/$slug",
      params: { slug: project.slug },
      search: { status: "all", query: `last_seen:>=${from} first_seen:<${to}` },
    });
  return (
    <div className="px-4 pb-16 sm:px-6">
      <title>{`Dashboard · ${project.name} · Mesher`}</title>
      <div className="flex h-13 items-center gap-3">
        <h1 className="truncate text-[0.9375rem] font-semibold">Dashboard</h1>
        <span className="grow truncate text-dim">{project.name}</span>
        <nav aria-label="Range" className="flex gap-1">
          {(Object.keys(PERIODS) as Period[]).map((period) => (
            <Link
              key={period}
              to="/projects/$slug/dashboard"
              params={{ slug: project.slug }}
              search={{ ...search, from: undefined, to: undefined, period: period === "24h" ? undefined : period }}
              className={buttonClass}
            >
              {PERIODS[period]}
            </Link>
          ))}
        </nav>
      </div>
      <Section title="Events">
        {volume.data === undefined ? (
          volume.isError ? (
            <Failure
              title="The events could not be counted."
              error={volume.error}
              onRetry={() => void volume.refetch()}
            />
          ) : (
            <ChartSkeleton label="Loading the chart" height={220} />
          )
        ) : (
          <VolumeByLevel volume={volume.data} unit={unitOf(range)} zone={zone} onZoom={zoom} onPick={pick} />
        )}
      </Section>
    </div>
  );
}
