/**
 * How fast the journal takes entries and hands them out, beside what the disk does with the same bytes.
 *
 *     npm run bench:journal -- [--seconds 2]
 */
import { randomBytes, randomUUID } from "node:crypto";
import { join } from "node:path";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { parseArgs } from "node:util";
import { createDataDir } from "@mesher/testkit";
import type { JournalEntry } from "../packages/server/src/ingest/journal/entry.ts";
import { Journal } from "../packages/server/src/ingest/journal/journal.ts";
import { type DiskRate, measureDisk, quantile } from "./disk.ts";

const HELP = `How fast the journal takes entries and hands them out.

  npm run bench:journal -- [--seconds N]   How long each measurement lasts. Default: 2.
`;

/** What an event of 2, 10 and 50 KB takes when it is compressed, about; and one that is not. */
const BODY_BYTES = [1_024, 13 * 1_024, 50 * 1_024];
const IN_FLIGHT = [1, 64, 512];

/** As the dispatcher leases. */
const LEASE_RECORDS = 1_000;
const LEASE_BYTES = 4 * 1024 * 1024;

interface AppendFigures {
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly loopDelayMaxMs: number;
  readonly microsecondsCpu: number;
}

interface LeaseFigures {
  readonly perSecond: number;
  readonly mebibytesPerSecond: number;
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: { seconds: { type: "string", default: "2" }, help: { type: "boolean", short: "h", default: false } },
  });
  if (values.help) {
    process.stdout.write(HELP);
    return;
  }
  const seconds = Number(values.seconds);
  if (!(seconds > 0)) throw new Error(`--seconds ${values.seconds}: expected a positive number`);

  console.log(row("body", "in flight", "appends/s", "p50 ms", "p99 ms", "µs CPU", "max stall ms"));
  for (const bytes of BODY_BYTES) {
    await using directory = await createDataDir("mesher-bench-");
    const disk = measureDisk(directory.path, bytes, seconds);
    for (const inFlight of IN_FLIGHT) {
      await using place = await createDataDir("mesher-bench-");
      const journal = await openJournal(place.path);
      const appended = await measureAppends(journal, bytes, inFlight, seconds);
      console.log(rowOfAppends(bytes, inFlight, appended));
      if (inFlight === IN_FLIGHT.at(-1)) console.log(rowOfLeases(bytes, await measureLeases(journal)));
      await journal.close();
    }
    console.log(rowOfDisk(bytes, disk));
  }
}

function openJournal(directory: string): Promise<Journal> {
  return Journal.open({ directory: join(directory, "journal"), bytesMax: Number.MAX_SAFE_INTEGER, log: console.error });
}

/** So many clients, each of which appends again when its last entry is on disk. */
async function measureAppends(
  journal: Journal,
  bytes: number,
  inFlight: number,
  seconds: number,
): Promise<AppendFigures> {
  const body = randomBytes(bytes);
  const times: number[] = [];
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  const cpuBefore = process.cpuUsage();
  const startedAt = performance.now();
  const endsAt = startedAt + seconds * 1000;
  await Promise.all(
    Array.from({ length: inFlight }, async () => {
      for (let from = performance.now(); from < endsAt; ) {
        await journal.append(entryOf(body));
        const to = performance.now();
        times.push(to - from);
        from = to;
      }
    }),
  );
  const elapsedMs = performance.now() - startedAt;
  const cpu = process.cpuUsage(cpuBefore);
  delay.disable();
  return {
    perSecond: (times.length * 1000) / elapsedMs,
    p50Ms: quantile(times, 0.5),
    p99Ms: quantile(times, 0.99),
    loopDelayMaxMs: delay.max / 1e6,
    microsecondsCpu: (cpu.user + cpu.system) / times.length,
  };
}

/** Leases and ends all that was appended. */
async function measureLeases(journal: Journal): Promise<LeaseFigures> {
  let records = 0;
  let bytes = 0;
  const startedAt = performance.now();
  for (;;) {
    const batch = await journal.lease(LEASE_RECORDS, LEASE_BYTES);
    if (batch === undefined) break;
    records += batch.lastSequence - batch.firstSequence + 1;
    bytes += batch.bytes.length;
    await journal.done(batch);
  }
  const seconds = (performance.now() - startedAt) / 1000;
  return { perSecond: records / seconds, mebibytesPerSecond: bytes / 1024 ** 2 / seconds };
}

function entryOf(body: Uint8Array): JournalEntry {
  const eventId = randomUUID().replaceAll("-", "");
  return {
    projectId: PROJECT_ID,
    receivedAtMs: Date.now(),
    source: "sentry",
    encoding: "gzip",
    events: [{ eventId, offset: 200, length: body.length }],
    sentAt: "2026-11-21T05:00:00.000Z",
    clientIp: "203.0.113.7",
    userAgent: "sentry.javascript.node/10.78.0",
    body,
  };
}

const PROJECT_ID = randomUUID();

function rowOfAppends(bytes: number, inFlight: number, figures: AppendFigures): string {
  const { perSecond, p50Ms, p99Ms, microsecondsCpu, loopDelayMaxMs } = figures;
  return row(
    size(bytes),
    String(inFlight),
    whole(perSecond),
    p50Ms.toFixed(2),
    p99Ms.toFixed(2),
    microsecondsCpu.toFixed(1),
    loopDelayMaxMs.toFixed(1),
  );
}

function rowOfLeases(bytes: number, { perSecond, mebibytesPerSecond }: LeaseFigures): string {
  return row(size(bytes), "leases", `${whole(perSecond)} entries/s, ${whole(mebibytesPerSecond)} MiB/s`);
}

function rowOfDisk(bytes: number, { perSecond, p50Ms, p99Ms }: DiskRate): string {
  return row(size(bytes), "disk alone", whole(perSecond), p50Ms.toFixed(2), p99Ms.toFixed(2));
}

function row(...cells: string[]): string {
  return cells.map((cell, index) => (index < 2 ? cell.padEnd(12) : cell.padStart(12))).join("");
}

function size(bytes: number): string {
  return `${bytes / 1024} KiB`;
}

function whole(number: number): string {
  return Math.round(number).toLocaleString("en");
}

await main();
