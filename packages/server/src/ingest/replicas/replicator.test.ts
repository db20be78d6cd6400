import { truncateSync } from "node:fs";
import { createDataDir, waitUntil } from "@mesher/testkit";
import fc from "fast-check";
import { expect, test } from "vitest";
import { createLog } from "../../runtime/log.ts";
import type { JournalEntry } from "../journal/entry.ts";
import { Journal } from "../journal/journal.ts";
import { decodeRecord, recordBytes } from "../journal/record.ts";
import type { ReplicaMessage } from "./replica-messages.ts";
import { ReplicaStore } from "./replica-store.ts";
import { Replicator, type ReplicatorOptions } from "./replicator.ts";

const SEGMENT_BYTES = 4_000;
const log = createLog({ level: "error", format: "json" });

function entryOf(name: string, bodyBytes = 300): JournalEntry {
  const body = Buffer.alloc(bodyBytes, name);
  const events = [{ eventId: Buffer.from(name.padEnd(16, "_")).toString("hex").slice(0, 32), offset: 0, length: 1 }];
  return { projectId: "p", receivedAtMs: 1, source: "sentry", encoding: "identity", events, body };
}

/** An owner with its journal, and peers that keep copies. */
async function setUp(peers: readonly string[], more: Partial<ReplicatorOptions> = {}) {
  await using stack = new AsyncDisposableStack();
  const place = stack.use(await createDataDir());
  const open = (directory: string) =>
    Journal.open({ directory, bytesMax: 1e9, segmentBytes: SEGMENT_BYTES, log: () => {} });
  const directory = `${place.path}/own`;
  const journal = await open(directory);
  stack.defer(() => journal.close());
  const stores = new Map<string, ReplicaStore>();
  for (const peer of peers) {
    stores.set(
      peer,
      await ReplicaStore.open({ directory: `${place.path}/${peer}`, bytesMax: 1e9, segmentBytes: SEGMENT_BYTES }),
    );
  }
  const alive = new Set(peers);
  const tell = async (peer: string, message: ReplicaMessage) => {
    if (!alive.has(peer)) throw new Error(`${peer} is dead`);
    return stores.get(peer)?.hear(JSON.parse(JSON.stringify(message)));
  };
  const replicator = new Replicator({ journal, self: "a", wanted: 1, peers: () => [...alive], tell, log, ...more });
  await replicator.start();
  /** What a node that takes the copy over would find in it. */
  const readCopy = async (peer: string): Promise<string> => {
    const store = stores.get(peer);
    const replica = store?.list()[0];
    if (store === undefined || replica === undefined) return "no copy";
    await store.seal(replica);
    const copy = await open(replica.directory);
    expect(copy.id).toBe(journal.id);
    const names: string[] = [];
    for (let batch = await copy.lease(100, 1e6); batch; batch = await copy.lease(100, 1e6))
      for (let at = 0; at < batch.bytes.length; at += recordBytes(batch.bytes, at))
        names.push(String.fromCharCode(decodeRecord(batch.bytes, at).body[0] ?? 0));
    await copy.close();
    return names.join("");
  };
  const all = stack.move();
  return { directory, journal, replicator, stores, alive, readCopy, [Symbol.asyncDispose]: () => all.disposeAsync() };
}

test("what is answered for is in the copy, what was there before as well, across many segments", async () => {
  await using line = await setUp(["b"]);
  // A second replicator begins its copy late.
  line.alive.clear();
  line.replicator.adjust();
  for (let i = 0; i < 30; i += 1) await line.journal.append(entryOf("x"));
  line.alive.add("b");
  await waitUntil("a complete copy", async () => {
    line.replicator.adjust();
    return line.replicator.state.state === "complete";
  });
  for (let i = 0; i < 30; i += 1) await line.journal.append(entryOf("y"));
  expect(await line.readCopy("b")).toBe("x".repeat(30) + "y".repeat(30));
});

test("a copy begun while entries are appended misses none of them", async () => {
  await using line = await setUp(["b"]);
  const names = Array.from({ length: 120 }, (_, n) => String.fromCharCode(97 + (n % 26)));
  for (let from = 0; from < names.length; from += 8)
    await Promise.all(names.slice(from, from + 8).map((name) => line.journal.append(entryOf(name))));
  await waitUntil("a complete copy", async () => line.replicator.state.state === "complete");
  expect((await line.readCopy("b")).split("").sort().join("")).toBe(names.sort().join(""));
});

test("what is stored leaves the copy: it takes no more than what waits, and two files for later", async () => {
  await using line = await setUp(["b"]);
  await waitUntil("a complete copy", async () => line.replicator.state.state === "complete");
  for (let round = 0; round < 10; round += 1) {
    for (let i = 0; i < 20; i += 1) await line.journal.append(entryOf("x"));
    for (let batch = await line.journal.lease(5, 1e6); batch; batch = await line.journal.lease(5, 1e6))
      await line.journal.done(batch);
  }
  await line.journal.append(entryOf("z"));
  await waitUntil("the copy to shrink", async () => (line.stores.get("b")?.bytes ?? Infinity) <= 2 * SEGMENT_BYTES);
  expect(await line.readCopy("b")).toMatch(/^x*z$/);
});

test("a segment that this disk cannot read keeps nothing else out of the copy", async () => {
  await using line = await setUp(["b"]);
  line.alive.clear();
  line.replicator.adjust();
  for (let i = 0; i < 30; i += 1) await line.journal.append(entryOf("x"));
  truncateSync(`${line.directory}/000000000001.journal`, 0);
  line.alive.add("b");
  await waitUntil("a complete copy", async () => {
    line.replicator.adjust();
    return line.replicator.state.state === "complete";
  });
  await line.journal.append(entryOf("y"));
  expect(await line.readCopy("b")).toMatch(/^x+y$/);
});

test("a peer that dies costs no answer, and another one gets a whole copy", async () => {
  await using line = await setUp(["b", "c"]);
  await waitUntil("a complete copy", async () => line.replicator.state.state === "complete");
  for (let i = 0; i < 20; i += 1) await line.journal.append(entryOf("x"));
  expect(line.replicator.holders).toEqual(["b"]);
  line.alive.delete("b");
  for (let i = 0; i < 20; i += 1) await line.journal.append(entryOf("y"));
  await waitUntil("a complete copy elsewhere", async () => {
    line.replicator.adjust();
    return line.replicator.state.holders[0]?.node === "c" && line.replicator.state.state === "complete";
  });
  for (let i = 0; i < 5; i += 1) await line.journal.append(entryOf("z"));
  expect(await line.readCopy("c")).toBe("x".repeat(20) + "y".repeat(20) + "z".repeat(5));
});

test("without a peer entries are accepted, and the state says that they are degraded", async () => {
  await using line = await setUp([]);
  await line.journal.append(entryOf("x"));
  expect(line.replicator.state).toEqual({ wanted: 1, state: "degraded", holders: [] });
  expect(line.replicator.degradedWrites).toBe(1);
});

test("late words of an earlier term change nothing, and what is no message is refused", async () => {
  await using line = await setUp(["b"]);
  await waitUntil("a complete copy", async () => line.replicator.state.state === "complete");
  await line.journal.append(entryOf("x"));
  const store = line.stores.get("b");
  const late = { kind: "write", journal_id: line.journal.id, term: "earlier", segment: 1, offset: 0, bytes: "AAAA" };
  await expect(store?.hear(late)).rejects.toThrow("no such copy");
  await fc.assert(
    fc.asyncProperty(fc.jsonValue(), async (value) => {
      await expect(store?.hear(value)).rejects.toThrow(TypeError);
    }),
    { numRuns: 50 },
  );
  expect(await line.readCopy("b")).toBe("x");
});
