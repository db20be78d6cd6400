import { execFileSync } from "node:child_process";
import {
  cpSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { JournalEntry } from "./entry.ts";
import { JournalUnavailableError } from "./entry.ts";
import { type Batch, Journal, type JournalOptions, type SequenceRange } from "./journal.ts";
import { decodeRecord, encodeRecord, isRecordAt, recordBytes } from "./record.ts";
import { SEGMENT_HEADER_BYTES } from "./segment.ts";

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "mesher-journal-"));
});
afterEach(() => {
  vi.useRealTimers();
  rmSync(directory, { recursive: true, force: true });
});

const open = (options: Partial<JournalOptions> = {}) =>
  Journal.open({ directory, bytesMax: 64 * 1024 * 1024, log: () => {}, ...options });

function entry(name: string, bodyBytes = 100): JournalEntry {
  const body = Buffer.alloc(bodyBytes, name);
  const eventId = Buffer.from(name.padEnd(16, "_")).toString("hex").slice(0, 32);
  const events = [{ eventId, offset: 0, length: body.length }];
  return { projectId: "p", receivedAtMs: 1_800_000_000_000, source: "sentry", encoding: "identity", events, body };
}

function entriesOf(batch: Batch): JournalEntry[] {
  const entries: JournalEntry[] = [];
  for (let at = 0; at < batch.bytes.length; at += recordBytes(batch.bytes, at))
    entries.push(decodeRecord(batch.bytes, at));
  return entries;
}

const namesOf = (batch: Batch | undefined) =>
  batch === undefined ? [] : entriesOf(batch).map(({ body }) => Buffer.from(body).toString().slice(0, 1));

test("entries come back in the order they were appended, and a reopened journal still has those not done", async () => {
  const first = await open();
  await Promise.all(["a", "b", "c", "d"].map((name) => first.append(entry(name))));
  const batch = await first.lease(2, 1e6);
  expect(namesOf(batch)).toEqual(["a", "b"]);
  await first.close();

  const second = await open();
  expect(second.id).toBe(first.id);
  expect(second.depth).toBe(4);
  expect(namesOf(await second.lease(100, 1e6))).toEqual(["a", "b", "c", "d"]);
  await second.close();
});

test("what the database says was stored is not leased again after a restart", async () => {
  const first = await open();
  for (const name of ["a", "b", "c", "d", "e"]) await first.append(entry(name));
  const batch = await first.lease(1, 1e6);
  const sequence = batch?.firstSequence ?? 0;
  await first.close();

  const second = await open();
  second.skipStored([
    { first: sequence + 3, last: sequence + 3 },
    { first: sequence, last: sequence + 1 },
  ]);
  expect(namesOf(await second.lease(10, 1e6))).toEqual(["c"]);
  expect(namesOf(await second.lease(10, 1e6))).toEqual(["e"]);
  expect(await second.lease(10, 1e6)).toBeUndefined();
  expect(second.depth).toBe(2);
  await second.close();
});

test("a sequence is never used twice, although everything before was done and nothing is left on disk", async () => {
  const used = new Set<number>();
  for (let run = 0; run < 4; run += 1) {
    const journal = await open({ segmentBytes: 2_000 });
    for (let i = 0; i < 10; i += 1) await journal.append(entry("x", 500));
    for (let batch = await journal.lease(1, 1e6); batch; batch = await journal.lease(1, 1e6)) {
      expect(used).not.toContain(batch.firstSequence);
      used.add(batch.firstSequence);
      await journal.done(batch);
    }
    await journal.close();
  }
  expect(used.size).toBe(40);
});

test("a journal that was set back to a copy uses no sequence that was stored since, in no later run either", async () => {
  const first = await open();
  await first.append(entry("a"));
  await first.close();
  const copy = mkdtempSync(join(tmpdir(), "mesher-journal-copy-"));
  cpSync(directory, copy, { recursive: true });
  const stored: SequenceRange[] = [];
  for (let run = 0; run < 3; run += 1) {
    const journal = await open();
    await journal.append(entry("b"));
    for (let batch = await journal.lease(1, 1e6); batch; batch = await journal.lease(1, 1e6))
      stored.push({ first: batch.firstSequence, last: batch.lastSequence });
    await journal.close();
  }

  for (let run = 0; run < 4; run += 1) {
    const journal = await Journal.open({ directory: copy, bytesMax: 1e9, log: () => {} });
    journal.skipStored(stored);
    journal.useNoneOf(stored);
    await journal.append(entry("c"));
    const batch = await journal.lease(1, 1e6);
    expect(namesOf(batch)).toEqual(["c"]);
    stored.push({ first: batch?.firstSequence ?? 0, last: batch?.lastSequence ?? 0 });
    await journal.close();
  }
  rmSync(copy, { recursive: true });
});

test("what waits is as old as it is although the clock of the day is set back", async () => {
  vi.useFakeTimers({ toFake: ["Date", "performance"] });
  const journal = await open();
  await journal.append(entry("a"));
  const batch = await journal.lease(10, 1e6);
  vi.setSystemTime(Date.now() - 3_600_000);
  vi.advanceTimersByTime(5_000);
  expect(journal.lagMs).toBe(5_000);
  await journal.append(entry("b"));
  if (batch !== undefined) await journal.done(batch);
  vi.advanceTimersByTime(3_000);
  expect(journal.lagMs).toBe(3_000);
  await journal.close();
});

test("a file is used again, and what it held in its earlier life is not found in its next", async () => {
  const journal = await open({ segmentBytes: 5_000 });
  for (let i = 0; i < 20; i += 1) await journal.append(entry("a", 500));
  for (let batch = await journal.lease(8, 1e6); batch; batch = await journal.lease(8, 1e6)) await journal.done(batch);
  for (let i = 0; i < 10; i += 1) await journal.append(entry("z", 500));
  expect(readdirSync(directory).filter((name) => name.endsWith(".journal")).length).toBeLessThanOrEqual(4);
  // As a kill would leave it: what is on disk now is all there is.
  const copy = mkdtempSync(join(tmpdir(), "mesher-journal-copy-"));
  cpSync(directory, copy, { recursive: true });
  await journal.close();

  const reopened = await Journal.open({ directory: copy, bytesMax: 1e9, segmentBytes: 5_000, log: () => {} });
  const found: string[] = [];
  for (let batch = await reopened.lease(100, 1e6); batch; batch = await reopened.lease(100, 1e6))
    found.push(...namesOf(batch));
  // In front stand those that are done in a segment that is not; only the database knows of them.
  expect(found.slice(found.indexOf("z")).join("")).toBe("zzzzzzzzzz");
  await reopened.close();
  rmSync(copy, { recursive: true });
});

test("a returned batch is leased again before newer ones, whole or in pieces", async () => {
  await using journal = disposable(await open());
  for (const name of ["a", "b", "c", "d"]) await journal.append(entry(name));
  const batch = await journal.lease(3, 1e6);
  if (batch === undefined) throw new Error("nothing leased");
  const cut = recordBytes(batch.bytes, 0);
  journal.returned(batch, [{ records: 1, offset: cut }]);

  const a = await journal.lease(10, 1e6);
  const bc = await journal.lease(10, 1e6);
  const d = await journal.lease(10, 1e6);
  expect([a, bc, d].map(namesOf)).toEqual([["a"], ["b", "c"], ["d"]]);
  expect(a?.attempts).toBe(1);
  for (const lease of [d, a, bc]) if (lease) await journal.done(lease);
  expect(journal.depth).toBe(0);
});

test("of segments in which everything is done, in whatever order, no more than two stay on disk, for later", async () => {
  await using journal = disposable(await open({ segmentBytes: 2_000 }));
  for (let i = 0; i < 30; i += 1) await journal.append(entry("x", 500));
  const segmentsBefore = readdirSync(directory).filter((name) => name.endsWith(".journal")).length;
  const batches: Batch[] = [];
  for (let batch = await journal.lease(1, 1e6); batch; batch = await journal.lease(1, 1e6)) batches.push(batch);
  expect(batches).toHaveLength(30);
  for (const batch of batches.toReversed()) await journal.done(batch);

  expect(segmentsBefore).toBeGreaterThan(5);
  expect(readdirSync(directory).filter((name) => name.endsWith(".journal")).length).toBeLessThanOrEqual(3);
  expect(journal.bytes).toBeLessThan(2_500);
});

test("segments whose last batches end at the same moment leave alone: what came behind them is still there, and goes to files of its own", async () => {
  await using journal = disposable(await open({ segmentBytes: 2_000 }));
  // Two to a segment: two segments that end, and one that is written to.
  for (let i = 0; i < 5; i += 1) await journal.append(entry("x", 500));
  const first = await journal.lease(2, 1e6);
  const second = await journal.lease(2, 1e6);
  if (first === undefined || second === undefined) throw new Error("nothing leased");
  await Promise.all([journal.done(first), journal.done(second)]);
  expect(journal.depth).toBe(1);

  for (const name of ["a", "b", "c", "d", "e", "f", "g", "h"]) await journal.append(entry(name, 500));
  const names: string[] = [];
  for (let batch = await journal.lease(3, 1e6); batch; batch = await journal.lease(3, 1e6)) {
    names.push(...namesOf(batch));
    await journal.done(batch);
  }
  expect(names.join("")).toBe("xabcdefgh");
  expect(journal.depth).toBe(0);
});

test("a full journal refuses, and takes entries again when there is room", async () => {
  await using journal = disposable(await open({ bytesMax: 10_000, segmentBytes: 1_000 }));
  let taken = 0;
  await expect(async () => {
    for (; taken < 100; taken += 1) await journal.append(entry("x", 900));
  }).rejects.toThrow(JournalUnavailableError);
  expect(taken).toBe(9);

  const batch = await journal.lease(5, 1e6);
  if (batch) await journal.done(batch);
  await journal.append(entry("y", 900));
});

test("an entry as large as the journal leaves room again when it is done", async () => {
  await using journal = disposable(await open({ bytesMax: 10_000, segmentBytes: 1_000 }));
  await journal.append(entry("x", 9_000));
  await expect(journal.append(entry("y", 2_000))).rejects.toThrow(JournalUnavailableError);
  const batch = await journal.lease(5, 1e6);
  if (batch) await journal.done(batch);
  await journal.append(entry("y", 2_000));
});

test("a disk without room refuses the append and goes on when there is room again", async () => {
  if (process.getuid?.() !== 0) return;
  const mount = mkdtempSync(join(tmpdir(), "mesher-small-disk-"));
  execFileSync("mount", ["-t", "tmpfs", "-o", "size=1m", "tmpfs", mount]);
  try {
    const journal = await Journal.open({ directory: mount, bytesMax: 1e9, segmentBytes: 200_000, log: () => {} });
    let taken = 0;
    let refused = 0;
    for (let i = 0; i < 120; i += 1) {
      await journal.append(entry("x", 10_000)).then(
        () => (taken += 1),
        (error: unknown) => {
          expect(error).toBeInstanceOf(JournalUnavailableError);
          refused += 1;
        },
      );
    }
    expect(taken).toBeGreaterThan(50);
    expect(refused).toBeGreaterThan(0);

    let seen = 0;
    for (let batch = await journal.lease(1_000, 1e6); batch; batch = await journal.lease(1_000, 1e6)) {
      seen += entriesOf(batch).length;
      await journal.done(batch);
    }
    expect(seen).toBe(taken);
    await journal.append(entry("y", 10_000));
    await journal.close();

    const reopened = await Journal.open({ directory: mount, bytesMax: 1e9, log: () => {} });
    expect(reopened.depth).toBe(1);
    await reopened.close();
  } finally {
    execFileSync("umount", [mount]);
    rmSync(mount, { recursive: true });
  }
});

/** The oldest file, as if the disk could not read what lies behind its header. Gives back how to mend that. */
function harmOldestFile(): () => void {
  const path = join(directory, readdirSync(directory).filter((name) => name.endsWith(".journal"))[0] ?? "");
  const whole = readFileSync(path);
  truncateSync(path, SEGMENT_HEADER_BYTES);
  return () => writeFileSync(path, whole);
}

test("a segment that cannot be read keeps no other back; it is told of, left alone for a while, and read again", async () => {
  const told: string[] = [];
  await using journal = disposable(await open({ segmentBytes: 600, log: (message) => told.push(message) }));
  for (const name of ["a", "b", "c", "d", "e", "f"]) await journal.append(entry(name));
  const mend = harmOldestFile();
  vi.useFakeTimers({ toFake: ["setTimeout"] });
  const names: string[] = [];
  while (journal.isReadable) names.push(...namesOf(await journal.lease(1, 1e6)));
  expect(names).toEqual(["c", "d", "e", "f"]);
  expect(journal.unreadableSegments).toBe(1);
  expect(told).toContain("Journal segment cannot be read; others are, and this one again later");

  mend();
  let isToldReadable = false;
  journal.onReadable = () => {
    isToldReadable = true;
  };
  vi.advanceTimersByTime(60_000);
  vi.useRealTimers();
  expect(isToldReadable).toBe(true);
  expect(namesOf(await journal.lease(1, 1e6))).toEqual(["a"]);
  expect(journal.unreadableSegments).toBe(0);
});

test("what came back and cannot be read any more lets what is newer go first; if there is nothing else the lease fails", async () => {
  await using journal = disposable(await open({ segmentBytes: 600 }));
  await journal.append(entry("a"));
  const batch = await journal.lease(1, 1e6);
  if (batch === undefined) throw new Error("nothing leased");
  journal.returned(batch);
  const mend = harmOldestFile();
  await expect(journal.lease(1, 1e6)).rejects.toThrow("ends at byte");
  expect(journal.isReadable).toBe(false);
  mend();
  for (const name of ["b", "c", "d"]) await journal.append(entry(name, 500));
  expect(namesOf(await journal.lease(1, 1e6))).toEqual(["b"]);
});

test("a file that the disk cannot read when the journal is opened stays where it is, is told of, and keeps nothing else back", async () => {
  const first = await open();
  await first.append(entry("a"));
  await first.close();
  // Linux has no pages there, and says so as a broken disk does: EIO.
  const [path, origin] = [join(directory, "000000000007.journal"), "/proc/self/mem"];
  symlinkSync(origin, path);
  const told: unknown[] = [];
  await using journal = disposable(await open({ log: (message, details) => told.push([message, details]) }));
  expect(journal.unreadableSegments).toBe(1);
  expect(told).toEqual([
    [
      "Journal segment cannot be read; what was accepted into it waits in its file for a start that can",
      { path, error: expect.stringContaining("EIO") },
    ],
  ]);
  await journal.append(entry("b"));
  for (const name of ["a", "b"]) {
    const batch = await journal.lease(10, 1e6);
    expect(namesOf(batch)).toEqual([name]);
    if (batch !== undefined) await journal.done(batch);
  }
  expect(readlinkSync(path)).toBe(origin);
});

test("whatever is cut off or flipped at the end of a segment, all whole records before it are read", async () => {
  const journal = await open();
  for (const name of ["a", "b", "c"]) await journal.append(entry(name));
  await journal.close();
  const [file] = readdirSync(directory).filter((name) => name.endsWith(".journal"));
  const path = join(directory, file ?? "");
  const whole = readFileSync(path);
  const starts = [SEGMENT_HEADER_BYTES];
  while ((starts.at(-1) ?? 0) < whole.length)
    starts.push((starts.at(-1) ?? 0) + recordBytes(whole, starts.at(-1) ?? 0));

  await fc.assert(
    fc.asyncProperty(fc.nat(whole.length - 1), fc.boolean(), async (at, flip) => {
      const harmed = flip ? Buffer.from(whole) : whole.subarray(0, at);
      if (flip) harmed[at] = (harmed[at] ?? 0) ^ 0xff;
      writeFileSync(path, harmed);
      const reopened = await open();
      const unharmed = at < 20 ? 0 : Math.max(0, starts.filter((start) => start <= at).length - 1);
      expect(reopened.depth).toBe(flip && at >= 20 && at < SEGMENT_HEADER_BYTES ? starts.length - 1 : unharmed);
      // An emptied segment is removed at once; put it back for the next run.
      await reopened.close();
    }),
    { numRuns: 60 },
  );
});

test("a record survives encoding", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 500 }), fc.string(), (body, userAgent) => {
      const original = { ...entry("r"), userAgent, body };
      const bytes = Buffer.concat(encodeRecord(original));
      expect(isRecordAt(bytes, 0)).toBe(true);
      const decoded = decodeRecord(bytes, 0);
      expect({ ...decoded, body: [...decoded.body] }).toEqual({ ...original, body: [...body] });
    }),
  );
});

function disposable(journal: Journal): Journal & AsyncDisposable {
  return Object.assign(journal, { [Symbol.asyncDispose]: () => journal.close() });
}
