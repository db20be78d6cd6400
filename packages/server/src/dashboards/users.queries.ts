/** Statements on the sketches of users, which this folder owns. Written in the transaction that stores the events. */
import type { Queryable } from "../db/database.ts";
import type { Transaction } from "../db/transaction.ts";
import { type UserHash, UserSketch } from "./user-sketch.ts";

/** Whose users: an issue's in all its life, or a project's in an hour. */
export interface UsersKey {
  readonly projectId: string;
  /** Absent: the project's. */
  readonly issueId?: string;
  /** Absent: in all its life. */
  readonly hourMs?: number;
}

export interface SeenUsers extends UsersKey {
  readonly users: Iterable<UserHash>;
}

/** Stands for "of the project". */
const NO_ISSUE_ID = "00000000-0000-0000-0000-000000000000";
/** Stands for "in all its life", and is after every hour that retention ends. */
const NO_HOUR = "infinity";

/**
 * Adds users to sketches, each key once; returns the counts of those that changed. Most batches bring no new user, so the
 * rows are only locked when one must change.
 */
export async function addUsers(tx: Transaction, seen: readonly SeenUsers[]): Promise<(UsersKey & { users: number })[]> {
  const before = await readSketches(tx, seen);
  const changing = seen.filter((each) => adds(before.get(keyOf(each)) ?? new UserSketch(), each.users));
  if (changing.length === 0) return [];
  const locked = await lockSketches(tx, changing);
  const changed = changing.flatMap((each) => {
    const sketch = locked.get(keyOf(each)) ?? new UserSketch();
    return adds(sketch, each.users) ? [{ ...each, sketch }] : [];
  });
  if (changed.length > 0) await writeSketches(tx, changed);
  return changed.map(({ sketch, ...key }) => ({ ...key, users: sketch.count }));
}

/** Counts for one id whom another one has: for the share of a fingerprint, all users of its issue. */
export async function copyIssueUsers(
  tx: Transaction,
  projectId: string,
  copies: readonly { readonly fromId: string; readonly toId: string }[],
): Promise<void> {
  await tx.query({
    name: "users.copy_of_issues",
    text: `
      insert into user_sketches (project_id, issue_id, hour, sketch)
      select s.project_id, k.to_id, s.hour, s.sketch
      from unnest($2::uuid[], $3::uuid[]) as k (from_id, to_id)
      join user_sketches s on s.project_id = $1 and s.issue_id = k.from_id`,
    values: [projectId, copies.map(({ fromId }) => fromId), copies.map(({ toId }) => toId)],
  });
}

/** Makes the users of an issue those of these shares together; how many they are. It has none before. */
export async function sumIssueUsers(
  tx: Transaction,
  projectId: string,
  issueId: string,
  shareIds: readonly string[],
): Promise<number> {
  const all = new UserSketch();
  const shares = await readSketches(
    tx,
    shareIds.map((shareId) => ({ projectId, issueId: shareId })),
  );
  if (shares.size === 0) return 0;
  for (const sketch of shares.values()) all.merge(sketch);
  await lockSketches(tx, [{ projectId, issueId }]);
  await writeSketches(tx, [{ projectId, issueId, sketch: all }]);
  return all.count;
}

export async function deleteIssueUsers(tx: Transaction, projectId: string, issueIds: readonly string[]): Promise<void> {
  await tx.query({
    name: "users.delete_of_issues",
    text: "delete from user_sketches where project_id = $1 and issue_id = any($2::uuid[])",
    values: [projectId, issueIds],
  });
}

function adds(sketch: UserSketch, users: Iterable<UserHash>): boolean {
  let isChanged = false;
  for (const user of users) isChanged = sketch.add(user) || isChanged;
  return isChanged;
}

type Sketches = Map<string, UserSketch>;

async function readSketches(database: Queryable, keys: readonly UsersKey[]): Promise<Sketches> {
  const { rows } = await database.query<SketchRow>({
    name: "users.read",
    text: `
      select s.project_id, s.issue_id, nullif(s.hour, 'infinity') as hour, s.sketch
      from unnest($1::uuid[], $2::uuid[], $3::timestamptz[]) as k (project_id, issue_id, hour)
      join user_sketches s on s.project_id = k.project_id and s.issue_id = k.issue_id and s.hour = k.hour`,
    values: valuesOf(keys),
  });
  return sketchesOf(rows);
}

/** Makes the rows that are missing, so that there is one to lock; in one order everywhere. */
async function lockSketches(tx: Transaction, keys: readonly UsersKey[]): Promise<Sketches> {
  await tx.query({
    name: "users.make",
    text: `
      insert into user_sketches (project_id, issue_id, hour, sketch)
      select project_id, issue_id, hour, '' from unnest($1::uuid[], $2::uuid[], $3::timestamptz[]) as k (project_id, issue_id, hour)
      order by 1, 2, 3
      on conflict (project_id, issue_id, hour) do nothing`,
    values: valuesOf(keys),
  });
  const { rows } = await tx.query<SketchRow>({
    name: "users.lock",
    text: `
      select s.project_id, s.issue_id, nullif(s.hour, 'infinity') as hour, s.sketch
      from unnest($1::uuid[], $2::uuid[], $3::timestamptz[]) as k (project_id, issue_id, hour)
      join user_sketches s on s.project_id = k.project_id and s.issue_id = k.issue_id and s.hour = k.hour
      order by s.project_id, s.issue_id, s.hour
      for update of s`,
    values: valuesOf(keys),
  });
  return sketchesOf(rows);
}

async function writeSketches(tx: Transaction, sketches: readonly (UsersKey & { sketch: UserSketch })[]): Promise<void> {
  await tx.query({
    name: "users.write",
    text: `
      update user_sketches s set sketch = k.sketch
      from unnest($1::uuid[], $2::uuid[], $3::timestamptz[], $4::bytea[]) as k (project_id, issue_id, hour, sketch)
      where s.project_id = k.project_id and s.issue_id = k.issue_id and s.hour = k.hour`,
    values: [...valuesOf(sketches), sketches.map(({ sketch }) => sketch.toBytes())],
  });
}

interface SketchRow {
  project_id: string;
  issue_id: string;
  hour: Date | null;
  sketch: Uint8Array;
}

function valuesOf(keys: readonly UsersKey[]): unknown[] {
  return [
    keys.map(({ projectId }) => projectId),
    keys.map(({ issueId }) => issueId ?? NO_ISSUE_ID),
    keys.map(({ hourMs }) => (hourMs === undefined ? NO_HOUR : new Date(hourMs).toISOString())),
  ];
}

function sketchesOf(rows: readonly SketchRow[]): Sketches {
  return new Map(
    rows.map((row) => [
      `${row.project_id}/${row.issue_id}/${row.hour?.getTime() ?? NO_HOUR}`,
      UserSketch.of(row.sketch),
    ]),
  );
}

const keyOf = ({ projectId, issueId, hourMs }: UsersKey) =>
  `${projectId}/${issueId ?? NO_ISSUE_ID}/${hourMs ?? NO_HOUR}`;
