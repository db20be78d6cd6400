import { randomUUID } from "node:crypto";
import { existsSync, mkdirSync, symlinkSync } from "node:fs";
import { createDataDir, testDatabase, waitUntil } from "@mesher/testkit";
import { expect, test } from "vitest";
import { createLog } from "../../runtime/log.ts";
import { DigestPool } from "../digest/digest-pool.ts";
import type { JournalEntry } from "../journal/entry.ts";
import { claimJournal } from "../journal/journal.queries.ts";
import { Journal } from "../journal/journal.ts";
import { ReplicaStore } from "./replica-store.ts";
import { Takeovers } from "./takeovers.ts";

const log = createLog({ level: "error", format: "json" });
const projectId = randomUUID();
const SEGMENT_BYTES = 64 * 1024;

/** Linux has no pages there, and says so as a broken disk does: EIO. */
const UNREADABLE = "/proc/self/mem";

function entryOf(message: string): JournalEntry {
  const body = Buffer.from(JSON.stringify({ message }));
  const events = [{ eventId: randomUUID().replaceAll("-", ""), offset: 0, length: body.length }];
  return { projectId, receivedAtMs: Date.now(), source: "sentry", encoding: "identity", events, body };
}

/** An owner whose disk is lost, and nodes that keep copies of its journal, begun and not yet looked at. */
async function setUp(nodes: readonly string[], { seesOthers = false } = {}) {
  await using stack = new AsyncDisposableStack();
  const db = stack.use(await testDatabase());
  const place = stack.use(await createDataDir());
  const journal = await Journal.open({ directory: `${place.path}/owner`, bytesMax: 1e9, log: () => {} });
  stack.defer(() => journal.close());
  const keep = async (self: string) => {
    const directory = `${place.path}/${self}`;
    const store = await ReplicaStore.open({ directory, bytesMax: 1e9, segmentBytes: SEGMENT_BYTES });
    const pool = new DigestPool({
      databaseUrl: db.url,
      workers: 1,
      watchedProjects: () => [],
      onTold: () => expect.fail("nobody watches"),
      onWorkerDeath: () => expect.fail("no worker dies"),
      log,
    });
    const takeovers = new Takeovers({
      store,
      database: db.database,
      pool,
      self,
      // The owner is back with another disk.
      isAlive: (node) => node === "owner" || (seesOthers && nodes.includes(node)),
      askOwner: async (node) => ({
        journalId: randomUUID(),
        holders: [],
        storing: kept[nodes.indexOf(node)]?.takeovers.readableJournalIds,
      }),
      onStored: () => {},
      onQuarantined: () => expect.fail("nothing is quarantined"),
      log,
    });
    stack.defer(() => pool.stop());
    stack.defer(() => takeovers.stop());
    /** A copy of all that the journal holds now. */
    const copy = async () => {
      const of = { journal_id: journal.id, term: randomUUID() };
      await store.hear({ kind: "begin", owner: "owner", ...of });
      for (const { segment, bytes } of journal.segments()) {
        const data = (await journal.readSegment(segment, 0, bytes))?.toString("base64");
        await store.hear({ kind: "write", segment, offset: 0, bytes: data, ...of });
      }
    };
    return { store, pool, takeovers, copy };
  };
  const kept: Awaited<ReturnType<typeof keep>>[] = [];
  for (const node of nodes) kept.push(await keep(node));
  const stored = async () =>
    (await db.database.query<{ title: string }>({ text: "select title from events order by title" })).rows.map(
      ({ title }) => title,
    );
  const all = stack.move();
  return { journal, database: db.database, kept, stored, [Symbol.asyncDispose]: () => all.disposeAsync() };
}

type Node = Awaited<ReturnType<typeof setUp>>["kept"][number];

/** Until a node has stored a journal from its copy, while others look after theirs, too. */
async function untilStored(node: Node, ...others: readonly Node[]): Promise<void> {
  await node.pool.start();
  await waitUntil("the copy to be stored", async () => {
    for (const { takeovers } of [...others, node]) takeovers.look();
    return node.takeovers.finished === 1;
  });
}

test("of two nodes that store a journal from their copies at once, the one that has more of it stores what only it has", async () => {
  await using line = await setUp(["b", "c"]);
  const [stale, full] = line.kept;
  if (stale === undefined || full === undefined) throw new Error("two nodes");
  await line.journal.append(entryOf("in both copies"));
  await stale.copy();
  await line.journal.append(entryOf("in one copy only"));
  await full.copy();

  // Claims the journal and cannot store yet; then the other claims it, and is quicker.
  full.takeovers.look();
  await waitUntil("the first claim", async () => full.takeovers.journalIds.length === 1);
  await untilStored(stale);
  expect(await line.stored()).toEqual(["in both copies"]);

  await untilStored(full);
  expect(await line.stored()).toEqual(["in both copies", "in one copy only"]);
  expect([...stale.store.list(), ...full.store.list()]).toEqual([]);
});

test("a copy that is begun anew while the one before is stored keeps its files", async () => {
  await using line = await setUp(["b"]);
  const [node] = line.kept;
  if (node === undefined) throw new Error("one node");
  await line.journal.append(entryOf("first"));
  await node.copy();
  node.takeovers.look();
  await waitUntil("the takeover", async () => node.takeovers.journalIds.length === 1);
  await line.journal.append(entryOf("second"));
  await node.copy();

  await node.pool.start();
  await waitUntil("what was begun anew to be stored", async () => {
    node.takeovers.look();
    return node.takeovers.finished >= 1 && node.store.list().length === 0;
  });
  expect(await line.stored()).toEqual(["first", "second"]);
});

test("a node that cannot open its copy leaves the journal to one that can", async () => {
  await using line = await setUp(["b", "c"], { seesOthers: true });
  const [unable, able] = line.kept;
  if (unable === undefined || able === undefined) throw new Error("two nodes");
  await line.journal.append(entryOf("in both copies"));
  await unable.copy();
  await able.copy();
  // Where it is written which sequences of the journal are used up, before it is opened.
  mkdirSync(`${unable.store.list()[0]?.directory}/identity.json.new`);
  await untilStored(able, unable);
  expect(await line.stored()).toEqual(["in both copies"]);
});

test("a journal claimed by a node that has lost its copy since is stored from another copy", async () => {
  await using line = await setUp(["b", "c"], { seesOthers: true });
  const [bare, able] = line.kept;
  if (bare === undefined || able === undefined) throw new Error("two nodes");
  await line.journal.append(entryOf("in one copy"));
  await able.copy();
  await claimJournal(line.database, line.journal.id, "b");
  await untilStored(able);
  expect(await line.stored()).toEqual(["in one copy"]);
});

test("a journal of which one node cannot read all it has is stored to its end from another copy", async () => {
  await using line = await setUp(["b", "c"], { seesOthers: true });
  const [broken, whole] = line.kept;
  if (broken === undefined || whole === undefined) throw new Error("two nodes");
  await line.journal.append(entryOf("in both copies"));
  await broken.copy();
  await line.journal.append(entryOf("in one copy"));
  await whole.copy();
  symlinkSync(UNREADABLE, `${broken.store.list()[0]?.directory}/000000000009.journal`);
  await broken.pool.start();
  broken.takeovers.look();
  await waitUntil("all that can be read to be stored", async () => broken.takeovers.copies[0]?.waiting === 0);
  await untilStored(whole);
  expect(await line.stored()).toEqual(["in both copies", "in one copy"]);
});

test("a copy of which the disk cannot read a file is stored but for that, and kept", async () => {
  await using line = await setUp(["b"]);
  const [node] = line.kept;
  if (node === undefined) throw new Error("one node");
  await line.journal.append(entryOf("in a file that can be read"));
  await node.copy();
  const [replica] = node.store.list();
  symlinkSync(UNREADABLE, `${replica?.directory}/000000000009.journal`);
  await node.pool.start();
  node.takeovers.look();
  await waitUntil("all that can be read to be stored", async () => node.takeovers.copies[0]?.waiting === 0);
  node.takeovers.look();
  await node.takeovers.stop();
  expect(await line.stored()).toEqual(["in a file that can be read"]);
  expect(node.takeovers.finished).toBe(0);
  expect(existsSync(replica?.directory ?? "")).toBe(true);
});
