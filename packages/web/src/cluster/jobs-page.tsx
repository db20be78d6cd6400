import type { ApiDeliveryQueue, ApiJob } from "@mesher/protocol";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { jobsQuery } from "../api/operation-queries.ts";
import { Failure } from "../ui/failure.tsx";
import { Notice } from "../ui/notice.tsx";
import { RelativeTime } from "../ui/relative-time.tsx";
import { Skeleton } from "../ui/skeleton.tsx";
import { StaleNotice } from "../ui/stale-notice.tsx";
import { formatNextRun } from "./next-run.ts";
import { shortName } from "./short-name.ts";

export function JobsPage() {
  const jobs = useQuery(jobsQuery());
  if (jobs.isPending) return <Skeleton rows={6} label="Loading jobs" />;
  if (jobs.data === undefined) {
    return <Failure title="The jobs could not be loaded." error={jobs.error} onRetry={() => void jobs.refetch()} />;
  }
  return (
    <>
      <title>Jobs · Mesher</title>
      <StaleNotice error={jobs.error} readAtMs={jobs.dataUpdatedAt} />
      <div className="flex min-h-13 flex-wrap items-center gap-x-3 px-4 py-2 sm:px-6">
        <h1 className="text-[0.9375rem] font-semibold">Jobs</h1>
        <p className="text-dim">What runs by the clock, once in the whole cluster.</p>
      </div>
      <Queue queue={jobs.data.deliveries} />
      {jobs.data.data.length === 0 ? (
        <Notice title="There is no job." />
      ) : (
        <ul aria-label="Jobs" className="border-t">
          {jobs.data.data.map((job) => (
            <JobRow key={job.name} job={job} />
          ))}
        </ul>
      )}
    </>
  );
}

/** Longer than this and something is in the way. */
const OVERDUE_SECONDS_FINE = 60;

/** What waits to be sent to destinations and people. */
function Queue({ queue }: { queue: ApiDeliveryQueue }) {
  const { waiting, sending, dead, overdue_seconds: overdue } = queue;
  const isLate = overdue !== null && overdue > OVERDUE_SECONDS_FINE;
  return (
    <div className="flex flex-wrap items-end justify-between gap-x-6 gap-y-2 border-t px-4 py-3 sm:px-6">
      <dl className="grid grid-cols-2 gap-x-6 gap-y-2 tabular-nums sm:flex">
        <Fact name="Waiting to be sent" value={waiting.toLocaleString("en")} />
        <Fact name="Being sent" value={sending.toLocaleString("en")} />
        <Fact name="Given up" value={dead.toLocaleString("en")} isBad={dead > 0} />
        <Fact name="Oldest is late by" value={overdue === null ? "–" : `${Math.round(overdue)} s`} isBad={isLate} />
      </dl>
      <Link to="/settings/deliveries" className="text-xs text-dim underline hover:text-ink">
        Deliveries
      </Link>
    </div>
  );
}

function Fact({ name, value, isBad = false }: { name: string; value: string; isBad?: boolean }) {
  return (
    <div>
      <dt className="text-xs text-faint">{name}</dt>
      <dd className={`text-sm font-medium ${isBad ? "text-red" : ""}`}>{value}</dd>
    </div>
  );
}

function JobRow({ job }: { job: ApiJob }) {
  const isFailed = job.state === "idle" && job.outcome === "failed";
  const result = resultOf(job);
  return (
    <li className="grid gap-x-4 gap-y-1 border-b px-4 py-2.5 sm:px-6 md:grid-cols-[minmax(0,1fr)_10rem_9rem_11rem]">
      <div className="min-w-0">
        <p className="flex items-center gap-2 font-medium">
          <span
            aria-hidden
            className={`size-2 shrink-0 rounded-full ${isFailed ? "bg-red" : job.state === "running" ? "bg-mark pulses" : "bg-green"}`}
          />
          <span title={`In logs and metrics: ${job.name}`}>{job.title}</span>
          <span className="font-normal text-faint">every {formatEvery(job.every_seconds)}</span>
        </p>
        <p className="pl-4 text-xs text-dim">{job.about}</p>
        {isFailed && <p className="pl-4 text-xs wrap-anywhere text-red">{job.error}</p>}
      </div>
      <div className="grid grid-cols-[minmax(0,1fr)_auto] gap-x-3 pl-4 text-dim md:contents">
        <p className="min-w-0 truncate">
          {job.state === "running" ? "running" : (job.outcome ?? "not run yet")}
          <span title={result} className="ml-1.5 text-faint md:ml-0 md:block md:truncate md:text-xs">
            {result}
          </span>
        </p>
        <p className="order-last col-span-2 md:order-none md:col-span-1">
          {job.started_at === null ? null : (
            <>
              <RelativeTime at={job.started_at} />{" "}
              <span className="text-faint md:block md:truncate md:text-xs">
                {job.duration_ms !== null && `${job.duration_ms} ms `}
                {job.holder !== null && `on ${shortName(job.holder)}`}
              </span>
            </>
          )}
        </p>
        <p className="md:text-right">
          {job.state === "idle" && <RelativeTime at={job.next_run_at} format={formatNextRun} />}
        </p>
      </div>
    </li>
  );
}

/** The numbers that are not nought. */
function resultOf({ result }: ApiJob): string {
  return Object.entries(result ?? {})
    .filter(([, value]) => typeof value === "number" && value !== 0)
    .map(([name, value]) => `${name.replaceAll("_", " ")}: ${String(value)}`)
    .join(", ");
}

function formatEvery(seconds: number): string {
  if (seconds === 1) return "second";
  if (seconds === 60) return "minute";
  if (seconds % 86_400 === 0) return seconds === 86_400 ? "day" : `${seconds / 86_400} days`;
  if (seconds % 3_600 === 0) return seconds === 3_600 ? "hour" : `${seconds / 3_600} h`;
  return seconds % 60 === 0 ? `${seconds / 60} min` : `${seconds} s`;
}
