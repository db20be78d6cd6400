import { testDatabase } from "@mesher/testkit";
import { afterEach, beforeEach, expect, test } from "vitest";
import { ensurePartitions } from "../../events/partitions.ts";
import { addRule, evaluate, listFired } from "./alerts-testing.ts";
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
