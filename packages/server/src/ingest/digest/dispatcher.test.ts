import { createDataDir, waitUntil } from "@mesher/testkit";
import { expect, test } from "vitest";
import type { JournalEntry } from "../journal/entry.ts";
import { Journal } from "../journal/journal.ts";
import { decodeRecord, recordBytes } from "../journal/record.ts";
import type { DigestResult } from "./digest-worker.ts";
import { Dispatcher } from "./dispatcher.ts";

/** The numbers of a batch's entries. */
type Digest = (entries: readonly number[]) => DigestResult;

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

/** A journal of so many entries, and threads of which it is known what becomes of a batch. */
async function dispatch(count: number, digest: Digest) {
  await using stack = new AsyncDisposableStack();
  const dataDir = stack.use(await createDataDir());
  const journal = await Journal.open({ directory: dataDir.path, bytesMax: 1e9, log: () => {} });
  stack.defer(() => journal.close());
  for (const n of numbersTo(count)) await journal.append(entryOf(n));
  const seen = { batches: [] as number[][], stored: [] as number[], quarantined: [] as string[], wasAway: false };
  const dispatcher: Dispatcher = new Dispatcher({
    journal,
    epoch: 1,
    pool: {
      hasRoom: true,
      reinforce: () => {},
      onRoom: () => () => {},
      digest: async ({ bytes }) => {
        const entries = entriesOf(bytes);
        const result = digest(entries);
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
