import { testDatabase } from "@mesher/testkit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { setRuleSilence } from "../../alerts/alert-rules.queries.ts";
import { insertSignals } from "../../alerts/signals.queries.ts";
import { setIssueSilence } from "../../alerts/silences.queries.ts";
import { STORM_ALERTS_MAX, STORM_WINDOW_SECONDS } from "../../alerts/storms.queries.ts";
import { withTransaction } from "../../db/transaction.ts";
import { encodeTsvector } from "../../db/tsvector.ts";
import { dayOf, ensurePartitions } from "../../events/partitions.ts";
import { changeIssues, type IssueCommand } from "../../issues/change-issues.ts";
import { SYSTEM } from "../../issues/issue-change.ts";
import { addRule, evaluate, fire, listFired } from "./alerts-testing.ts";
import { createTestProject, eventOf, newFingerprint, store } from "./store-testing.ts";

let db: Awaited<ReturnType<typeof testDatabase>>;
beforeAll(async () => {
  db = await testDatabase();
  // An hour ago may have been yesterday.
  await ensurePartitions(db.database, [dayOf(Date.now() - 3_600_000), dayOf(Date.now())]);
});
afterAll(() => db[Symbol.asyncDispose]());

async function prepare() {
  const { database } = db;
  const project = await createTestProject(database);
  const { projectId, organizationId } = project;
  return {
    database,
    projectId,
    event: (fingerprint = newFingerprint(), more = {}) => eventOf(projectId, fingerprint, more),
    fired: () => listFired(database, projectId),
    change: (issueId: string, command: IssueCommand) =>
      changeIssues(database, { organizationId, ids: [issueId], command, actor: SYSTEM }, () => {}),
  };
}

const NEW_ISSUE = { condition_type: "new_issue" } as const;

describe("[ALERT-03] a new issue and a regression", () => {
  test("fire, and what only goes on does not", async () => {
    const { database, projectId, event, fired, change } = await prepare();
    await addRule(database, projectId, NEW_ISSUE);
    await addRule(database, projectId, { condition_type: "regression" });
    const fingerprint = newFingerprint();
    const { stored, signals } = await store(database, event(fingerprint), event(fingerprint));
    const issueId = stored[0]?.issueId ?? "";
    expect(signals).toBe(1);
    await fire(database);
    expect(await fired()).toMatchObject([
      { message: `new_issue detected for issue ${issueId}`, issue_id: issueId, status: "active" },
    ]);

    await store(database, event(fingerprint));
    await change(issueId, { do: "resolve", mode: "now" });
    await fire(database);
    expect(await fired()).toHaveLength(1);
    await store(database, event(fingerprint), event(fingerprint));
    await store(database, event(fingerprint));
    await fire(database);
    expect((await fired()).map(({ message }) => message)).toEqual([
      `new_issue detected for issue ${issueId}`,
      `regression detected for issue ${issueId}`,
    ]);
  });

  test("are written down only where a rule waits for them", async () => {
    const { database, projectId, event } = await prepare();
    await addRule(database, projectId, { condition_type: "regression" });
    await addRule(database, projectId, NEW_ISSUE, { enabled: false });
    expect((await store(database, event())).signals).toBe(0);
  });

  test("fire once, however many take what was left by a node that died", async () => {
    const { database, projectId, event, fired } = await prepare();
    await addRule(database, projectId, NEW_ISSUE, { cooldownScope: "issue" });
    // Stored, and nobody was told: as when the node is killed right after the commit.
    await store(database, event(), event(), event());
    const reports = await Promise.all(Array.from({ length: 4 }, () => fire(database)));
    expect(reports.reduce((sum, { signals }) => sum + signals, 0)).toBe(3);
    expect(await fired()).toHaveLength(3);
  });

  test("are not lost by a firing that fails", async () => {
    const { database, projectId, event, fired } = await prepare();
    await addRule(database, projectId, NEW_ISSUE);
    await store(database, event());
    await database.query({ text: "alter table alert_activity add constraint refuse check (false) not valid" });
    await expect(fire(database)).rejects.toThrow("refuse");
    expect(await fired()).toEqual([]);
    await database.query({ text: "alter table alert_activity drop constraint refuse" });
    await fire(database);
    expect(await fired()).toHaveLength(1);
  });
});

test("a cooldown of the rule holds other issues back and says how many; one of the issue does not", async () => {
  const { database, projectId, event, fired } = await prepare();
  await addRule(database, projectId, NEW_ISSUE, { name: "By rule", cooldownMinutes: 1 });
  await store(database, event());
  await fire(database);
  await store(database, event(), event());
  expect(await fire(database)).toMatchObject({ fired: 0, blocked: 1 });
  await database.query({
    text: "update alert_rules set last_fired_at = last_fired_at - interval '2 minutes' where project_id = $1",
    values: [projectId],
  });
  await store(database, event());
  await fire(database);
  const [, second] = await fired();
  expect(second).toMatchObject({ suppressed: 2 });
  expect(second?.message).toMatch(/, and 2 more since the last alert$/);
});

test("a clock that was far ahead once keeps no issue's alert back, new or seen often", async () => {
  const { database, projectId, event, fired } = await prepare();
  const cooldownScope = "issue";
  await addRule(
    database,
    projectId,
    { condition_type: "issue_events", threshold: 0, window_minutes: 5 },
    { cooldownScope },
  );
  await addRule(database, projectId, { condition_type: "issue_events", threshold: 1, window_minutes: 5 });
  const fingerprint = newFingerprint();
  await store(database, event(fingerprint), event(fingerprint));
  await fire(database);
  expect(await fired()).toHaveLength(2);
  for (const text of [
    "update alert_rules set last_fired_at = last_fired_at + interval '6 hours' where project_id = $1",
    "update alert_issue_firings set fired_at = fired_at + interval '6 hours' where project_id = $1",
  ])
    await database.query({ text, values: [projectId] });
  await store(database, event(fingerprint));
  await fire(database);
  expect(await fired()).toHaveLength(4);
  const { rows } = await database.query<{ ahead: number }>({
    text: "select count(*) as ahead from alert_rules where project_id = $1 and last_fired_at > now() + interval '1 minute'",
    values: [projectId],
  });
  expect(rows).toEqual([{ ahead: 0 }]);
});

describe("filters", () => {
  test.each([
    [{ level: ["fatal" as const] }, { level: "fatal" }],
    [{ tags: { region: "eu" } }, { tags: { region: "eu" }, tagsJson: '{"region":"eu"}' }],
    [{ query: "payment !release:1.0" }, { words: encodeTsvector(new Map([["payment", 8]])), release: "2.0" }],
  ] as const)("ask the event that did it: %o", async (filters, matching) => {
    const { database, projectId, event, fired } = await prepare();
    await addRule(database, projectId, NEW_ISSUE, { filters, cooldownScope: "issue" });
    await store(database, event());
    const { stored } = await store(database, event(newFingerprint(), matching));
    await fire(database);
    expect((await fired()).map(({ issue_id }) => issue_id)).toEqual([stored[0]?.issueId]);
  });
});

test("an escalation fires; the newest event of its issue is asked by filters", async () => {
  const { database, projectId, event, fired } = await prepare();
  await addRule(database, projectId, { condition_type: "escalation" }, { filters: { level: ["fatal"] } });
  const [was, is] = [newFingerprint(), newFingerprint()];
  await store(database, event(was, { level: "fatal" }), event(is));
  await store(database, event(was, { receivedAtMs: Date.now() + 1 }));
  const { stored } = await store(database, event(is, { level: "fatal", receivedAtMs: Date.now() + 1 }));
  const { rows } = await database.query<{ id: string }>({
    text: "select id from issues where project_id = $1",
    values: [projectId],
  });
  await withTransaction(database, (tx) =>
    insertSignals(
      tx,
      rows.map(({ id }) => ({ projectId, issueId: id, kind: "escalation" })),
    ),
  );
  await fire(database);
  expect((await fired()).map(({ issue_id }) => issue_id)).toEqual([stored[0]?.issueId]);
});

describe("an issue that is seen", () => {
  test("more than N times in M minutes fires; older events, and other issues', do not count", async () => {
    const { database, projectId, event, fired } = await prepare();
    await addRule(database, projectId, { condition_type: "issue_events", threshold: 3, window_minutes: 5 });
    const fingerprint = newFingerprint();
    const receivedAtMs = Date.now() - 6 * 60_000;
    await store(database, event(fingerprint, { receivedAtMs }), event(), event());
    await store(database, event(fingerprint), event(fingerprint), event(fingerprint));
    await fire(database);
    expect(await fired()).toEqual([]);
    const { stored } = await store(database, event(fingerprint));
    await fire(database);
    expect(await fired()).toMatchObject([{ issue_id: stored[0]?.issueId }]);
  });

  test("by more than N users fires", async () => {
    const { database, projectId, event, fired } = await prepare();
    await addRule(database, projectId, { condition_type: "issue_users", threshold: 2, window_minutes: 5 });
    const fingerprint = newFingerprint();
    const of = (user: string) => event(fingerprint, { tagsJson: JSON.stringify({ "user.id": user }) });
    await store(database, of("a"), of("b"), of("b"), of("a"));
    await fire(database);
    expect(await fired()).toEqual([]);
    await store(database, of("c"));
    await fire(database);
    expect(await fired()).toHaveLength(1);
  });

  test("although it is archived does not fire", async () => {
    const { database, projectId, event, fired, change } = await prepare();
    await addRule(database, projectId, { condition_type: "issue_events", threshold: 1, window_minutes: 5 });
    const fingerprint = newFingerprint();
    const { stored } = await store(database, event(fingerprint));
    await change(stored[0]?.issueId ?? "", { do: "archive", mode: "for_ever" });
    await store(database, event(fingerprint), event(fingerprint));
    await fire(database);
    expect(await fired()).toEqual([]);
  });

  test("and not so often any more ends its alert", async () => {
    const { database, projectId, event, fired } = await prepare();
    await addRule(database, projectId, { condition_type: "issue_events", threshold: 0, window_minutes: 5 });
    await store(database, event());
    await fire(database);
    await evaluate(database, Date.now());
    expect(await fired()).toMatchObject([{ status: "active" }]);
    await evaluate(database, Date.now() + 5 * 60_000);
    expect(await fired()).toMatchObject([{ status: "resolved" }]);
  });
});

test("[C-115] an alert about an issue ends when the issue is resolved", async () => {
  const { database, projectId, event, fired, change } = await prepare();
  await addRule(database, projectId, NEW_ISSUE);
  const { stored } = await store(database, event());
  await fire(database);
  await evaluate(database, Date.now());
  expect(await fired()).toMatchObject([{ status: "active" }]);
  await change(stored[0]?.issueId ?? "", { do: "resolve", mode: "now" });
  await evaluate(database, Date.now());
  expect(await fired()).toMatchObject([{ status: "resolved" }]);
});

describe("silence", () => {
  test("of a rule writes its alerts down and tells nobody", async () => {
    const { database, projectId, event, fired } = await prepare();
    const ruleId = await addRule(database, projectId, NEW_ISSUE);
    await withTransaction(database, (tx) => setRuleSilence(tx, { projectId, ruleId }, 10));
    await store(database, event());
    expect(await fire(database)).toMatchObject({ fired: 0, silenced: 1, tellings: [] });
    expect(await fired()).toMatchObject([{ silenced: true }]);
  });

  test("of an issue holds for this issue only", async () => {
    const { database, projectId, event, fired } = await prepare();
    await addRule(
      database,
      projectId,
      { condition_type: "issue_events", threshold: 1, window_minutes: 5 },
      { cooldownScope: "issue" },
    );
    const [quiet, loud] = [newFingerprint(), newFingerprint()];
    const { stored } = await store(database, event(quiet));
    const issueId = stored[0]?.issueId ?? "";
    await withTransaction(database, (tx) => setIssueSilence(tx, { projectId, issueId }, 10));
    await store(database, event(quiet), event(loud), event(loud));
    expect(await fire(database)).toMatchObject({ fired: 1, silenced: 1 });
    expect(await fired()).toHaveLength(2);
  });
});

describe("a firing that nobody was told of holds none back", () => {
  const seen = (threshold: number) => ({ condition_type: "issue_events", threshold, window_minutes: 5 }) as const;

  test.each(["rule", "issue"] as const)(
    "of a cooldown by %s: when the silence is over, the next is told",
    async (cooldownScope) => {
      const { database, projectId, event, fired } = await prepare();
      await addRule(database, projectId, seen(0), { cooldownScope });
      const fingerprint = newFingerprint();
      const { stored } = await store(database, event(fingerprint));
      const issue = { projectId, issueId: stored[0]?.issueId ?? "" };
      const again = async (minutes: number) => {
        await withTransaction(database, (tx) => setIssueSilence(tx, issue, minutes));
        await store(database, event(fingerprint));
        await fire(database);
      };
      await again(10);
      await again(10);
      expect((await fired()).map(({ silenced }) => silenced)).toEqual([true]);
      await again(0);
      await again(0);
      expect((await fired()).map(({ silenced }) => silenced)).toEqual([true, false]);
    },
  );

  test("of several issues at once one that is not silent is told of", async () => {
    const { database, projectId, event, fired } = await prepare();
    await addRule(database, projectId, seen(1));
    const [quiet, loud] = [newFingerprint(), newFingerprint()];
    const issueOf = async (fingerprint: string) => {
      const { stored } = await store(database, event(fingerprint), event(fingerprint));
      return stored[0]?.issueId ?? "";
    };
    const issue = { projectId, issueId: await issueOf(quiet) };
    await withTransaction(database, (tx) => setIssueSilence(tx, issue, 10));
    const issueId = await issueOf(loud);
    await fire(database);
    expect(await fired()).toMatchObject([{ issue_id: issueId, silenced: false }]);
  });
});

test("[C-115] beyond so many alerts of a project one digest tells of the others", async () => {
  const { database, projectId, event, fired } = await prepare();
  await addRule(database, projectId, NEW_ISSUE, { cooldownScope: "issue" });
  await store(database, ...Array.from({ length: STORM_ALERTS_MAX + 30 }, () => event()));
  expect(await fire(database)).toMatchObject({ fired: STORM_ALERTS_MAX, held: 30 });
  await store(database, event());
  expect(await fire(database)).toMatchObject({ fired: 0, held: 1 });
  await evaluate(database, Date.now());
  expect(await fired()).toHaveLength(STORM_ALERTS_MAX);

  const afterMs = Date.now() + STORM_WINDOW_SECONDS * 1_000;
  const reports = await Promise.all([evaluate(database, afterMs), evaluate(database, afterMs)]);
  expect(reports.flatMap(({ tellings }) => tellings)).toMatchObject([
    { message: expect.stringContaining("and 31 more") },
  ]);
  expect((await fired()).filter(({ kind }) => kind === "storm")).toMatchObject([{ suppressed: 31 }]);
});
