/**
 * Takes the right to fire. One statement decides, by the database's clock alone: of all the nodes that find the same at the
 * same moment exactly one gets it, however their own clocks go.
 */
import { isAhead } from "../db/is-ahead.ts";
import type { Transaction } from "../db/transaction.ts";
import type { RuleKey } from "./alert-rule.ts";

/** Whether the cooldown of a rule `r` that fired last at the moment is over, in SQL. */
export const isCooledDown = (moment: string, now: string) => `(
  ${moment} is null or ${moment} <= ${now}::timestamptz - make_interval(mins => r.cooldown_minutes)
  or ${isAhead(moment, `${now}::timestamptz`)})`;

export interface Claimed extends RuleKey {
  /** Firings that were held back since the one before. */
  readonly blocked: number;
}

/** What claims a right, and whether nobody would be told of it. */
interface Claim {
  readonly isSilenced: boolean;
}

/** A cooldown is between two tellings: of a firing in silence nobody was told. */
const mayFire = (row: "r" | "f", moment: string, now: string) => `(
  ${isCooledDown(moment, now)} or (${row}.fired_in_silence and not locked.is_silenced))`;

/** Those of the rules whose cooldown is over; it begins anew. Rows are locked in one order everywhere. */
export async function claimRules(
  tx: Transaction,
  keys: readonly (RuleKey & Claim)[],
  nowMs: number,
): Promise<Claimed[]> {
  if (keys.length === 0) return [];
  const { rows } = await tx.query<{ project_id: string; id: string; blocked: number }>({
    name: "alert_rules.claim",
    text: `
      with locked as (
        select r.project_id, r.id, r.blocked, k.is_silenced
        from unnest($1::uuid[], $2::uuid[], $4::boolean[]) as k (project_id, id, is_silenced)
        join alert_rules r on r.project_id = k.project_id and r.id = k.id
        order by r.project_id, r.id
        for no key update of r
      )
      update alert_rules r set last_fired_at = $3, blocked = 0, fired_in_silence = locked.is_silenced
      from locked
      where r.project_id = locked.project_id and r.id = locked.id and r.enabled
        and ${mayFire("r", "r.last_fired_at", "$3")}
      returning r.project_id, r.id, locked.blocked`,
    values: [...keysOf(keys), new Date(nowMs), keys.map(({ isSilenced }) => isSilenced)],
  });
  return rows.map((row) => ({ projectId: row.project_id, ruleId: row.id, blocked: row.blocked }));
}

export interface IssueClaim extends RuleKey {
  readonly issueId: string;
}

/** The same where the cooldown is that of an issue. */
export async function claimIssues(
  tx: Transaction,
  keys: readonly (IssueClaim & Claim)[],
  nowMs: number,
): Promise<(Claimed & IssueClaim)[]> {
  if (keys.length === 0) return [];
  const values = [...keysOf(keys), keys.map(({ issueId }) => issueId)];
  await tx.query({
    name: "alert_issue_firings.make",
    text: `
      insert into alert_issue_firings (project_id, rule_id, issue_id, fired_at)
      select k.project_id, k.id, k.issue_id, '-infinity'
      from unnest($1::uuid[], $2::uuid[], $3::uuid[]) as k (project_id, id, issue_id)
      join alert_rules r on r.project_id = k.project_id and r.id = k.id
      order by 1, 2, 3
      on conflict (project_id, rule_id, issue_id) do nothing`,
    values,
  });
  const { rows } = await tx.query<{ project_id: string; rule_id: string; issue_id: string; blocked: number }>({
    name: "alert_issue_firings.claim",
    text: `
      with locked as (
        select f.project_id, f.rule_id, f.issue_id, f.blocked, k.is_silenced
        from unnest($1::uuid[], $2::uuid[], $3::uuid[], $5::boolean[]) as k (project_id, rule_id, issue_id, is_silenced)
        join alert_issue_firings f using (project_id, rule_id, issue_id)
        order by 1, 2, 3
        for no key update of f
      )
      update alert_issue_firings f set fired_at = $4, blocked = 0, fired_in_silence = locked.is_silenced
      from locked, alert_rules r
      where f.project_id = locked.project_id and f.rule_id = locked.rule_id and f.issue_id = locked.issue_id
        and r.project_id = f.project_id and r.id = f.rule_id and r.enabled
        and ${mayFire("f", "f.fired_at", "$4")}
      returning f.project_id, f.rule_id, f.issue_id, locked.blocked`,
    values: [...values, new Date(nowMs), keys.map(({ isSilenced }) => isSilenced)],
  });
  return rows.map((row) => ({
    projectId: row.project_id,
    ruleId: row.rule_id,
    issueId: row.issue_id,
    blocked: row.blocked,
  }));
}

/** Of rules whose cooldowns are those of issues: when one fired last, for people to see. */
export async function touchRules(tx: Transaction, keys: readonly RuleKey[], nowMs: number): Promise<void> {
  if (keys.length === 0) return;
  await tx.query({
    name: "alert_rules.touch",
    text: `
      with locked as (
        select r.project_id, r.id
        from unnest($1::uuid[], $2::uuid[]) as k (project_id, id)
        join alert_rules r on r.project_id = k.project_id and r.id = k.id
        order by 1, 2
        for no key update of r
      )
      update alert_rules r set last_fired_at = case when ${isAhead("r.last_fired_at", "$3::timestamptz")} then $3
        else greatest(r.last_fired_at, $3) end
      from locked where r.project_id = locked.project_id and r.id = locked.id`,
    values: [...keysOf(keys), new Date(nowMs)],
  });
}

/** Counts what a cooldown held back. The rules are locked by the claim before. */
export async function countBlocked(
  tx: Transaction,
  held: readonly (RuleKey & { readonly count: number })[],
): Promise<void> {
  if (held.length === 0) return;
  await tx.query({
    name: "alert_rules.count_blocked",
    text: `
      update alert_rules r set blocked = r.blocked + k.count
      from unnest($1::uuid[], $2::uuid[], $3::integer[]) as k (project_id, id, count)
      where r.project_id = k.project_id and r.id = k.id`,
    values: [...keysOf(held), held.map(({ count }) => count)],
  });
}

/** The same where the cooldown is that of an issue. */
export async function countBlockedOfIssues(
  tx: Transaction,
  held: readonly (IssueClaim & { readonly count: number })[],
): Promise<void> {
  if (held.length === 0) return;
  await tx.query({
    name: "alert_issue_firings.count_blocked",
    text: `
      update alert_issue_firings f set blocked = f.blocked + k.count
      from unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::integer[]) as k (project_id, rule_id, issue_id, count)
      where f.project_id = k.project_id and f.rule_id = k.rule_id and f.issue_id = k.issue_id`,
    values: [...keysOf(held), held.map(({ issueId }) => issueId), held.map(({ count }) => count)],
  });
}

function keysOf(keys: readonly RuleKey[]): [string[], string[]] {
  return [keys.map(({ projectId }) => projectId), keys.map(({ ruleId }) => ruleId)];
}
