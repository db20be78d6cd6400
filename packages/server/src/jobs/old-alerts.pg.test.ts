import { randomUUID } from "node:crypto";
import { testDatabase } from "@mesher/testkit";
import { expect, test } from "vitest";
import { insertRule } from "../alerts/alert-rules.queries.ts";
import { ALERTS_DAYS } from "../alerts/old-alerts.queries.ts";
import { withTransaction } from "../db/transaction.ts";
import { removeOldAlerts } from "./alert-jobs.ts";

const NOW = Date.UTC(2026, 3, 1);
const DAY_MS = 86_400_000;

test("old alerts go with their timelines, chunk by chunk, and counts by the minute that no preview needs; the others stay", async () => {
  await using db = await testDatabase();
  const { database } = db;
  const { rows } = await database.query<{ id: string }>({
    text: `
      with made as (insert into organizations (slug, name) values ('one', 'one') returning id)
      insert into projects (organization_id, slug, name) select id, 'one', 'one' from made returning id`,
  });
  const projectId = rows[0]?.id ?? "";
  const ruleId = await withTransaction(database, (tx) =>
    insertRule(tx, projectId, {
      name: "A rule",
      condition: { condition_type: "new_issue" },
      filters: {},
      action: { type: "websocket" },
      enabled: true,
      cooldownMinutes: 60,
      cooldownScope: "issue",
    }),
  );
  for (const days of [0, ALERTS_DAYS - 1, ALERTS_DAYS + 1, ALERTS_DAYS + 2, ALERTS_DAYS + 3]) {
    const at = new Date(NOW - days * DAY_MS);
    const alertId = randomUUID();
    await database.query({
      text: `insert into alerts (project_id, id, rule_id, kind, message, condition_snapshot, triggered_at)
        values ($1, $2, $3, 'fired', '', '{}', $4)`,
      values: [projectId, alertId, ruleId, at],
    });
    await database.query({
      text: `insert into alert_activity (project_id, alert_id, kind, actor_kind, actor_name) values ($1, $2, 'fired', 'system', '')`,
      values: [projectId, alertId],
    });
    await database.query({
      text: "insert into event_minutes (project_id, minute, level, environment, release, count) values ($1, $2, 'error', '', '', 1)",
      values: [projectId, at],
    });
    await database.query({
      text: "insert into alert_issue_firings (project_id, rule_id, issue_id, fired_at) values ($1, $2, $3, $4)",
      values: [projectId, ruleId, randomUUID(), at],
    });
    await database.query({
      text: "insert into alert_issue_silences (project_id, issue_id, silenced_until) values ($1, $2, $3)",
      values: [projectId, randomUUID(), new Date(at.getTime() + 1)],
    });
  }
  const run = { nowMs: NOW, signal: new AbortController().signal };
  const removed = await removeOldAlerts((work) => withTransaction(database, work), run, 2);
  expect(removed).toEqual({ alerts: 3, event_minutes: 4, alert_issue_firings: 4, alert_issue_silences: 4 });
  const left = await database.query<{ count: number }>({ text: "select count(*) as count from alert_activity" });
  expect(left.rows).toEqual([{ count: 2 }]);
});
