/**
 * Statements on `alert_storms`, which this folder owns: how many alerts a project fires in a window of time. What is beyond
 * the maximum is held, and told by one alert at the window's end.
 */
import type { Transaction } from "../db/transaction.ts";

/** Alerts of a project that are told one by one within a window. */
export const STORM_ALERTS_MAX = 20;
export const STORM_WINDOW_SECONDS = 300;

const IS_OVER = `s.window_started_at <= $1::timestamptz - make_interval(secs => ${STORM_WINDOW_SECONDS})`;

export interface ProjectFirings {
  readonly projectId: string;
  readonly firings: number;
}

/** Counts firings into their projects' windows; how many of them are within the maximum. The rows stay locked. */
export async function countFirings(
  tx: Transaction,
  added: readonly ProjectFirings[],
  nowMs: number,
): Promise<ReadonlyMap<string, number>> {
  if (added.length === 0) return new Map();
  const { rows } = await tx.query<{ project_id: string; firings: number }>({
    name: "alert_storms.count",
    text: `
      insert into alert_storms as s (project_id, window_started_at, firings)
      select project_id, $1, firings from unnest($2::uuid[], $3::integer[]) as k (project_id, firings) order by 1
      on conflict (project_id) do update set
        -- Firings that are held keep their window open until they are told.
        window_started_at = case when ${IS_OVER} and s.held = 0 then excluded.window_started_at else s.window_started_at end,
        firings = case when ${IS_OVER} and s.held = 0 then excluded.firings else s.firings + excluded.firings end
      returning s.project_id, s.firings`,
    values: [new Date(nowMs), added.map(({ projectId }) => projectId), added.map(({ firings }) => firings)],
  });
  const added1 = new Map(added.map(({ projectId, firings }) => [projectId, firings]));
  return new Map(
    rows.map(({ project_id, firings }) => {
      const before = firings - (added1.get(project_id) ?? 0);
      return [project_id, Math.max(0, STORM_ALERTS_MAX - before)];
    }),
  );
}

/** Of projects whose rows are locked. */
export async function holdFirings(
  tx: Transaction,
  held: readonly { readonly projectId: string; readonly ruleId: string; readonly count: number }[],
): Promise<void> {
  if (held.length === 0) return;
  await tx.query({
    name: "alert_storms.hold",
    text: `
      update alert_storms s set held = s.held + k.count, held_rule_id = k.rule_id
      from unnest($1::uuid[], $2::uuid[], $3::integer[]) as k (project_id, rule_id, count)
      where s.project_id = k.project_id`,
    values: [held.map(({ projectId }) => projectId), held.map(({ ruleId }) => ruleId), held.map(({ count }) => count)],
  });
}

export interface EndedStorm {
  readonly projectId: string;
  readonly ruleId: string;
  readonly held: number;
}

/** Ends windows that held firings; each is given to one caller. */
export async function endStorms(tx: Transaction, nowMs: number): Promise<EndedStorm[]> {
  const { rows } = await tx.query<{ project_id: string; held_rule_id: string; held: number }>({
    name: "alert_storms.end",
    text: `
      with ended as (
        select s.project_id, s.held, s.held_rule_id from alert_storms s
        where s.held > 0 and ${IS_OVER}
        order by s.project_id
        for update skip locked
      )
      update alert_storms s set held = 0, firings = 0, window_started_at = $1
      from ended e where s.project_id = e.project_id
      returning e.project_id, e.held_rule_id, e.held`,
    values: [new Date(nowMs)],
  });
  return rows.map((row) => ({ projectId: row.project_id, ruleId: row.held_rule_id, held: row.held }));
}
