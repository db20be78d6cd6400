/**
 * Statements on `alert_storms` and `alert_storm_holds`, which this folder owns: how many alerts a project fires in a window of
 * time, and which rules do. What is held back of a rule is told by one alert at the window's end.
 */
import { isAhead } from "../db/is-ahead.ts";
import type { Transaction } from "../db/transaction.ts";
import type { RuleKey } from "./alert-rule.ts";

/** Alerts of a project that are told one by one within a window; the first of each rule is, however many there are. */
export const STORM_ALERTS_MAX = 20;
export const STORM_WINDOW_SECONDS = 300;

const IS_OVER = `(s.window_started_at <= $1::timestamptz - make_interval(secs => ${STORM_WINDOW_SECONDS})
  or ${isAhead("s.window_started_at", "$1::timestamptz")})`;

export interface StormWindow {
  /** Firings that were told in it. */
  readonly firings: number;
  /** Of rules that fired in it. */
  readonly ruleIds: ReadonlySet<string>;
}

/** The windows that these projects are in, which may begin now. Their rows stay locked. */
export async function openWindows(
  tx: Transaction,
  projectIds: readonly string[],
  nowMs: number,
): Promise<ReadonlyMap<string, StormWindow>> {
  if (projectIds.length === 0) return new Map();
  const { rows } = await tx.query<{ project_id: string; firings: number }>({
    name: "alert_storms.open",
    text: `
      insert into alert_storms as s (project_id, window_started_at, firings)
      select project_id, $1, 0 from unnest($2::uuid[]) as k (project_id) order by 1
      on conflict (project_id) do update set
        -- Firings that are held keep their window open until they are told.
        window_started_at = case when ${IS_OVER} and s.held = 0 then excluded.window_started_at else s.window_started_at end,
        firings = case when ${IS_OVER} and s.held = 0 then 0 else s.firings end
      returning s.project_id, s.firings`,
    values: [new Date(nowMs), projectIds],
  });
  const begun = rows.filter(({ firings }) => firings === 0).map(({ project_id }) => project_id);
  await forgetHolds(tx, begun);
  const ruleIds = Map.groupBy(await listHolds(tx, projectIds), ({ projectId }) => projectId);
  return new Map(
    rows.map(({ project_id, firings }) => {
      const holds = ruleIds.get(project_id) ?? [];
      return [project_id, { firings, ruleIds: new Set(holds.map(({ ruleId }) => ruleId)) }];
    }),
  );
}

/** Of windows that have just begun. */
async function forgetHolds(tx: Transaction, projectIds: readonly string[]): Promise<void> {
  if (projectIds.length === 0) return;
  await tx.query({
    name: "alert_storm_holds.forget",
    text: "delete from alert_storm_holds where project_id = any($1::uuid[])",
    values: [projectIds],
  });
}

async function listHolds(tx: Transaction, projectIds: readonly string[]): Promise<RuleKey[]> {
  const { rows } = await tx.query<{ project_id: string; rule_id: string }>({
    name: "alert_storm_holds.list",
    text: "select project_id, rule_id from alert_storm_holds where project_id = any($1::uuid[])",
    values: [projectIds],
  });
  return rows.map((row) => ({ projectId: row.project_id, ruleId: row.rule_id }));
}

/** Counts firings into windows that are locked. */
export async function countFirings(
  tx: Transaction,
  counted: readonly (RuleKey & { readonly isHeld: boolean })[],
): Promise<void> {
  if (counted.length === 0) return;
  const projectIds = counted.map(({ projectId }) => projectId);
  const held = counted.map(({ isHeld }) => isHeld);
  await tx.query({
    name: "alert_storm_holds.count",
    text: `
      insert into alert_storm_holds as h (project_id, rule_id, held)
      select project_id, rule_id, count(*) filter (where is_held)
      from unnest($1::uuid[], $2::uuid[], $3::boolean[]) as k (project_id, rule_id, is_held)
      group by project_id, rule_id
      on conflict (project_id, rule_id) do update set held = h.held + excluded.held`,
    values: [projectIds, counted.map(({ ruleId }) => ruleId), held],
  });
  await tx.query({
    name: "alert_storms.count",
    text: `
      update alert_storms s set firings = s.firings + k.told, held = s.held + k.held
      from (
        select project_id, count(*) filter (where not is_held) as told, count(*) filter (where is_held) as held
        from unnest($1::uuid[], $2::boolean[]) as t (project_id, is_held) group by project_id
      ) as k
      where s.project_id = k.project_id`,
    values: [projectIds, held],
  });
}

export interface HeldFirings extends RuleKey {
  readonly held: number;
}

/** Projects whose window is over and held firings. Not locked. */
export async function listEndedStorms(tx: Transaction, nowMs: number): Promise<{ readonly projectId: string }[]> {
  const { rows } = await tx.query<{ project_id: string }>({
    name: "alert_storms.list_ended",
    text: `select s.project_id from alert_storms s where s.held > 0 and ${IS_OVER}`,
    values: [new Date(nowMs)],
  });
  return rows.map(({ project_id }) => ({ projectId: project_id }));
}

/** Ends windows of these projects, and takes what was held of rules that are switched on; each is given to one caller. */
export async function endStorms(
  tx: Transaction,
  projects: readonly { readonly projectId: string }[],
  nowMs: number,
): Promise<HeldFirings[]> {
  const { rows: ended } = await tx.query<{ project_id: string }>({
    name: "alert_storms.end",
    text: `
      with ended as (
        select s.project_id from alert_storms s where s.project_id = any($2::uuid[]) and s.held > 0 and ${IS_OVER}
        order by s.project_id
        for update skip locked
      )
      update alert_storms s set held = 0, firings = 0, window_started_at = $1
      from ended where s.project_id = ended.project_id
      returning s.project_id`,
    values: [new Date(nowMs), projects.map(({ projectId }) => projectId)],
  });
  return takeHolds(
    tx,
    ended.map(({ project_id }) => project_id),
  );
}

/** A statement of its own: it sees what was held until the windows were locked. */
async function takeHolds(tx: Transaction, projectIds: readonly string[]): Promise<HeldFirings[]> {
  if (projectIds.length === 0) return [];
  const { rows } = await tx.query<{ project_id: string; rule_id: string; held: number }>({
    name: "alert_storm_holds.take",
    text: `
      with locked as (
        -- Who deletes a rule has it locked, and then comes for its row here.
        select h.project_id, h.rule_id
        from alert_storm_holds h join alert_rules r on r.project_id = h.project_id and r.id = h.rule_id and r.enabled
        where h.project_id = any($1::uuid[])
        order by 1, 2
        for key share of r
      )
      delete from alert_storm_holds h using locked
      where h.project_id = locked.project_id and h.rule_id = locked.rule_id
      returning h.project_id, h.rule_id, h.held`,
    values: [projectIds],
  });
  return rows
    .filter(({ held }) => held > 0)
    .map((row) => ({ projectId: row.project_id, ruleId: row.rule_id, held: row.held }));
}
