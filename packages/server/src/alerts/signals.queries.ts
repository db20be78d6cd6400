/**
 * Statements on `alert_signals`, which this folder owns: what happened that rules may wait for. Written in the transaction in
 * which it happened, removed in the one that fires the alerts: so none is lost, whatever dies in between.
 */
import type { SearchQuery } from "@mesher/protocol";
import type { Queryable } from "../db/database.ts";
import { deleteChunk } from "../db/delete-chunk.ts";
import type { Transaction } from "../db/transaction.ts";
import { eventCondition } from "../search/event-condition.ts";
import { conditionOf, SqlValues } from "../search/sql.ts";
import { SEARCHED_COLUMNS } from "./window-counts.queries.ts";

/** `seen`: an issue got events; what else there is names the condition that waits for it. */
export type SignalKind = "new_issue" | "regression" | "escalation" | "seen";

export interface NewSignal {
  readonly projectId: string;
  readonly kind: SignalKind;
  readonly issueId: string;
  /** The event that did it, if one did. */
  readonly event?: { readonly eventId: string; readonly receivedAtMs: number };
}

/** Writes those that a rule of their project waits for; how many. */
export async function insertSignals(tx: Transaction, signals: readonly NewSignal[]): Promise<number> {
  if (signals.length === 0) return 0;
  const { rowCount } = await tx.query({
    name: "alert_signals.insert",
    text: `
      with wanted as (
        select distinct project_id,
          case when condition ->> 'condition_type' in ('issue_events', 'issue_users') then 'seen'
            else condition ->> 'condition_type' end as kind
        from alert_rules where enabled and project_id = any($6::uuid[])
      )
      insert into alert_signals (project_id, kind, issue_id, event_id, event_received_at)
      select s.* from unnest($1::uuid[], $2::text[], $3::uuid[], $4::uuid[], $5::timestamptz[])
        as s (project_id, kind, issue_id, event_id, received_at)
      join wanted using (project_id, kind)`,
    values: [
      signals.map(({ projectId }) => projectId),
      signals.map(({ kind }) => kind),
      signals.map(({ issueId }) => issueId),
      signals.map(({ event }) => event?.eventId ?? null),
      signals.map(({ event }) => (event === undefined ? null : new Date(event.receivedAtMs))),
      [...new Set(signals.map(({ projectId }) => projectId))],
    ],
  });
  return rowCount;
}

export interface Signal {
  readonly id: number;
  readonly projectId: string;
  readonly kind: SignalKind;
  readonly issueId: string;
  readonly eventId: string | null;
  readonly receivedAt: Date | null;
}

export interface TakenSignals {
  readonly signals: readonly Signal[];
  /** The database's clock. */
  readonly nowMs: number;
}

/** Takes the oldest that nobody else is at: locked until the transaction ends, and gone after it. */
export async function takeSignals(tx: Transaction, limit: number): Promise<TakenSignals> {
  const { rows } = await tx.query<{
    id: number;
    project_id: string;
    kind: SignalKind;
    issue_id: string;
    event_id: string | null;
    event_received_at: Date | null;
    now: Date;
  }>({
    name: "alert_signals.take",
    text: `
      with taken as (
        select project_id, id from alert_signals order by id limit $1 for update skip locked
      )
      delete from alert_signals s using taken t where s.project_id = t.project_id and s.id = t.id
      returning s.id, s.project_id, s.kind, s.issue_id, s.event_id, s.event_received_at, clock_timestamp() as now`,
    values: [limit],
  });
  return {
    nowMs: rows[0]?.now.getTime() ?? 0,
    signals: rows
      .map((row) => ({
        id: row.id,
        projectId: row.project_id,
        kind: row.kind,
        issueId: row.issue_id,
        eventId: row.event_id,
        receivedAt: row.event_received_at,
      }))
      .sort((a, b) => a.id - b.id),
  };
}

/** A rule's search, and the signals of its project whose events it asks. */
export interface AskedSignals {
  readonly projectId: string;
  readonly slug: string;
  readonly query: SearchQuery;
  readonly signals: readonly Signal[];
}

const ASKED_PER_STATEMENT = 25;

/**
 * For each, in their order, the ids of those whose event matches. Where no event did it (an escalation), the newest one of the
 * issue is asked.
 */
export async function listMatching(
  database: Queryable,
  asked: readonly AskedSignals[],
  nowMs: number,
): Promise<ReadonlySet<number>[]> {
  const matching = asked.map(() => new Set<number>());
  for (let start = 0; start < asked.length; start += ASKED_PER_STATEMENT) {
    const chunk = asked.slice(start, start + ASKED_PER_STATEMENT);
    const values = new SqlValues();
    const selects = chunk.map((each, index) => selectMatching(each, start + index, nowMs, values));
    const { rows } = await database.query<{ index: number; id: number }>({
      text: selects.join("\nunion all\n"),
      values: values.values,
    });
    for (const { index, id } of rows) matching[index]?.add(id);
  }
  return matching;
}

function selectMatching(
  { projectId, slug, query, signals }: AskedSignals,
  index: number,
  nowMs: number,
  values: SqlValues,
) {
  const condition = conditionOf(query, (term) => eventCondition(term, { projectId, slug, nowMs }, values));
  const columns = [
    values.add(
      signals.map(({ id }) => id),
      "bigint[]",
    ),
    values.add(
      signals.map(({ issueId }) => issueId),
      "uuid[]",
    ),
    values.add(
      signals.map(({ eventId }) => eventId),
      "uuid[]",
    ),
    values.add(
      signals.map(({ receivedAt }) => receivedAt),
      "timestamptz[]",
    ),
  ];
  return `
    select ${values.add(index, "integer")} as index, s.id
    from unnest(${columns.join(", ")}) as s (id, issue_id, event_id, received_at)
    cross join lateral (
      select ${SEARCHED_COLUMNS} from events e
      where e.project_id = ${values.add(projectId, "uuid")} and e.issue_id = s.issue_id
        and (s.event_id is null or (e.event_id = s.event_id and e.received_at = s.received_at))
      order by e.received_at desc, e.event_id desc limit 1
    ) e
    where ${condition}`;
}

/** Of a project that is gone: up to `rowsMax` rows; how many. */
export function deleteSignalsOf(tx: Transaction, projectId: string, rowsMax: number): Promise<number> {
  return deleteChunk(tx, { table: "alert_signals", column: "project_id", value: projectId, rowsMax });
}
