import { randomUUID } from "node:crypto";
import type { AlertAction } from "@mesher/protocol";
import { testDatabase } from "@mesher/testkit";
import { afterAll, beforeAll, expect, test } from "vitest";
import { deleteRule, setRuleSilence } from "../../alerts/alert-rules.queries.ts";
import { fireAlerts } from "../../alerts/fire.ts";
import { listRulesById } from "../../alerts/firing-rules.queries.ts";
import { STORM_ALERTS_MAX, STORM_WINDOW_SECONDS } from "../../alerts/storms.queries.ts";
import { withTransaction } from "../../db/transaction.ts";
import { ensurePartitions } from "../../events/partitions.ts";
import { addDestination, addRule, evaluate, listFired, listTold } from "./alerts-testing.ts";
import { createTestProject } from "./store-testing.ts";

let db: Awaited<ReturnType<typeof testDatabase>>;
beforeAll(async () => {
  db = await testDatabase();
  await ensurePartitions(db.database, [Date.now()]);
});
afterAll(() => db[Symbol.asyncDispose]());

const NOW = Date.now();
const AFTER_THE_WINDOW = NOW + STORM_WINDOW_SECONDS * 1_000;

async function prepare() {
  const { database } = db;
  const { organizationId, projectId } = await createTestProject(database);
  const destination = async (name: string): Promise<AlertAction> => ({
    type: "destination",
    destination_id: await addDestination(database, organizationId, name),
  });
  const noisyAction = await destination("chat");
  const pagerAction = await destination("pager");
  return {
    noisy: await addRule(
      database,
      projectId,
      { condition_type: "new_issue" },
      { name: "Noisy", cooldownScope: "issue", action: noisyAction },
    ),
    pager: await addRule(
      database,
      projectId,
      { condition_type: "issue_events", threshold: 5, window_minutes: 5 },
      { name: "Pager", cooldownScope: "issue", action: pagerAction },
    ),
    /** So many times, each about an issue of its own. */
    fire: (ruleId: string, times = 1, nowMs = NOW) =>
      withTransaction(database, async (tx) => {
        const [rule] = await listRulesById(tx, [{ projectId, ruleId }]);
        if (rule === undefined) throw new Error("there is no such rule");
        const candidates = Array.from({ length: times }, () => ({ rule, issueId: randomUUID(), occurrences: 1 }));
        return fireAlerts(tx, candidates, nowMs);
      }),
    silence: (ruleId: string) => withTransaction(database, (tx) => setRuleSilence(tx, { projectId, ruleId }, 60)),
    remove: (ruleId: string) => withTransaction(database, (tx) => deleteRule(tx, { projectId, ruleId })),
    /** What streams are told when this project's window is over. */
    end: async () => {
      const { tellings } = await evaluate(database, AFTER_THE_WINDOW);
      return tellings.filter(({ project_id }) => project_id === projectId).map(({ rule_name: name }) => name);
    },
    told: () => listTold(database, projectId),
    fired: () => listFired(database, projectId),
  };
}

test("[C-115] a rule that fires again and again keeps no other one quiet", async () => {
  const { fire, noisy, pager, told } = await prepare();
  expect(await fire(noisy, STORM_ALERTS_MAX + 5)).toMatchObject({ fired: STORM_ALERTS_MAX, held: 5 });
  expect(await fire(pager)).toMatchObject({ fired: 1, held: 0 });
  expect(await fire(pager)).toMatchObject({ fired: 0, held: 1 });
  expect((await told()).filter(({ receiver }) => receiver === "pager")).toEqual([{ receiver: "pager", kind: "fired" }]);
});

test("[C-115] of what a storm held back each rule's own receivers are told, how much it was of theirs", async () => {
  const { end, fire, noisy, pager, told, fired } = await prepare();
  await fire(noisy, STORM_ALERTS_MAX);
  await fire(pager, 3);
  await fire(noisy, 1);
  await end();
  const digests = (await fired()).filter(({ kind }) => kind === "storm");
  expect(digests.map(({ suppressed }) => suppressed).sort((a, b) => a - b)).toEqual([1, 2]);
  expect((await told()).filter(({ kind }) => kind === "storm").sort(byReceiver)).toEqual([
    { receiver: "chat", kind: "storm" },
    { receiver: "pager", kind: "storm" },
  ]);
});

test("[C-115] a window that is over leaves nothing to the next: the first of each rule is told again", async () => {
  const { end, fire, noisy, pager } = await prepare();
  await fire(noisy, STORM_ALERTS_MAX + 1);
  await fire(pager);
  await end();
  expect(await fire(noisy, STORM_ALERTS_MAX, AFTER_THE_WINDOW + 1)).toMatchObject({ fired: STORM_ALERTS_MAX, held: 0 });
  expect(await fire(pager, 2, AFTER_THE_WINDOW + 2)).toMatchObject({ fired: 1, held: 1 });

  const quiet = await prepare();
  await quiet.fire(quiet.noisy);
  await quiet.fire(quiet.pager, STORM_ALERTS_MAX, AFTER_THE_WINDOW);
  expect(await quiet.fire(quiet.noisy, 2, AFTER_THE_WINDOW + 1)).toMatchObject({ fired: 1, held: 1 });
});

test("a window that a clock far ahead began does not stay open until then", async () => {
  const { fire, noisy, end, fired } = await prepare();
  await fire(noisy, STORM_ALERTS_MAX + 1, NOW + 6 * 3_600_000);
  expect(await end()).toEqual(["Noisy"]);
  expect((await fired()).filter(({ kind }) => kind === "storm")).toMatchObject([{ suppressed: 1 }]);
  expect(await fire(noisy, STORM_ALERTS_MAX, AFTER_THE_WINDOW)).toMatchObject({ held: 0 });
});

test("firings in silence take no room in a storm, and are all written down", async () => {
  const { fire, noisy, pager, silence, told, fired } = await prepare();
  await silence(noisy);
  expect(await fire(noisy, STORM_ALERTS_MAX + 5)).toMatchObject({ fired: 0, silenced: STORM_ALERTS_MAX + 5, held: 0 });
  expect(await fire(pager, STORM_ALERTS_MAX)).toMatchObject({ fired: STORM_ALERTS_MAX, held: 0 });
  expect((await told()).filter(({ receiver }) => receiver === "chat")).toEqual([]);
  expect(await fired()).toHaveLength(2 * STORM_ALERTS_MAX + 5);
});

test("a rule that is silenced or gone when the window ends tells nobody of what was held, the others do", async () => {
  const { end, fire, noisy, pager, silence, told, fired } = await prepare();
  await fire(noisy, STORM_ALERTS_MAX + 1);
  await fire(pager, 2);
  await silence(noisy);
  expect(await end()).toEqual(["Pager"]);
  expect((await told()).filter(({ kind }) => kind === "storm")).toEqual([{ receiver: "pager", kind: "storm" }]);
  expect((await fired()).filter(({ kind, silenced }) => kind === "storm" && silenced)).toHaveLength(1);

  const other = await prepare();
  await other.fire(other.noisy, STORM_ALERTS_MAX + 1);
  await other.fire(other.pager, 2);
  await other.remove(other.noisy);
  expect(await other.end()).toEqual(["Pager"]);
});

const byReceiver = (one: { readonly receiver: string }, other: { readonly receiver: string }) =>
  one.receiver.localeCompare(other.receiver);
