/** Statements on `releases`, which this folder owns. */
import type { Queryable } from "../db/database.ts";
import { deleteChunk } from "../db/delete-chunk.ts";
import type { Transaction } from "../db/transaction.ts";
import { isLaterRelease } from "./compare-releases.ts";

export interface SeenRelease {
  readonly projectId: string;
  readonly version: string;
  readonly firstSeenMs: number;
  readonly lastSeenMs: number;
}

/**
 * Keeps when releases were first and last seen. Rows that would move by less than a minute are not touched: a batch of a
 * known release then neither writes nor waits for other batches here.
 */
export async function seeReleases(tx: Transaction, seen: readonly SeenRelease[]): Promise<void> {
  await tx.query({
    name: "releases.see",
    text: `
      insert into releases as r (project_id, version, first_seen, last_seen)
      select t.*
      from unnest($1::uuid[], $2::text[], $3::timestamptz[], $4::timestamptz[]) as t (project_id, version, first_seen, last_seen)
      left join releases known on known.project_id = t.project_id and known.version = t.version
      where known.version is null or t.first_seen < known.first_seen or t.last_seen > known.last_seen + interval '1 minute'
      -- In one order everywhere, so that two transactions never wait for each other.
      order by 1, 2
      on conflict (project_id, version) do update set
        first_seen = least(r.first_seen, excluded.first_seen),
        last_seen = greatest(r.last_seen, excluded.last_seen)`,
    values: [
      seen.map(({ projectId }) => projectId),
      seen.map(({ version }) => version),
      seen.map(({ firstSeenMs }) => new Date(firstSeenMs)),
      seen.map(({ lastSeenMs }) => new Date(lastSeenMs)),
    ],
  });
}

/** When each of these releases was first seen, in milliseconds; those never seen are left out. */
export async function findFirstSeen(
  database: Queryable,
  projectId: string,
  versions: readonly string[],
): Promise<ReadonlyMap<string, number>> {
  const { rows } = await database.query<{ version: string; first_seen: Date }>({
    name: "releases.find_first_seen",
    text: "select version, first_seen from releases where project_id = $1 and version = any($2::text[])",
    values: [projectId, versions],
  });
  return new Map(rows.map((row) => [row.version, row.first_seen.getTime()]));
}

/** Of how many releases, those that appeared last, the newest is looked for. */
const NEWEST_AMONG = 1_000;

/** The newest release of each project that has one; see `compareReleases` for what is newer. */
export async function findNewestReleases(
  database: Queryable,
  projectIds: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  const newest = new Map<string, string>();
  for (const projectId of projectIds) {
    const { rows } = await database.query<{ version: string; first_seen: Date }>({
      name: "releases.list_latest",
      text: "select version, first_seen from releases where project_id = $1 order by first_seen desc, version limit $2",
      values: [projectId, NEWEST_AMONG],
    });
    const firstSeen = new Map(rows.map((row) => [row.version, row.first_seen.getTime()]));
    const [first, ...others] = firstSeen.keys();
    if (first === undefined) continue;
    newest.set(
      projectId,
      others.reduce((best, next) => (isLaterRelease(next, best, firstSeen) ? next : best), first),
    );
  }
  return newest;
}

/** Of a project that is gone: up to `rowsMax`; how many. */
export function deleteReleasesOf(tx: Transaction, projectId: string, rowsMax: number): Promise<number> {
  return deleteChunk(tx, { table: "releases", column: "project_id", value: projectId, rowsMax });
}
