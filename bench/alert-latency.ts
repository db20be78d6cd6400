/** How soon a webhook tells of an alert, from the commit of the event that fired it. */
import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import type { ApiAlertRule, ApiNewAlertRule, ApiNewDestination, ApiProject } from "@mesher/protocol";
import type { openDatabase } from "@mesher/server/testing";
import { HttpReceiver, newEventId, type ServerCluster, sendEvent } from "@mesher/testkit";
import { quantile } from "./benchmark.ts";

/** Alerts of each kind, each in a project of its own: what many alerts of one project lead to is not measured. */
const COUNT = { happened: 30, threshold: 6 } as const;
const BETWEEN_MS = 700;
const TOLD_MS_MAX = 120_000;

export interface AlertLatency {
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly count: number;
}

export interface AlertFigures {
  /** Of rules about what an event brought about: a new issue. */
  readonly happened: AlertLatency;
  /** Of rules that are evaluated by the clock: a number of events. */
  readonly threshold: AlertLatency;
}

export async function measureAlerts(
  { nodes: [server] }: ServerCluster,
  database: ReturnType<typeof openDatabase>,
): Promise<AlertFigures> {
  if (server === undefined) throw new Error("there is no node");
  await using receiver = await HttpReceiver.start();
  const toldAtMs = new Map<string, number>();
  let wanted: string[] = [];
  receiver.answer = (response, { body }) => {
    const told = wanted.find((marker) => body.includes(marker));
    if (told !== undefined && !toldAtMs.has(told)) toldAtMs.set(told, performance.timeOrigin + performance.now());
    response.writeHead(204).end();
  };
  const post = async <T>(path: string, body: object): Promise<T> => {
    const response = await fetch(`${server.url}/api/v1/${path}`, {
      method: "POST",
      headers: { authorization: `Bearer ${server.token}`, "content-type": "application/json" },
      body: JSON.stringify(body),
    });
    if (!response.ok) throw new Error(`POST ${path}: ${response.status} ${await response.text()}`);
    return (await response.json()) as T;
  };
  const config = { url: `${receiver.url}/alerts` };
  // One for each alert: a destination that gets more than a few messages in a row is spared on purpose.
  const addDestination = (name: string) =>
    post<ApiNewDestination>("orgs/default/destinations", { kind: "webhook", name, config });

  /** The last of so many events fires the rule. */
  const measure = async (
    condition: ApiNewAlertRule["condition"],
    events: number,
    count: number,
  ): Promise<AlertLatency> => {
    // The marker is the rule's name, which each message tells.
    wanted = Array.from({ length: count }, () => randomUUID());
    const projects = await Promise.all(
      wanted.map(async (name) => {
        const project = await post<ApiProject>("projects", { name });
        const { id: destination_id } = await addDestination(name);
        const action = { type: "destination", destination_id } as const;
        const rule: ApiNewAlertRule = { name, condition, action };
        await post<ApiAlertRule>(`projects/${project.id}/alert-rules`, rule);
        return { name, dsn: project.dsn };
      }),
    );
    const eventIds = new Map<string, string>();
    for (const { name, dsn } of projects) {
      for (let n = 0; n < events; n += 1) {
        const event_id = newEventId();
        eventIds.set(name, event_id);
        const { status } = await sendEvent(dsn, { event_id, message: "Something happened", level: "error" });
        if (status !== 200) throw new Error(`an event was answered with ${status}`);
      }
      // Spread, so that the clock of what evaluates the rules is met at any time.
      await sleep(BETWEEN_MS);
    }
    const givesUpAt = performance.now() + TOLD_MS_MAX;
    while (wanted.some((marker) => !toldAtMs.has(marker))) {
      if (performance.now() > givesUpAt) throw new Error(`${toldAtMs.size} of ${count} alerts were told`);
      await sleep(100);
    }
    const { rows } = await database.query<{ id: string; at_ms: number }>({
      text: `select replace(event_id::text, '-', '') as id,
          (extract(epoch from pg_xact_commit_timestamp(xmin)) * 1000)::float8 as at_ms
        from events where event_id = any($1::uuid[])`,
      values: [[...eventIds.values()]],
    });
    const storedAtMs = new Map(rows.map(({ id, at_ms }) => [id, at_ms]));
    const took = wanted.map(
      (marker) => (toldAtMs.get(marker) ?? Number.NaN) - (storedAtMs.get(eventIds.get(marker) ?? "") ?? Number.NaN),
    );
    return { p50Ms: quantile(took, 0.5), p99Ms: quantile(took, 0.99), count };
  };
  const happened = await measure({ condition_type: "new_issue" }, 1, COUNT.happened);
  const threshold = await measure({ condition_type: "threshold", threshold: 1, window_minutes: 5 }, 2, COUNT.threshold);
  return { happened, threshold };
}
