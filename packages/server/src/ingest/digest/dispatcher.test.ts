import { createDataDir, waitUntil } from "@mesher/testkit";
import { expect, test } from "vitest";
import { Turns } from "../../runtime/turns.ts";
import type { JournalEntry } from "../journal/entry.ts";
import { JournalFencedError } from "../journal/journal.queries.ts";
import { Journal } from "../journal/journal.ts";
import { decodeRecord, recordBytes } from "../journal/record.ts";
import type { DigestResult } from "./digest-worker.ts";
import { Dispatcher, type DispatcherOptions } from "./dispatcher.ts";

/** `entries`: the numbers of a batch's. `epoch`: under which it is to be stored. */
type Digest = (entries: readonly number[], epoch: number) => DigestResult | Promise<DigestResult>;

const NO_LOG = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
const OTHERS = { outcomes: [], newIssues: 0, regressions: 0, signals: 0 };
const stored = (entries: readonly number[]): DigestResult => ({
  kind: "stored",
  ticket: 1,
  stored: entries.length,
  ...OTHERS,
});
const numbersTo = (count: number) => Array.from({ length: count }, (_, n) => n);

function entryOf(n: number): JournalEntry {
  const body = Buffer.from(String(n));
  const events = [{ eventId: String(n), offset: 0, length: body.length }];
  return { projectId: "p", receivedAtMs: Date.now(), source: "sentry", encoding: "identity", events, body };
}

function entriesOf(bytes: Uint8Array): number[] {
  const records = Buffer.from(bytes);
  const entries: number[] = [];
  for (let offset = 0; offset < records.length; offset += recordBytes(records, offset))
    entries.push(Number(Buffer.from(decodeRecord(records, offset).body)));
  return entries;
}

/** What another node's claim makes of a batch. */
const fenced: DigestResult = { kind: "failed", ticket: 1, fault: "fenced", error: "JournalFencedError" };

/** A journal of so many entries, and threads of which it is known what becomes of a batch. */
async function dispatch(count: number, digest: Digest, more: Partial<DispatcherOptions> = {}) {
  await using stack = new AsyncDisposableStack();
  const dataDir = stack.use(await createDataDir());
  const journal = await Journal.open({ directory: dataDir.path, bytesMax: 1e9, log: () => {} });
  stack.defer(() => journal.close());
  await Promise.all(numbersTo(count).map((n) => journal.append(entryOf(n))));
  const seen = { batches: [] as number[][], stored: [] as number[], quarantined: [] as string[], wasAway: false };
  const dispatcher: Dispatcher = new Dispatcher({
    journal,
    epoch: 1,
    pool: {
      hasRoom: true,
      reinforce: () => {},
      onRoom: () => () => {},
      digest: async ({ bytes, epoch }) => {
        const entries = entriesOf(bytes);
        const result = await digest(entries, epoch);
        seen.wasAway ||= dispatcher.isDatabaseAway;
        seen.batches.push(entries);
        if (result.kind === "stored") seen.stored.push(...entries);
        return result;
      },
    },
    quarantine: async ({ reason }) => void seen.quarantined.push(reason),
    onStored: () => {},
    onFenced: async () => undefined,
    log: NO_LOG,
    ...more,
  });
  await dispatcher.start();
  stack.defer(() => dispatcher.abandon());
  await waitUntil("the journal to be empty", async () => journal.depth === 0);
  return seen;
}

test("a batch whose worker dies, and none of its entries is to blame, is tried once more, then in halves", async () => {
  const seen = await dispatch(100, (entries) =>
    entries.length > 10 ? { kind: "died", reason: "did not answer for a batch" } : stored(entries),
  );
  expect(seen.stored.toSorted((a, b) => a - b)).toEqual(numbersTo(100));
  expect(seen.batches.map(({ length }) => length).slice(0, 4)).toEqual([100, 100, 50, 50]);
  expect(seen.quarantined).toEqual([]);
});

test("an entry alone whose worker dies again and again, though it was not being digested, is quarantined; others come before it", async () => {
  const seen = await dispatch(5, (entries) =>
    entries.includes(2) ? { kind: "died", reason: "did not answer for a batch" } : stored(entries),
  );
  expect(seen.stored.toSorted((a, b) => a - b)).toEqual([0, 1, 3, 4]);
  expect(seen.quarantined).toEqual(["10 workers died while they had it alone: did not answer for a batch"]);
});

test("a batch that is too large to digest is tried again in halves, and the database is not taken for away", async () => {
  const seen = await dispatch(100, (entries) =>
    entries.length > 10
      ? { kind: "failed", ticket: 1, fault: "too_large", error: "BatchTooLargeError" }
      : stored(entries),
  );
  expect(seen.stored.toSorted((a, b) => a - b)).toEqual(numbersTo(100));
  expect(seen.wasAway).toBe(false);
  expect(seen.quarantined).toEqual([]);
});

test("a node whose journal another has claimed claims it back once, though a batch is under way whenever one is fenced", async () => {
  let claimed = 2;
  let [begun, ended, storedEntries] = [0, 0, 0];
  const thread = new Turns();
  const seen = await dispatch(
    5_000,
    async (entries, epoch) => {
      begun += 1;
      return thread.take(async () => {
        // It is digested until the next one waits for the thread, if there is any.
        await waitUntil("the next batch", async () => begun > ended + 1 || storedEntries + entries.length === 5_000);
        ended += 1;
        if (epoch !== claimed) return fenced;
        storedEntries += entries.length;
        return stored(entries);
      });
    },
    {
      onFenced: async () => {
        claimed += 1;
        return claimed;
      },
    },
  );
  expect(seen.stored.toSorted((a, b) => a - b)).toEqual(numbersTo(5_000));
  expect(claimed).toBe(3);
});

test("an entry that cannot be quarantined because another node has claimed the journal is that node's", async () => {
  let isClaimedBack = false;
  const quarantined: string[] = [];
  const seen = await dispatch(1, () => ({ kind: "failed", ticket: 1, fault: "entry", error: "23502" }), {
    quarantine: async ({ reason }) => {
      if (!isClaimedBack) throw new JournalFencedError("the journal was claimed by another node");
      quarantined.push(reason);
    },
    onFenced: async () => {
      isClaimedBack = true;
      return 2;
    },
  });
  expect(seen.batches).toEqual([[0], [0]]);
  expect(quarantined).toEqual(["23502"]);
});
