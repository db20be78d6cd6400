import type { ApiStorage } from "@mesher/protocol";
import { useQuery } from "@tanstack/react-query";
import { projectsQuery } from "../api/queries.ts";
import { projectStorageQuery, storageQuery } from "../api/settings-queries.ts";
import { formatBytes } from "../ui/bytes.ts";
import { formatCount } from "../ui/count.ts";
import { isAhead } from "../ui/is-ahead.ts";
import { RelativeTime } from "../ui/relative-time.tsx";
import { Disclosure, Section } from "../ui/section.tsx";
import { Bone } from "../ui/skeleton.tsx";
import { Bars } from "./byte-bars.tsx";
import { SettingsFrame } from "./settings-frame.tsx";
import { StorageFailure } from "./storage-failure.tsx";

/** What is stored and the room it takes, as PostgreSQL and the disk say it. */
export function StoragePage() {
  return (
    <SettingsFrame title="Storage" adminOnly>
      {() => <Storage />}
    </SettingsFrame>
  );
}

function Storage() {
  const storage = useQuery(storageQuery());
  if (storage.isPending) return <Bone className="h-64 w-full" />;
  if (storage.data === undefined) return <StorageFailure storage={storage} />;
  const { database, journal, disk } = storage.data;
  const used = disk.total_bytes - disk.free_bytes;
  // Those that are to come are made in advance, and empty.
  const days = database.days.filter(({ day }) => !isAhead(day));
  return (
    <div className="space-y-8">
      <Section title="In all">
        <dl className="grid gap-4 sm:grid-cols-3">
          <Amount name="Database" value={formatBytes(database.bytes)} note={`${database.tables.length} tables`} />
          <Amount
            name="Waiting for the database"
            value={formatBytes(journal.bytes)}
            note={`${journal.waiting.toLocaleString("en")} events, room for ${formatBytes(journal.bytes_max)}`}
            part={journal.bytes / Math.max(1, journal.bytes_max)}
          />
          <Amount
            name="Disk of this node"
            value={`${formatBytes(disk.free_bytes)} free`}
            note={`of ${formatBytes(disk.total_bytes)}`}
            part={used / Math.max(1, disk.total_bytes)}
          />
        </dl>
      </Section>
      <Projects />
      <Tables tables={database.tables} />
      {days.length > 0 && (
        <Section title="Events by day">
          <Bars
            label="Days"
            rows={days.toReversed().map(({ day, bytes, rows_estimate }) => ({
              name: day,
              bytes,
              note: `about ${formatCount(Math.max(0, rows_estimate))} events`,
            }))}
          />
        </Section>
      )}
      <Retention last={storage.data.last_retention} />
    </div>
  );
}

/** The rest is small, and of interest to few. */
const TABLES_SHOWN = 10;

function Tables({ tables }: { tables: ApiStorage["database"]["tables"] }) {
  const rows = tables.map(({ name, bytes, rows_estimate }) => ({
    name,
    bytes,
    // PostgreSQL has not looked at small tables yet.
    note: rows_estimate > 0 ? `about ${formatCount(rows_estimate)} rows` : "",
  }));
  const [largest, others] = [rows.slice(0, TABLES_SHOWN), rows.slice(TABLES_SHOWN)];
  return (
    <Section title="Tables">
      <Bars label="Tables" rows={largest} />
      {others.length > 0 && (
        <div className="mt-2">
          <Disclosure title={`${others.length} smaller ones`} note={formatBytes(sumOf(others))}>
            <Bars label="Smaller tables" rows={others} wholeBytes={largest[0]?.bytes ?? 0} />
          </Disclosure>
        </div>
      )}
    </Section>
  );
}

function sumOf(rows: readonly { readonly bytes: number }[]): number {
  return rows.reduce((sum, { bytes }) => sum + bytes, 0);
}

/** Above this a disk is nearly full. */
const PART_FINE = 0.9;

function Amount({ name, value, note, part }: { name: string; value: string; note: string; part?: number }) {
  return (
    <div className="rounded-lg border px-3 py-2.5">
      <dt className="text-xs text-dim">{name}</dt>
      <dd className="text-base font-semibold tabular-nums">{value}</dd>
      {part !== undefined && (
        <dd aria-hidden className="mt-1.5 h-1.5 overflow-hidden rounded-full bg-line">
          <div
            className={`h-full ${part > PART_FINE ? "bg-red" : "bg-dim"}`}
            style={{ width: `${Math.min(1, part) * 100}%` }}
          />
        </dd>
      )}
      <dd className="mt-1 text-xs text-faint">{note}</dd>
    </div>
  );
}

/** More would be asked for one by one. */
const PROJECTS_MAX = 20;

function Projects() {
  const projects = useQuery(projectsQuery()).data?.slice(0, PROJECTS_MAX) ?? [];
  return (
    <Section title="Projects of this organization">
      <ul aria-label="Projects" className="divide-y rounded-lg border">
        {projects.map(({ id, slug, name }) => (
          <ProjectRow key={id} slug={slug} name={name} />
        ))}
      </ul>
    </Section>
  );
}

function ProjectRow({ slug, name }: { slug: string; name: string }) {
  const storage = useQuery(projectStorageQuery(slug));
  return (
    <li className="grid items-center gap-x-4 px-3 py-2 sm:grid-cols-[minmax(0,1fr)_7rem_9rem_8rem]">
      <span className="min-w-0 truncate font-medium">{name}</span>
      {storage.data === undefined ? (
        <span className={storage.isError ? "text-red" : "text-faint"}>{storage.error?.message ?? "…"}</span>
      ) : (
        <div className="flex flex-wrap items-baseline gap-x-3 sm:contents">
          <span className="tabular-nums sm:text-right">{formatBytes(storage.data.estimated_bytes)}</span>
          <span className="text-dim tabular-nums sm:text-right">{formatCount(storage.data.event_count)} events</span>
          <span className="text-xs text-faint sm:text-right">kept {storage.data.retention_days} days</span>
        </div>
      )}
    </li>
  );
}

function Retention({ last }: { last: ApiStorage["last_retention"] }) {
  return (
    <Section title="Retention">
      {last === null ? (
        <p className="text-faint">It has not run yet: it removes what is older than projects keep it, once a day.</p>
      ) : (
        <p className={last.outcome === "failed" ? "text-red" : "text-dim"}>
          {last.outcome === "failed" ? "It failed " : "It ran "}
          <RelativeTime at={last.finished_at} />: {last.partitions_dropped.length} days dropped,{" "}
          {formatBytes(last.bytes_freed)} given back to the disk, {formatCount(last.events_deleted)} events removed one
          by one.
        </p>
      )}
    </Section>
  );
}
