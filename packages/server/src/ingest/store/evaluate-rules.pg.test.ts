import { testDatabase } from "@mesher/testkit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { setRuleSilence } from "../../alerts/alert-rules.queries.ts";
import { withTransaction } from "../../db/transaction.ts";
import { encodeTsvector } from "../../db/tsvector.ts";
import { ensurePartitions } from "../../events/partitions.ts";
import { addRule, evaluate, listFired } from "./alerts-testing.ts";
import type { DigestedEvent } from "./digested-event.ts";
import { createTestProject, eventOf, newFingerprint, store } from "./store-testing.ts";

let db: Awaited<ReturnType<typeof testDatabase>>;
beforeAll(async () => {
  db = await testDatabase();
  await ensurePartitions(db.database, [Date.UTC(2026, 3, 1)]);
});
afterAll(() => db[Symbol.asyncDispose]());

/** In the middle of a minute. */
const NOW = Date.UTC(2026, 3, 1, 12, 0, 30);
const MINUTE_MS = 60_000;

async function prepare() {
  const { database } = db;
  const { projectId } = await createTestProject(database);
  const fingerprint = newFingerprint();
  return {
    database,
    projectId,
    /** So many events, so long ago. */
    receive: (count: number, agoMs: number, more: Partial<DigestedEvent> = {}) =>
      store(
        database,
        ...Array.from({ length: count }, () => eventOf(projectId, fingerprint, { receivedAtMs: NOW - agoMs, ...more })),
      ),
    fired: () => listFired(database, projectId),
    evaluate: (nowMs = NOW) => evaluate(database, nowMs),
  };
}

const more = (threshold: number, window_minutes = 5) =>
  ({ condition_type: "threshold", threshold, window_minutes }) as const;

describe("[ALERT-02] more than N events in M minutes", () => {
  test("fire, as many do not", async () => {
    const { database, projectId, receive, evaluate: look, fired } = await prepare();
    await addRule(database, projectId, more(3));
    await receive(3, 1_000);
    await look();
    expect(await fired()).toEqual([]);
    await receive(1, 500);
    await look();
    expect(await fired()).toMatchObject([
      { kind: "fired", status: "active", message: "Event count exceeded 3 in 5 minutes", issue_id: null },
    ]);
  });

  test("counts to the millisecond, although it counts by the minute", async () => {
    const { database, projectId, receive, evaluate: look, fired } = await prepare();
    await addRule(database, projectId, more(1, 1));
    // In the same minute as the window's beginning, one before it and one within.
    await receive(1, MINUTE_MS + 1);
    await receive(1, MINUTE_MS);
    await look();
    expect(await fired()).toEqual([]);
    await receive(1, MINUTE_MS - 1);
    await look();
    expect(await fired()).toHaveLength(1);
  });

  test("counts events of a node whose clock is ahead", async () => {
    const { database, projectId, receive, evaluate: look, fired } = await prepare();
    await addRule(database, projectId, more(1, 1));
    await receive(2, -5 * MINUTE_MS);
    await look();
    expect(await fired()).toHaveLength(1);
  });

  test("counts only its own project's", async () => {
    const [one, other] = [await prepare(), await prepare()];
    await addRule(one.database, one.projectId, more(3));
    await one.receive(3, 1_000);
    await other.receive(10, 1_000);
    await one.evaluate();
    expect(await one.fired()).toEqual([]);
  });

  test("a rule that is switched off does not fire", async () => {
    const { database, projectId, receive, evaluate: look, fired } = await prepare();
    await addRule(database, projectId, more(0), { enabled: false });
    await receive(5, 1_000);
    await look();
    expect(await fired()).toEqual([]);
  });
});

describe("filters", () => {
  test.each([
    ["level", { level: ["fatal" as const] }, { level: "fatal" }],
    ["environment", { environment: ["staging", "test"] }, { environment: "test" }],
    ["release", { release: ["shop@2"] }, { release: "shop@2" }],
    ["a search of what is counted", { query: "release:shop@* !level:error" }, { release: "shop@3", level: "warning" }],
    ["a tag", { tags: { region: "eu" } }, { tags: { region: "eu" }, tagsJson: '{"region":"eu"}' }],
    ["words", { query: "payment" }, { words: encodeTsvector(new Map([["payment", 8]])) }],
  ] as const)("by %s leave the others out", async (_name, filters, matching) => {
    const { database, projectId, receive, evaluate: look, fired } = await prepare();
    await addRule(database, projectId, more(2), { filters });
    await receive(5, 1_000);
    await receive(2, 1_000, matching);
    await look();
    expect(await fired()).toEqual([]);
    await receive(1, 1_000, matching);
    await look();
    expect(await fired()).toHaveLength(1);
  });
});

test.each([{}, { query: "typeerror" }])(
  "a change in percent holds the window against the one before it (%o)",
  async (filters) => {
    const { database, projectId, receive, evaluate: look, fired } = await prepare();
    const condition = {
      condition_type: "percent_change",
      percent: 100,
      window_minutes: 10,
      direction: "increase",
    } as const;
    await addRule(database, projectId, { ...condition, events_min: 5 }, { filters });
    await receive(5, 15 * MINUTE_MS);
    await receive(10, 5 * MINUTE_MS);
    // Before both.
    await receive(50, 21 * MINUTE_MS);
    await look();
    expect(await fired()).toEqual([]);
    await receive(1, MINUTE_MS);
    await look();
    expect(await fired()).toMatchObject([
      { message: "Event count rose by more than 100 % in 10 minutes (11 after 5)" },
    ]);
  },
);

describe("[ALERT-05] [C-54] a rule fires once in its cooldown", () => {
  test("however many evaluate it at once", async () => {
    const { database, projectId, receive, evaluate: look, fired } = await prepare();
    await addRule(database, projectId, more(0));
    await receive(1, 1_000);
    const reports = await Promise.all(Array.from({ length: 5 }, () => look()));
    expect(await fired()).toHaveLength(1);
    expect(
      reports.flatMap(({ tellings }) => tellings).filter(({ project_id }) => project_id === projectId),
    ).toHaveLength(1);
  });

  test("and again when that is over, if it still holds", async () => {
    const { database, projectId, receive, evaluate: look, fired } = await prepare();
    await addRule(database, projectId, more(0, 1_440), { cooldownMinutes: 10 });
    await receive(1, 1_000);
    for (const minutes of [0, 5, 9.9, 10, 15, 19.9, 20]) await look(NOW + minutes * MINUTE_MS);
    expect(await fired()).toHaveLength(3);
  });

  test("which a firing that nobody was told of does not begin", async () => {
    const { database, projectId, receive, evaluate: look, fired } = await prepare();
    const ruleId = await addRule(database, projectId, more(0, 1_440), { cooldownMinutes: 1_440 });
    const silence = (minutes: number) =>
      withTransaction(database, (tx) => setRuleSilence(tx, { projectId, ruleId }, minutes));
    const wereSilenced = async () => (await fired()).map(({ silenced }) => silenced);
    await receive(1, 1_000);
    await silence(10);
    await look();
    await look(NOW + MINUTE_MS);
    expect(await wereSilenced()).toEqual([true]);
    await silence(0);
    await look(NOW + 2 * MINUTE_MS);
    await look(NOW + 3 * MINUTE_MS);
    expect(await wereSilenced()).toEqual([true, false]);
  });

  test("a clock that was set back a little fires nothing twice", async () => {
    const { database, projectId, receive, evaluate: look, fired } = await prepare();
    await addRule(database, projectId, more(0, 1_440));
    await receive(1, 1_000);
    await look();
    await look(NOW - MINUTE_MS);
    expect(await fired()).toHaveLength(1);
  });

  test("a clock that was far ahead once keeps no rule quiet until then", async () => {
    const { database, projectId, receive, evaluate: look, fired } = await prepare();
    await addRule(database, projectId, more(0, 1_440));
    await receive(1, 1_000);
    await look(NOW + 6 * 60 * MINUTE_MS);
    await look();
    await look();
    expect(await fired()).toHaveLength(2);
    await look(NOW + 61 * MINUTE_MS);
    expect(await fired()).toHaveLength(3);
  });
});

describe("[C-115] an alert ends by itself", () => {
  test("when there are not too many events any more", async () => {
    const { database, projectId, receive, evaluate: look, fired } = await prepare();
    await addRule(database, projectId, more(0, 5));
    await receive(1, 1_000);
    await look();
    await look(NOW + 4 * MINUTE_MS);
    expect(await fired()).toMatchObject([{ status: "active" }]);
    await look(NOW + 5 * MINUTE_MS);
    expect(await fired()).toMatchObject([{ status: "resolved" }]);
  });

  test("when its rule is switched off", async () => {
    const { database, projectId, receive, evaluate: look, fired } = await prepare();
    const ruleId = await addRule(database, projectId, more(0, 1_440));
    await receive(1, 1_000);
    await look();
    await database.query({ text: "update alert_rules set enabled = false where id = $1", values: [ruleId] });
    await look();
    expect(await fired()).toMatchObject([{ status: "resolved" }]);
  });
});
