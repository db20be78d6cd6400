/** Statements on `issues` for what people and time do to it. */
import type { Priority } from "@mesher/protocol";
import type { Transaction } from "../db/transaction.ts";
import type { IssueKey } from "./issues.queries.ts";
import type { Standing } from "./lifecycle.ts";
import { urgencySql } from "./priority-sql.ts";
import { columnsOf, STANDING_COLUMNS, type StandingColumns, standingOf } from "./standing.ts";

/** Who looks after an issue: one person, or those of a team. */
export interface IssueAssignee {
  readonly kind: "user" | "team";
  readonly id: string;
}

/** What of an issue may be changed. */
export interface IssueState {
  readonly standing: Standing;
  readonly assignee: IssueAssignee | null;
  readonly prioritySet: Priority | null;
}

export interface LockedIssue extends IssueKey, IssueState {
  readonly eventCount: number;
}

interface LockedRow extends StandingColumns {
  project_id: string;
  id: string;
  assigned_to: string | null;
  assigned_team: string | null;
  priority_set: Priority | null;
  event_count: number;
}

export interface IssueSelection {
  readonly organizationId: string;
  /** Only issues of this one. */
  readonly projectId?: string;
  readonly ids: readonly string[];
}

/** Those of an organization's issues that exist, locked until the transaction ends, in the order that everybody locks in. */
export async function lockIssues(
  tx: Transaction,
  { organizationId, projectId, ids }: IssueSelection,
): Promise<LockedIssue[]> {
  const { rows } = await tx.query<LockedRow>({
    name: "issues.lock",
    text: `
      select i.project_id, i.id, ${STANDING_COLUMNS}, i.assigned_to, i.assigned_team, i.priority_set, c.event_count
      from issues i
      join projects p on p.id = i.project_id
      join issue_counters c on c.project_id = i.project_id and c.issue_id = i.id
      where p.organization_id = $1 and i.id = any($2::uuid[]) and ($3::uuid is null or i.project_id = $3)
      order by i.project_id, i.id
      for update of i`,
    values: [organizationId, ids, projectId ?? null],
  });
  return rows.map((row) => ({
    projectId: row.project_id,
    issueId: row.id,
    standing: standingOf(row),
    assignee: assigneeOf(row),
    prioritySet: row.priority_set,
    eventCount: row.event_count,
  }));
}

function assigneeOf({ assigned_to: userId, assigned_team: teamId }: LockedRow): IssueAssignee | null {
  if (userId !== null) return { kind: "user", id: userId };
  return teamId === null ? null : { kind: "team", id: teamId };
}

const HELD_ASSIGNEE: Readonly<Record<IssueAssignee["kind"], string>> = {
  user: "select 1 from organization_members where organization_id = $1 and user_id = $2 for key share",
  team: "select 1 from teams where organization_id = $1 and id = $2 for key share",
};

/**
 * Whether the assignee is of the organization. Whoever removes them waits until the transaction ends, and then takes the issues
 * from them. To be called before issues are locked, because removing begins with the assignee, too.
 */
export async function holdAssignee(
  tx: Transaction,
  organizationId: string,
  { kind, id }: IssueAssignee,
): Promise<boolean> {
  const { rows } = await tx.query({
    name: `issues.hold_assigned_${kind}`,
    text: HELD_ASSIGNEE[kind],
    values: [organizationId, id],
  });
  return rows.length > 0;
}

/** Writes what became of locked issues. */
export async function setIssueStates(tx: Transaction, issues: readonly (IssueKey & IssueState)[]): Promise<void> {
  if (issues.length === 0) return;
  const columns = issues.map(({ standing }) => columnsOf(standing));
  await tx.query({
    name: "issues.set_states",
    text: `
      update issues i set
        status = t.status, resolution = t.resolution, resolved_release = t.resolved_release, archive_mode = t.archive_mode,
        archived_until = t.archived_until, archived_until_count = t.archived_until_count,
        status_changed_at = case when i.status = t.status then i.status_changed_at else now() end,
        assigned_to = t.assigned_to, assigned_team = t.assigned_team, priority_set = t.priority_set
      from unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::text[], $6::text[], $7::timestamptz[], $8::bigint[],
          $9::uuid[], $10::uuid[], $11::text[])
        as t (project_id, id, status, resolution, resolved_release, archive_mode, archived_until, archived_until_count,
          assigned_to, assigned_team, priority_set)
      where i.project_id = t.project_id and i.id = t.id`,
    values: [
      issues.map(({ projectId }) => projectId),
      issues.map(({ issueId }) => issueId),
      columns.map(({ status }) => status),
      columns.map(({ resolution }) => resolution),
      columns.map(({ resolved_release }) => resolved_release),
      columns.map(({ archive_mode }) => archive_mode),
      columns.map(({ archived_until }) => archived_until),
      columns.map(({ archived_until_count }) => archived_until_count),
      issues.map(({ assignee }) => (assignee?.kind === "user" ? assignee.id : null)),
      issues.map(({ assignee }) => (assignee?.kind === "team" ? assignee.id : null)),
      issues.map(({ prioritySet }) => prioritySet),
    ],
  });
}

/** Lets the order of lists follow priorities that were set. The issues are locked. */
export async function setUrgencies(tx: Transaction, issues: readonly IssueKey[]): Promise<void> {
  if (issues.length === 0) return;
  await tx.query({
    name: "issues.set_urgencies",
    text: `
      with urgencies as materialized (
        select c.project_id, c.issue_id, ${urgencySql("i.priority_set", "i.level")} as urgency
        from unnest($1::uuid[], $2::uuid[]) as k (project_id, issue_id)
        join issues i on i.project_id = k.project_id and i.id = k.issue_id
        join issue_counters c on c.project_id = k.project_id and c.issue_id = k.issue_id
        -- As storing locks them.
        order by c.project_id, c.issue_id
        for update of c
      )
      update issue_counters c set urgency = u.urgency from urgencies u
      where c.project_id = u.project_id and c.issue_id = u.issue_id`,
    values: [issues.map(({ projectId }) => projectId), issues.map(({ issueId }) => issueId)],
  });
}

/** Takes the organization's issues from somebody, or a team; which ones they were. */
export async function unassignAll(
  tx: Transaction,
  organizationId: string,
  { kind, id }: IssueAssignee,
): Promise<IssueKey[]> {
  const column = { user: "assigned_to", team: "assigned_team" }[kind];
  const { rows } = await tx.query<{ project_id: string; id: string }>({
    name: `issues.unassign_all_of_${kind}`,
    text: `
      with assigned as materialized (
        select i.project_id, i.id
        from issues i join projects p on p.id = i.project_id
        where p.organization_id = $1 and i.${column} = $2
        order by i.project_id, i.id
        for update of i
      )
      update issues i set ${column} = null from assigned a
      where i.project_id = a.project_id and i.id = a.id
      returning i.project_id, i.id`,
    values: [organizationId, id],
  });
  return rows.map((row) => ({ projectId: row.project_id, issueId: row.id }));
}

/** Locks archived issues whose time is over; those that somebody else is at are left out. */
export async function lockEndedArchives(tx: Transaction, now: Date, limit: number): Promise<IssueKey[]> {
  const { rows } = await tx.query<{ project_id: string; id: string }>({
    name: "issues.lock_ended_archives",
    text: `
      select project_id, id from issues
      where archived_until <= $1 and status = 'archived'
      order by project_id, id
      limit $2
      for update skip locked`,
    values: [now, limit],
  });
  return rows.map((row) => ({ projectId: row.project_id, issueId: row.id }));
}
