/** Statements on `issue_activity`, which this folder owns: who did what with an issue, and its comments. */
import type { IssueAction } from "@mesher/protocol";
import type { Database, Queryable } from "../db/database.ts";
import type { Transaction } from "../db/transaction.ts";
import type { IssueActor, IssueChange } from "./issue-change.ts";
import type { IssueKey } from "./issues.queries.ts";

/** Written in the transaction of the change, while the issue's row is locked: so the ids rise as things happened. */
export async function insertActivity(tx: Transaction, changes: readonly IssueChange[]): Promise<void> {
  if (changes.length === 0) return;
  await tx.query({
    name: "issues.insert_activity",
    text: `
      insert into issue_activity (project_id, issue_id, kind, actor_kind, actor_id, actor_name, details)
      select * from unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::text[], $6::text[], $7::jsonb[])`,
    values: [
      changes.map(({ projectId }) => projectId),
      changes.map(({ issueId }) => issueId),
      changes.map(({ action }) => action),
      changes.map(({ actor }) => actor.kind),
      changes.map(({ actor }) => actor.id),
      changes.map(({ actor }) => actor.name),
      changes.map(({ details }) => JSON.stringify(details)),
    ],
  });
}

export interface Activity {
  readonly id: number;
  readonly kind: IssueAction | "comment";
  readonly at: Date;
  readonly actor: IssueActor;
  readonly details: Readonly<Record<string, unknown>>;
  readonly comment: string | null;
  readonly editedAt: Date | null;
}

interface ActivityRow {
  id: number;
  kind: Activity["kind"];
  at: Date;
  actor_kind: IssueActor["kind"];
  actor_id: string | null;
  actor_name: string;
  details: Record<string, unknown>;
  comment: string | null;
  edited_at: Date | null;
}

const COLUMNS = "id, kind, at, actor_kind, actor_id, actor_name, details, comment, edited_at";

const activityOf = (row: ActivityRow): Activity => ({
  id: row.id,
  kind: row.kind,
  at: row.at,
  actor: { kind: row.actor_kind, id: row.actor_id, name: row.actor_name },
  details: row.details,
  comment: row.comment,
  editedAt: row.edited_at,
});

/** Newest first, from before the given id. */
export async function listActivity(
  database: Queryable,
  { projectId, issueId }: IssueKey,
  { limit, beforeId }: { readonly limit: number; readonly beforeId?: number | undefined },
): Promise<Activity[]> {
  const { rows } = await database.query<ActivityRow>({
    name: "issues.list_activity",
    text: `
      select ${COLUMNS} from issue_activity
      where project_id = $1 and issue_id = $2 and ($3::bigint is null or id < $3)
      order by id desc limit $4`,
    values: [projectId, issueId, beforeId ?? null, limit],
  });
  return rows.map(activityOf);
}

/** Comments on an issue that exists; `undefined`: it was deleted meanwhile. */
export async function insertComment(
  database: Database,
  { projectId, issueId }: IssueKey,
  actor: IssueActor,
  comment: string,
): Promise<Activity | undefined> {
  const { rows } = await database.query<ActivityRow>({
    name: "issues.insert_comment",
    text: `
      insert into issue_activity (project_id, issue_id, kind, actor_kind, actor_id, actor_name, comment)
      -- Locked, so that it cannot be deleted between the look and the insert.
      select project_id, id, 'comment', $3, $4, $5, $6
      from (select project_id, id from issues where project_id = $1 and id = $2 for key share) as i
      returning ${COLUMNS}`,
    values: [projectId, issueId, actor.kind, actor.id, actor.name, comment],
  });
  return rows[0] && activityOf(rows[0]);
}

/** Which comment, and who asks: only its own author finds it. */
export interface OwnComment extends IssueKey {
  readonly id: number;
  readonly author: IssueActor;
}

export async function updateComment(
  database: Database,
  { projectId, issueId, id, author }: OwnComment,
  comment: string,
): Promise<Activity | undefined> {
  const { rows } = await database.query<ActivityRow>({
    name: "issues.update_comment",
    text: `
      update issue_activity set comment = $6, edited_at = clock_timestamp()
      where project_id = $1 and issue_id = $2 and id = $3 and kind = 'comment'
        and actor_kind = $4 and actor_id is not distinct from $5
      returning ${COLUMNS}`,
    values: [projectId, issueId, id, author.kind, author.id, comment],
  });
  return rows[0] && activityOf(rows[0]);
}

/** Whether there was one. */
export async function deleteComment(
  database: Database,
  { projectId, issueId, id, author }: OwnComment,
): Promise<boolean> {
  const { rowCount } = await database.query({
    name: "issues.delete_comment",
    text: `
      delete from issue_activity
      where project_id = $1 and issue_id = $2 and id = $3 and kind = 'comment'
        and actor_kind = $4 and actor_id is not distinct from $5`,
    values: [projectId, issueId, id, author.kind, author.id],
  });
  return rowCount === 1;
}
