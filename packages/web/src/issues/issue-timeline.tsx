import type { ApiIssueDetail } from "@mesher/protocol";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useMemo } from "react";
import { issueVolumeQuery } from "../api/queries.ts";
import type { Span } from "../charts/buckets.ts";
import { ChartSkeleton, VolumeChart, type VolumeMark } from "../charts/volume-chart.tsx";
import { Failure } from "../ui/failure.tsx";
import { Section } from "../ui/section.tsx";
import { CHART_PERIOD_DEFAULT, CHART_PERIODS, type ChartPeriod } from "./issue-search.ts";

const HEIGHT = 120;
const SERIES = [{ name: "events", color: "var(--color-bar)" }] as const;

interface IssueTimelineProps {
  readonly issue: ApiIssueDetail;
  readonly period: ChartPeriod;
  /** Some of its time was chosen. */
  readonly onSpan: (span: Span) => void;
}

/** How often the issue happened; what is drawn over shows the events of that time. */
export function IssueTimeline({ issue, period, onSpan }: IssueTimelineProps) {
  const volume = useQuery(issueVolumeQuery(issue.id, period));
  const points = useMemo(
    () => volume.data?.map(({ bucket, count }) => ({ at: bucket, values: [count] })) ?? [],
    [volume.data],
  );
  const marks = useMemo<VolumeMark[]>(
    () => [
      { at: issue.first_seen, name: "first seen" },
      ...(issue.status_changed_at === null ? [] : [{ at: issue.status_changed_at, name: issue.status }]),
    ],
    [issue.first_seen, issue.status, issue.status_changed_at],
  );
  const total = points.reduce((sum, { values }) => sum + (values[0] ?? 0), 0);
  return (
    <Section
      title="Over time"
      note={volume.data === undefined ? undefined : `${total.toLocaleString("en")} in ${period}`}
      aside={<Periods chosen={period} />}
    >
      {volume.isPending ? (
        <ChartSkeleton label="Loading the chart" height={HEIGHT} />
      ) : volume.data === undefined ? (
        <Failure title="The chart could not be loaded." error={volume.error} onRetry={() => void volume.refetch()} />
      ) : (
        <VolumeChart
          label="Events of the issue over time"
          series={SERIES}
          points={points}
          unit={period === "24h" || period === "7d" ? "hour" : "day"}
          height={HEIGHT}
          marks={marks}
          onZoom={onSpan}
          onPick={onSpan}
        />
      )}
    </Section>
  );
}

/** Part of the address. */
function Periods({ chosen }: { chosen: ChartPeriod }) {
  return (
    <nav aria-label="Range of the chart" className="inline-flex rounded-md border p-0.5">
      {CHART_PERIODS.map((period) => (
        <Link
          key={period}
          from="/issues/$issueId"
          to="."
          search={(before) => ({ ...before, chart: period === CHART_PERIOD_DEFAULT ? undefined : period })}
          replace
          resetScroll={false}
          activeOptions={{ exact: true }}
          aria-current={period === chosen ? "true" : undefined}
          className={`rounded-[5px] px-2 py-0.5 text-xs hover:text-ink ${period === chosen ? "bg-line font-medium text-ink" : "text-dim"}`}
        >
          {period}
        </Link>
      ))}
    </nav>
  );
}
