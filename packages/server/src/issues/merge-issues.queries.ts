/**
 * Statements that bring issues together and take them apart. The caller has locked the project for moving, and the issues.
 *
 * As long as an issue has several fingerprints, the share of each in its counts is kept (`fingerprint_counters`,
 * `fingerprint_counts`), and the counts of the issue are the sums of the shares.
 */
import type { Transaction } from "../db/transaction.ts";
import type { IssueKey } from "./issues.queries.ts";
import { urgencySql } from "./priority-sql.ts";

export interface IssueFingerprint {
  readonly issueId: string;
  /** 32 hex digits. */
  readonly fingerprint: string;
  /** The issue it came with; `null`: it is the issue's own. */
  readonly mergedFrom: string | null;
  /** Its id where its share is counted, and whether it is. */
  readonly shareId: string;
  readonly isCounted: boolean;
}

export async function listFingerprints(
  tx: Transaction,
  projectId: string,
  issueIds: readonly string[],
): Promise<IssueFingerprint[]> {
  const { rows } = await tx.query<{
    issue_id: string;
    fingerprint: string;
    merged_from: string | null;
    is_counted: boolean;
  }>({
    name: "issues.list_fingerprints",
    text: `
      select issue_id, fingerprint, merged_from, is_counted from issue_fingerprints
      where project_id = $1 and issue_id = any($2::uuid[])
      order by fingerprint`,
    values: [projectId, issueIds],
  });
  return rows.map((row) => ({
    issueId: row.issue_id,
    fingerprint: row.fingerprint.replaceAll("-", ""),
    mergedFrom: row.merged_from,
    shareId: row.fingerprint,
    isCounted: row.is_counted,
  }));
}

/** From now on the shares of their fingerprints are kept. That of an only fingerprint is all there is. */
export async function startShares(tx: Transaction, projectId: string, issueIds: readonly string[]): Promise<void> {
  const values = [projectId, issueIds];
  await tx.query({
    name: "issues.start_counter_shares",
    text: `
      insert into fingerprint_counters (project_id, fingerprint, event_count, first_seen, last_seen,
        first_release, last_release, first_release_at, last_release_at)
      select f.project_id, f.fingerprint, c.event_count, c.first_seen, c.last_seen,
        c.first_release, c.last_release, c.first_release_at, c.last_release_at
      from issue_fingerprints f
      join issue_counters c on c.project_id = f.project_id and c.issue_id = f.issue_id
      where f.project_id = $1 and f.issue_id = any($2::uuid[]) and not f.is_counted`,
    values,
  });
  await tx.query({
    name: "issues.start_hour_shares",
    text: `
      insert into fingerprint_counts (project_id, fingerprint, hour, count)
      select f.project_id, f.fingerprint, c.hour, c.count
      from issue_fingerprints f
      join issue_counts c on c.project_id = f.project_id and c.issue_id = f.issue_id
      where f.project_id = $1 and f.issue_id = any($2::uuid[]) and not f.is_counted`,
    values,
  });
  await tx.query({
    name: "issues.mark_shares",
    text: "update issue_fingerprints set is_counted = true where project_id = $1 and issue_id = any($2::uuid[]) and not is_counted",
    values,
  });
}

/** No shares any more for issues that have one fingerprint only; the ids of those that ended. */
export async function endSharesOfSingles(
  tx: Transaction,
  projectId: string,
  issueIds: readonly string[],
): Promise<string[]> {
  const { rows } = await tx.query<{ fingerprint: string }>({
    name: "issues.end_shares",
    text: `
      with singles as (
        update issue_fingerprints f set is_counted = false
        where f.project_id = $1 and f.issue_id = any($2::uuid[]) and f.is_counted
          and 1 = (select count(*) from issue_fingerprints o where o.project_id = f.project_id and o.issue_id = f.issue_id)
        returning f.project_id, f.fingerprint
      ), counters as (
        delete from fingerprint_counters c using singles s where c.project_id = s.project_id and c.fingerprint = s.fingerprint
      ), hours as (
        delete from fingerprint_counts c using singles s where c.project_id = s.project_id and c.fingerprint = s.fingerprint
      )
      select fingerprint from singles`,
    values: [projectId, issueIds],
  });
  return rows.map(({ fingerprint }) => fingerprint);
}

/**
 * Makes the counters of issues the sums of their fingerprints' shares. An archive that a number of events ends has as many
 * left as before: events that only moved are none that came.
 */
export async function sumShares(tx: Transaction, projectId: string, issueIds: readonly string[]): Promise<void> {
  await tx.query({
    name: "issues.sum_shares",
    text: `
      with before as (
        select issue_id, event_count from issue_counters where project_id = $1 and issue_id = any($2::uuid[])
      ), summed as (
        insert into issue_counters (project_id, issue_id, event_count, first_seen, last_seen,
          first_release, last_release, first_release_at, last_release_at, urgency)
        select f.project_id, f.issue_id, sum(c.event_count), min(c.first_seen), max(c.last_seen),
          (array_agg(c.first_release order by c.first_release_at) filter (where c.first_release_at is not null))[1],
          (array_agg(c.last_release order by c.last_release_at desc) filter (where c.last_release_at is not null))[1],
          min(c.first_release_at), max(c.last_release_at), min(${urgencySql("i.priority_set", "i.level")})
        from issue_fingerprints f
        join issues i on i.project_id = f.project_id and i.id = f.issue_id
        join fingerprint_counters c on c.project_id = f.project_id and c.fingerprint = f.fingerprint
        where f.project_id = $1 and f.issue_id = any($2::uuid[])
        group by f.project_id, f.issue_id
        on conflict (project_id, issue_id) do update set
          event_count = excluded.event_count, first_seen = excluded.first_seen, last_seen = excluded.last_seen,
          first_release = excluded.first_release, last_release = excluded.last_release,
          first_release_at = excluded.first_release_at, last_release_at = excluded.last_release_at
        returning issue_id, event_count
      )
      update issues i set archived_until_count = i.archived_until_count + s.event_count - coalesce(b.event_count, 0)
      from summed s left join before b on b.issue_id = s.issue_id
      where i.project_id = $1 and i.id = s.issue_id and i.archived_until_count is not null`,
    values: [projectId, issueIds],
  });
}

/** What an issue has of its own, and comes out of another one with again. */
const RESTORED = `number, title, culprit, level, platform, grouping, created_at, search,
  status, resolution, resolved_release, archive_mode, archived_until, status_changed_at, regressed_at, priority_set`;

const KEPT = `${RESTORED}, assigned_to, assigned_team`;

const columnsOf = (table: string, columns: string) => columns.replaceAll(/\w+/g, `${table}.$&`);

/** Lets issues go into another one: their fingerprints lead there, and what they were is kept apart. */
export async function mergeIssueRows(
  tx: Transaction,
  projectId: string,
  sourceIds: readonly string[],
  targetId: string,
): Promise<void> {
  const values = [projectId, sourceIds, targetId];
  await tx.query({
    name: "issues.keep_merged",
    text: `
      insert into merged_issues (project_id, id, into_issue_id, ${KEPT}, archived_events_left)
      select i.project_id, i.id, $3, ${columnsOf("i", KEPT)}, i.archived_until_count - c.event_count
      from issues i join issue_counters c on c.project_id = i.project_id and c.issue_id = i.id
      where i.project_id = $1 and i.id = any($2::uuid[])
      on conflict (project_id, id) do update set (into_issue_id, ${KEPT}, archived_events_left)
        = (excluded.into_issue_id, ${columnsOf("excluded", KEPT)}, excluded.archived_events_left)`,
    values,
  });
  await tx.query({
    name: "issues.follow_merged",
    text: "update merged_issues set into_issue_id = $3 where project_id = $1 and into_issue_id = any($2::uuid[])",
    values,
  });
  await tx.query({
    name: "issues.merge_fingerprints",
    text: `
      update issue_fingerprints set issue_id = $3, merged_from = coalesce(merged_from, issue_id)
      where project_id = $1 and issue_id = any($2::uuid[])`,
    values,
  });
  await tx.query({
    name: "issues.remove_merged",
    text: `
      with counters as (
        delete from issue_counters where project_id = $1 and issue_id = any($2::uuid[])
      )
      delete from issues where project_id = $1 and id = any($2::uuid[])`,
    values: [projectId, sourceIds],
  });
}

/** Lets fingerprints lead to the issues again that they came with, which are made anew where they are gone. */
export async function unmergeFingerprintRows(
  tx: Transaction,
  { projectId, issueId }: IssueKey,
  fingerprints: readonly IssueFingerprint[],
): Promise<void> {
  const restoredIds = [...new Set(fingerprints.map(({ mergedFrom }) => mergedFrom))];
  await tx.query({
    name: "issues.end_merged_archives",
    text: `
      update merged_issues set status = 'unresolved', archive_mode = null, archived_until = null, status_changed_at = now()
      where project_id = $1 and id = any($2::uuid[]) and archived_until <= now()`,
    values: [projectId, restoredIds],
  });
  await tx.query({
    name: "issues.restore",
    text: `
      insert into issues (project_id, id, archived_until_count, ${RESTORED}, assigned_to, assigned_team)
      overriding system value
      -- Of no events yet: sumShares adds those that it has. Who has left meanwhile looks after nothing.
      select m.project_id, m.id, m.archived_events_left, ${columnsOf("m", RESTORED)},
        (select member.user_id from organization_members member join projects p on p.organization_id = member.organization_id
          where p.id = m.project_id and member.user_id = m.assigned_to for key share of member),
        (select team.id from teams team where team.id = m.assigned_team for key share)
      from merged_issues m where m.project_id = $1 and m.id = any($2::uuid[])
      on conflict (project_id, id) do nothing`,
    values: [projectId, restoredIds],
  });
  await tx.query({
    name: "issues.unmerge_fingerprints",
    text: `
      update issue_fingerprints set issue_id = merged_from, merged_from = null
      where project_id = $1 and issue_id = $2 and fingerprint = any($3::uuid[]) and merged_from is not null`,
    values: [projectId, issueId, fingerprints.map(({ fingerprint }) => fingerprint)],
  });
  await tx.query({
    name: "issues.forget_merged",
    text: `
      delete from merged_issues m
      where m.project_id = $1 and m.id = any($2::uuid[]) and not exists (
        select from issue_fingerprints f where f.project_id = m.project_id and f.merged_from = m.id
      )`,
    values: [projectId, restoredIds],
  });
}
