import type { ApiProject } from "@mesher/protocol";
import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { useMemo } from "react";
import {
  accountQuery,
  healthQuery,
  releasesQuery,
  tagQuery,
  topIssuesQuery,
  usersQuery,
  volumeQuery,
} from "../api/dashboard-queries.ts";
import { WithProject } from "../app/with-project.tsx";
import { bucketNames, OWN_ZONE } from "../charts/bucket-names.ts";
import type { Span } from "../charts/buckets.ts";
import { LEVEL_SERIES } from "../charts/level-series.ts";
import { ChartSkeleton, VolumeChart, type VolumeSeries } from "../charts/volume-chart.tsx";
import { PageSkeleton } from "../ui/page-skeleton.tsx";
import { Bone } from "../ui/skeleton.tsx";
import { type DashboardSearch, rangeOf, unitOf } from "./dashboard-search.ts";
import { searchOfSpan } from "./issue-search-of.ts";
import { LossAccount } from "./loss-account.tsx";
import { Panel } from "./panel.tsx";
import { RangePicker } from "./range-picker.tsx";
import { Releases } from "./releases.tsx";
import { Stats } from "./stats.tsx";
import { DEFAULT_KEY, TagBreakdown } from "./tag-breakdown.tsx";
import { TopIssues } from "./top-issues.tsx";
import { VolumeByLevel } from "./volume-by-level.tsx";
import { ZoneSelect } from "./zone-select.tsx";

const USERS: readonly VolumeSeries[] = [{ name: "users", color: "var(--color-bar)" }];
const USERS_HEIGHT = 160;
const VOLUME_HEIGHT = 220;

export function DashboardPage({ projectSlug, search }: { projectSlug: string; search: DashboardSearch }) {
  return (
    <WithProject slug={projectSlug} skeleton={<PageSkeleton label="Loading the dashboard" />}>
      {(project) => <Dashboard key={project.id} project={project} search={search} />}
    </WithProject>
  );
}

function Dashboard({ project, search }: { project: ApiProject; search: DashboardSearch }) {
  const { slug } = project;
  const navigate = useNavigate({ from: "/projects/$slug/dashboard" });
  const range = rangeOf(search);
  const unit = unitOf(range);
  const zone = search.tz ?? OWN_ZONE;
  const volume = useQuery(volumeQuery(slug, range, zone));
  const users = useQuery(usersQuery(slug, range, zone));
  const health = useQuery(healthQuery(slug, zone));
  const top = useQuery(topIssuesQuery(slug, range));
  const releases = useQuery(releasesQuery(slug, range));
  const tag = useQuery(tagQuery(slug, range, search.tag ?? DEFAULT_KEY));
  const account = useQuery(accountQuery(slug, range));
  // How long its lists are nobody knows before they are there: what comes one after the other would push down what is below.
  const areListsKnown = [top, tag, users, releases].every(({ isPending }) => !isPending);
  const userPoints = useMemo(
    () => (users.data?.buckets ?? []).map(({ bucket, count }) => ({ at: bucket, values: [count] })),
    [users.data],
  );
  const span = "from" in range ? range : undefined;
  const events = volume.data?.reduce((sum, { count }) => sum + count, 0);
  const zoom = ({ from, to }: Span) =>
    void navigate({ search: (before) => ({ ...before, period: undefined, from, to }) });
  const pick = (picked: Span) =>
    void navigate({
      to: "/projects/$slug",
      params: { slug },
      search: { status: "all", query: searchOfSpan(picked) },
    });

  return (
    <div className="px-4 pb-16 sm:px-6">
      <title>{`Dashboard · ${project.name} · Mesher`}</title>
      <div className="mb-2 flex min-h-13 flex-wrap items-center gap-x-3 gap-y-2 py-2 sm:mb-0">
        <h1 className="truncate text-[0.9375rem] font-semibold">Dashboard</h1>
        <span className="min-w-0 grow truncate text-dim">{project.name}</span>
        <ZoneSelect zone={zone} />
        <RangePicker projectSlug={slug} search={search} zone={zone} />
      </div>
      {span !== undefined && <ShownSpan span={span} zone={zone} projectSlug={slug} search={search} />}
      <div className="space-y-8">
        <Stats projectSlug={slug} events={events} users={users.data?.count} health={health} />
        <Panel
          title="Events by level"
          aside={<Legend />}
          query={volume}
          height="min-h-55"
          skeleton={<ChartSkeleton label="Loading the chart" height={VOLUME_HEIGHT} />}
          isEmpty={(buckets) => buckets.every(({ count }) => count === 0)}
          empty="There was no event in this time."
        >
          {(buckets) => (
            <VolumeByLevel
              volume={buckets}
              unit={unit}
              zone={zone}
              height={VOLUME_HEIGHT}
              onZoom={zoom}
              onPick={pick}
            />
          )}
        </Panel>
        {areListsKnown ? (
          <>
            <div className="grid gap-x-10 gap-y-8 xl:grid-cols-2">
              <Panel
                title="Top issues"
                query={top}
                height="min-h-40"
                isEmpty={(issues) => issues.length === 0}
                empty="No unresolved issue had an event in this time."
              >
                {(issues) => <TopIssues issues={issues} />}
              </Panel>
              <TagBreakdown projectSlug={slug} range={range} chosen={search.tag} total={events} span={span} />
              <Panel
                title="Users affected"
                query={users}
                height="min-h-40"
                skeleton={<ChartSkeleton label="Loading the chart" height={USERS_HEIGHT} />}
                isEmpty={({ count }) => count === 0}
                empty="No event of this time names a user. SDKs do with setUser."
              >
                {() => (
                  <VolumeChart
                    label="Users affected"
                    series={USERS}
                    points={userPoints}
                    unit={unit}
                    zone={zone}
                    height={USERS_HEIGHT}
                    onZoom={zoom}
                  />
                )}
              </Panel>
              <Panel
                title="Releases"
                query={releases}
                height="min-h-40"
                isEmpty={(rows) => rows.length === 0}
                empty="No event of this time names a release. SDKs take it as an option of init."
              >
                {(rows) => <Releases releases={rows} projectSlug={slug} span={span} />}
              </Panel>
            </div>
            <Panel
              title="Where everything went"
              query={account}
              height="min-h-32"
              isEmpty={({ outcomes }) => outcomes.length === 0}
              empty="Nothing was sent in this time."
            >
              {(data) => <LossAccount account={data} projectSlug={slug} />}
            </Panel>
          </>
        ) : (
          <div
            role="status"
            aria-label="Loading what is below"
            className="appears-late grid gap-x-10 gap-y-8 xl:grid-cols-2"
          >
            <Bone className="h-56" />
            <Bone className="h-56" />
          </div>
        )}
      </div>
    </div>
  );
}

/** Above all that is narrowed by it, with the way out. */
function ShownSpan(props: { span: Span; zone: string; projectSlug: string; search: DashboardSearch }) {
  const { full } = bucketNames("hour", props.zone);
  return (
    <p className="mb-4 inline-flex items-center gap-2 rounded-full border border-edge bg-raised py-1 pr-1 pl-3 text-xs">
      {full(props.span.from)} – {full(props.span.to)}
      <Link
        to="/projects/$slug/dashboard"
        params={{ slug: props.projectSlug }}
        search={{ ...props.search, from: undefined, to: undefined }}
        aria-label="Back to the last 24 hours"
        className="grid size-6 place-content-center rounded-full text-dim hover:bg-line hover:text-ink"
      >
        ×
      </Link>
    </p>
  );
}

function Legend() {
  return (
    <ul aria-label="Levels" className="flex flex-wrap gap-x-3 text-xs text-dim">
      {LEVEL_SERIES.map(({ name, color }) => (
        <li key={name} className="flex items-center gap-1.5">
          <span aria-hidden className="size-2 rounded-[2px]" style={{ background: color }} />
          {name}
        </li>
      ))}
    </ul>
  );
}
