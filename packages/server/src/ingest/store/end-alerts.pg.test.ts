import type { AlertAction } from "@mesher/protocol";
import { testDatabase } from "@mesher/testkit";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { RuleSettings } from "../../alerts/alert-rule.ts";
import { listRules } from "../../alerts/alert-rules.queries.ts";
import { changeRule, removeRule } from "../../alerts/alert-rules.ts";
import { createTestPerson } from "../../deliveries/deliveries-testing.ts";
import { savePreferences } from "../../deliveries/preferences.queries.ts";
import { ensurePartitions } from "../../events/partitions.ts";
import type { Actor } from "../../organizations/access.ts";
import { addDestination, addRule, evaluate, listFired, listTold } from "./alerts-testing.ts";
import { createTestProject, eventOf, newFingerprint, store } from "./store-testing.ts";

let db: Awaited<ReturnType<typeof testDatabase>>;
beforeEach(async () => {
  db = await testDatabase();
  await ensurePartitions(db.database, [Date.now()]);
});
afterEach(() => db[Symbol.asyncDispose]());

const MANY = { condition_type: "threshold", threshold: 0, window_minutes: 1_440 } as const;

async function prepare() {
  const { database } = db;
  const { projectId } = await createTestProject(database);
  return {
    projectId,
    addRule: () => addRule(database, projectId, MANY),
    receive: () => store(database, eventOf(projectId, newFingerprint())),
    /** Of a rule that is switched off. */
    addEnded: async (count: number) => {
      const ruleId = await addRule(database, projectId, MANY, { enabled: false });
      await database.query({
        text: `
          insert into alerts (project_id, rule_id, kind, message, condition_snapshot, triggered_at)
          select $1, $2, 'fired', n::text, '{}', now() from generate_series(1, $3::integer) n`,
        values: [projectId, ruleId, count],
      });
    },
    /** How many alerts have which status. */
    statuses: async () => {
      const byStatus = Map.groupBy(await listFired(database, projectId), ({ status }) => status);
      return Object.fromEntries([...byStatus].map(([status, { length }]) => [status, length]));
    },
    /** Nothing can be written into the timelines of this project's alerts any more, of these kinds. */
    refuse: (...kinds: readonly string[]) =>
      database.query({
        text: `alter table alert_activity add constraint refuse check
          (project_id <> '${projectId}' or kind not in (${kinds.map((kind) => `'${kind}'`).join()})) not valid`,
      }),
  };
}

/** A rule that has told a destination and a person of one alert. */
async function prepareTold() {
  const { database } = db;
  const { organizationId, projectId } = await createTestProject(database);
  const { userId } = await createTestPerson(database, "Ann");
  await database.query({
    text: "insert into organization_members (organization_id, user_id) values ($1, $2)",
    values: [organizationId, userId],
  });
  const to = async (name: string): Promise<AlertAction> => ({
    type: "destination",
    destination_id: await addDestination(database, organizationId, name),
  });
  const action = [await to("pager"), { type: "people", who: "members" } as const];
  const ruleId = await addRule(database, projectId, MANY, { action });
  await store(database, eventOf(projectId, newFingerprint()));
  await evaluateNow();
  const actor: Actor = { kind: "token", organizationId, role: "owner", name: "test", scopes: [], isOperator: false };
  return {
    organizationId,
    projectId,
    userId,
    change: async (settings: Partial<RuleSettings>) => {
      await changeRule(database, actor, ruleId, (rule) => ({ ...rule, ...settings }));
    },
    to,
    remove: () => removeRule(database, actor, ruleId),
    rules: () => listRules(database, projectId),
    fired: () => listFired(database, projectId),
    receiversOf: async (kind: string) =>
      (await listTold(database, projectId))
        .filter((told) => told.kind === kind)
        .map(({ receiver }) => receiver)
        .sort(),
  };
}

const evaluateNow = () => evaluate(db.database, Date.now());

test("alerts that cannot be ended take back none that fires", async () => {
  const [broken, other] = [await prepare(), await prepare()];
  await broken.addEnded(2);
  await broken.refuse("resolved");
  for (const { addRule: add, receive } of [broken, other]) {
    await add();
    await receive();
  }
  await expect(evaluateNow()).rejects.toThrow("refuse");
  expect(await broken.statuses()).toEqual({ active: 3 });
  expect(await other.statuses()).toEqual({ active: 1 });
});

test("a project whose alerts cannot be fired or ended keeps no other one waiting", async () => {
  const [broken, other] = [await prepare(), await prepare()];
  await broken.refuse("fired", "resolved");
  for (const { addEnded, addRule: add, receive } of [broken, other]) {
    await addEnded(2);
    await add();
    await receive();
  }
  await expect(evaluateNow()).rejects.toThrow("refuse");
  expect(await broken.statuses()).toEqual({ active: 2 });
  expect(await other.statuses()).toEqual({ active: 1, resolved: 2 });
});

test("what has ended is kept, although a later one of the same project cannot", async () => {
  const project = await prepare();
  await project.addEnded(60);
  const { rows } = await db.database.query<{ id: string }>({ text: "select id from alerts order by id desc limit 1" });
  await db.database.query({
    text: `alter table alert_activity add constraint refuse check (alert_id <> '${rows[0]?.id}') not valid`,
  });
  await expect(evaluateNow()).rejects.toThrow("refuse");
  expect(await project.statuses()).toEqual({ active: 1, resolved: 59 });
});

test("more alerts than fit into one transaction end in one run", async () => {
  const project = await prepare();
  await project.addEnded(130);
  await evaluateNow();
  expect(await project.statuses()).toEqual({ resolved: 130 });
});

describe("those who were told of an alert are told of its end", () => {
  test("although its rule names others now", async () => {
    const { change, to, receiversOf } = await prepareTold();
    expect(await receiversOf("fired")).toEqual(["Ann", "pager"]);
    await change({ action: await to("chat"), enabled: false });
    await evaluateNow();
    expect(await receiversOf("resolved")).toEqual(["Ann", "pager"]);
  });

  test("although its rule is deleted, which nobody sees any more at once", async () => {
    const { remove, rules, receiversOf, fired } = await prepareTold();
    expect(await remove()).toBe(true);
    expect(await rules()).toEqual([]);
    expect(await remove()).toBe(false);
    await evaluateNow();
    expect(await receiversOf("resolved")).toEqual(["Ann", "pager"]);
    await evaluateNow();
    expect(await fired()).toEqual([]);
  });

  test("although they want to hear of what is assigned to them only, now; but not who wants to hear nothing", async () => {
    const { organizationId, userId, change, receiversOf } = await prepareTold();
    await savePreferences(db.database, { organizationId, userId }, { onlyAssigned: true });
    await change({ enabled: false });
    await evaluateNow();
    expect(await receiversOf("resolved")).toEqual(["Ann", "pager"]);

    const other = await prepareTold();
    await savePreferences(db.database, other, { mode: "mute" });
    await other.change({ enabled: false });
    await evaluateNow();
    expect(await other.receiversOf("resolved")).toEqual(["pager"]);
  });

  test("by the rule as it is, where a node of the version before told them", async () => {
    const { projectId, change, receiversOf } = await prepareTold();
    await db.database.query({ text: "update alerts set told = null where project_id = $1", values: [projectId] });
    await change({ enabled: false });
    await evaluateNow();
    expect(await receiversOf("resolved")).toEqual(["Ann", "pager"]);
  });
});
