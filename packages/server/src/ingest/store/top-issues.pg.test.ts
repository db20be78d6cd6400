import { randomUUID } from "node:crypto";
import { testDatabase } from "@mesher/testkit";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { listTopIssuesOfHours } from "../../issues/top-issues.queries.ts";
import { createTestProject } from "./store-testing.ts";

const HOUR_MS = 3_600_000;
const START_MS = Date.UTC(2026, 3, 1);
const ISSUES = 260;

/** Events of each issue in each of three hours. */
const randomCounts = (eventsMax: number) =>
  fc.array(fc.tuple(fc.nat({ max: eventsMax }), fc.nat({ max: eventsMax }), fc.nat({ max: 200 })), {
    minLength: ISSUES,
    maxLength: ISSUES,
  });

test.each([5, 5_000])(
  "[DASH-03] the issues with the most events in some hours are first, whatever they had before, up to %i events an hour",
  async (eventsMax) => {
    await using db = await testDatabase();
    const { database } = db;
    const { projectId } = await createTestProject(database);
    const [counts] = fc.sample(randomCounts(eventsMax), { numRuns: 1, seed: eventsMax });
    const issues = (counts ?? []).map((hours) => ({ id: randomUUID(), hours }));
    await database.query({
      text: `insert into issues (project_id, id, title, culprit, level, platform, grouping)
        select $1, id, 'x', 'x', 'error', 'x', '{}' from unnest($2::uuid[]) as t (id)`,
      values: [projectId, issues.map(({ id }) => id)],
    });
    const rows = issues.flatMap(({ id, hours }) =>
      hours.flatMap((count, hour) => (count === 0 ? [] : [{ id, count, at: new Date(START_MS + hour * HOUR_MS) }])),
    );
    await database.query({
      text: `insert into issue_counts (project_id, issue_id, hour, count)
        select $1, * from unnest($2::uuid[], $3::timestamptz[], $4::bigint[])`,
      values: [projectId, rows.map(({ id }) => id), rows.map(({ at }) => at), rows.map(({ count }) => count)],
    });
    await database.query({
      text: `insert into issue_counters (project_id, issue_id, event_count, first_seen, last_seen)
        select project_id, issue_id, sum(count), min(hour), max(hour) from issue_counts group by 1, 2`,
    });

    for (const [from, to] of [
      [0, 1],
      [1, 3],
      [2, 3],
      [0, 3],
    ] as const) {
      const expected = issues
        .map(({ id, hours }) => ({ id, events: hours.slice(from, to).reduce((sum, count) => sum + count, 0) }))
        .filter(({ events }) => events > 0)
        .toSorted((one, other) => other.events - one.events || (one.id < other.id ? -1 : 1))
        .slice(0, 10);
      const range = { fromMs: START_MS + from * HOUR_MS, toMs: START_MS + to * HOUR_MS };
      const found = await listTopIssuesOfHours(database, projectId, 10, range);
      expect(found.map(({ id, events }) => ({ id, events }))).toEqual(expected);
    }
  },
);
