/**
 * How many events a second the whole server takes and stores, beside what this machine could do at most.
 *
 *     npm run bench -- [--size 2k,10k,50k] [--seconds 10] [--json FILE]
 *
 * The server, its embedded PostgreSQL and the load generator are processes of their own on the same machine.
 */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { createDataDir, endpointOf, ServerProcess } from "@mesher/testkit";
import { openDatabase } from "../packages/server/src/db/database.ts";
import { socketUrl } from "../packages/server/src/db/embedded/socket-dir.ts";
import type { BareKind } from "./bare-server.ts";
import { readNumber } from "./benchmark.ts";
import { firstOf, forkChild } from "./child.ts";
import { measureCopy } from "./copy-rate.ts";
import { measureDisk } from "./disk.ts";
import type { LoadOrder, LoadResult } from "./load-generator.ts";
import { cpuSecondsOfFamily, Peak, proportionalBytesOfFamily, usageOf } from "./processes.ts";
import { parseSizes, SIZE_NAMES, type SizeName } from "./sample-events.ts";

const HELP = `How many events a second the whole server takes and stores.

  npm run bench -- [OPTIONS]

  --size 2k,10k,50k   Sizes of the events. Default: all.
  --seconds N         How long each load lasts. Default: 10.
  --connections N     Connections of the load generator. Default: 32.
  --no-limits         Leaves out what the machine itself could do.
  --json FILE         Writes the figures there too.
`;

/** What is wanted on two cores with generator and database beside: this many stored a second, or this part of the ceiling. */
const STORED_PER_SECOND_GOAL: Record<SizeName, number> = { "2k": 4_000, "10k": 2_500, "50k": 1_000 };
const CEILING_SHARE_GOAL = 0.4;
const ANSWER_P99_MS_GOAL = 25;
const SERVER_MIB_GOAL = 300;

/** Until then V8 compiles: at 2 KB its own threads took 103 µs an event in a run of 8,000 events, and 49 in one of 30,000. */
const WARM_UP_SECONDS = 10;
const DRAIN_MS_MAX = 300_000;
/** Often enough for one or two hundredths of the time it takes to drain, and too seldom to be what the server is busy with. */
const DRAIN_LOOK_MS = 50;
/** A look takes some 40 ms: four of them a second took a tenth of two cores from what is measured. */
const DATABASE_MEMORY_LOOK_MS = 2_000;
const CEILING_PROCESSES = 2;
const DISK_BLOCK_BYTES = 4_096;

interface Options {
  readonly sizes: readonly SizeName[];
  readonly seconds: number;
  readonly connections: number;
  readonly withLimits: boolean;
}

interface SizeFigures {
  readonly jsonBytes: number;
  readonly wireBytes: number;
  /** Full load. */
  readonly accepted: number;
  readonly refused: number;
  readonly acceptedPerSecond: number;
  readonly fullLoadP99Ms: number;
  readonly stored: number;
  /** From the first request until the journal was empty. */
  readonly storedPerSecond: number;
  readonly drainSeconds: number;
  readonly serverMicrosecondsPerEvent: number;
  readonly databaseMicrosecondsPerEvent: number;
  /** Memory of its own, and files that are mapped. */
  readonly serverPeak: { readonly anonymousBytes: number; readonly fileBytes: number };
  /** What its processes share counted once. */
  readonly databasePeakBytes: number;
  /** Half of what can be stored. */
  readonly half: {
    readonly perSecond: number;
    readonly latency: LoadResult["latency"];
    readonly serverMicrosecondsPerEvent: number;
    readonly databaseMicrosecondsPerEvent: number;
  };
}

interface LimitFigures {
  readonly sinkPerSecond: number;
  /** Before and after the server was measured. */
  readonly ceilingPerSecond: readonly [before: number, after: number];
  readonly copyPerSecond: number;
}

interface Report {
  readonly at: string;
  readonly cores: number;
  readonly cpu: string;
  readonly node: string;
  readonly seconds: number;
  readonly sizes: Partial<Record<SizeName, SizeFigures>>;
  readonly limits: Partial<Record<SizeName, LimitFigures>>;
  readonly fdatasyncPerSecond: number | undefined;
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      size: { type: "string", default: SIZE_NAMES.join(",") },
      seconds: { type: "string", default: "10" },
      connections: { type: "string", default: "32" },
      "no-limits": { type: "boolean", default: false },
      json: { type: "string" },
      help: { type: "boolean", short: "h", default: false },
    },
  });
  if (values.help) {
    process.stdout.write(HELP);
    return;
  }
  const report = await measure({
    sizes: parseSizes(values.size),
    seconds: readNumber("--seconds", values.seconds),
    connections: readNumber("--connections", values.connections),
    withLimits: !values["no-limits"],
  });
  print(report);
  if (values.json !== undefined) {
    mkdirSync(dirname(values.json), { recursive: true });
    writeFileSync(values.json, `${JSON.stringify(report, undefined, 2)}\n`);
  }
}

async function measure(options: Options): Promise<Report> {
  const sizes: Report["sizes"] = {};
  const limits: Report["limits"] = {};
  let fdatasyncPerSecond: number | undefined;
  for (const size of options.sizes) {
    if (!options.withLimits) {
      sizes[size] = await measureServer(size, options);
      continue;
    }
    // Before and after: what a shared machine gives changes within minutes.
    const ceilingBefore = await measureBare("parse", CEILING_PROCESSES, size, options);
    sizes[size] = await measureServer(size, options);
    const ceilingAfter = await measureBare("parse", CEILING_PROCESSES, size, options);
    limits[size] = {
      ceilingPerSecond: [ceilingBefore, ceilingAfter],
      sinkPerSecond: await measureBare("sink", 1, size, options),
      copyPerSecond: await told(`limits: ${size}, COPY of prepared rows`, measureCopy(size)),
    };
  }
  if (options.withLimits) {
    await using directory = await createDataDir("mesher-bench-");
    fdatasyncPerSecond = measureDisk(directory.path, DISK_BLOCK_BYTES, 1).perSecond;
  }
  return {
    at: new Date().toISOString(),
    cores: cpus().length,
    cpu: cpus()[0]?.model ?? "unknown",
    node: process.version,
    seconds: options.seconds,
    sizes,
    limits,
    fdatasyncPerSecond,
  };
}

/** A fresh server for each size: what one leaves behind does not burden the next. */
async function measureServer(size: SizeName, { seconds, connections }: Options): Promise<SizeFigures> {
  await using dataDir = await createDataDir("mesher-bench-");
  await using server = await startServer(size, dataDir.path);
  await using database = openDatabase({
    url: socketUrl(join(dataDir.path, "postgres", "socket")),
    applicationName: "bench",
    poolSize: 1,
    log: () => undefined,
  });
  const countStored = async () =>
    (await database.query<{ count: number }>({ text: "select count(*) from events" })).rows[0]?.count ?? 0;
  const pids = { server: server.process.pid ?? 0, database: postmasterPid(dataDir.path) };
  const order = { ...targetOf(server.dsn), url: server.url, size, connections };

  await told(`${size}: warm-up`, load({ ...order, seconds: WARM_UP_SECONDS }));
  await drain(server);

  const storedBefore = await countStored();
  const full = await told(`${size}: full load for ${seconds} s`, measureLoad({ ...order, seconds }, server, pids));
  const stored = (await countStored()) - storedBefore;
  if (stored !== full.load.accepted) {
    throw new Error(`${size}: ${full.load.accepted} events were accepted, but ${stored} are stored`);
  }
  const storedPerSecond = stored / full.untilDrainedSeconds;

  const perSecond = storedPerSecond / 2;
  const half = await told(
    `${size}: ${Math.round(perSecond)}/s for ${seconds} s`,
    measureLoad({ ...order, seconds, perSecond }, server, pids),
  );
  return {
    jsonBytes: full.load.jsonBytes,
    wireBytes: full.load.wireBytes,
    accepted: full.load.accepted,
    refused: Object.values(full.load.answers).reduce((sum, count) => sum + count, 0) - full.load.accepted,
    acceptedPerSecond: full.load.accepted / full.load.seconds,
    fullLoadP99Ms: full.load.latency.p99,
    stored,
    storedPerSecond,
    drainSeconds: full.untilDrainedSeconds - full.load.seconds,
    serverMicrosecondsPerEvent: full.serverMicrosecondsPerEvent,
    databaseMicrosecondsPerEvent: full.databaseMicrosecondsPerEvent,
    serverPeak: full.serverPeak,
    databasePeakBytes: full.databasePeakBytes,
    half: {
      perSecond,
      latency: half.load.latency,
      serverMicrosecondsPerEvent: half.serverMicrosecondsPerEvent,
      databaseMicrosecondsPerEvent: half.databaseMicrosecondsPerEvent,
    },
  };
}

/** Not interrupted: only what has started can be stopped. */
function startServer(size: SizeName, dataDir: string): Promise<ServerProcess> {
  process.stderr.write(`${size}: server starts\n`);
  return ServerProcess.start({
    dataDir,
    env: { MESHER_RATE_LIMIT_MAX_EVENTS: "1000000000", MESHER_LOG_LEVEL: "warn" },
  });
}

function targetOf(dsn: string): { projectNumber: number; publicKey: string } {
  const { envelopeUrl, publicKey } = endpointOf(dsn);
  return { projectNumber: Number(/\/api\/(\d+)\/envelope/.exec(envelopeUrl)?.[1]), publicKey };
}

function postmasterPid(dataDir: string): number {
  return Number.parseInt(readFileSync(join(dataDir, "postgres", "cluster", "postmaster.pid"), "utf8"), 10);
}

interface Pids {
  readonly server: number;
  readonly database: number;
}

async function measureLoad(order: LoadOrder, server: ServerProcess, pids: Pids) {
  const cpuSeconds = () => ({
    server: usageOf(pids.server).cpuSeconds,
    database: cpuSecondsOfFamily(pids.database),
  });
  const before = cpuSeconds();
  const peaks = {
    anonymous: new Peak(() => usageOf(pids.server).anonymousBytes),
    files: new Peak(() => usageOf(pids.server).fileBytes),
    database: new Peak(() => proportionalBytesOfFamily(pids.database), DATABASE_MEMORY_LOOK_MS),
  };
  const result = await load(order);
  const drainStartedAt = performance.now();
  await drain(server);
  const untilDrainedSeconds = result.seconds + (performance.now() - drainStartedAt) / 1000;
  const after = cpuSeconds();
  const microseconds = (part: keyof Pids) => ((after[part] - before[part]) * 1e6) / result.accepted;
  return {
    load: result,
    untilDrainedSeconds,
    serverMicrosecondsPerEvent: microseconds("server"),
    databaseMicrosecondsPerEvent: microseconds("database"),
    serverPeak: { anonymousBytes: peaks.anonymous.stop(), fileBytes: peaks.files.stop() },
    databasePeakBytes: peaks.database.stop(),
  };
}

/** Until the journal has handed everything to the database. */
async function drain(server: ServerProcess): Promise<void> {
  const givesUpAt = performance.now() + DRAIN_MS_MAX;
  while ((await server.get<{ journal: { waiting: number } }>("/readyz")).journal.waiting > 0) {
    if (performance.now() > givesUpAt) throw new Error("the journal does not drain");
    await sleep(DRAIN_LOOK_MS);
  }
}

async function measureBare(
  kind: BareKind,
  processes: number,
  size: SizeName,
  { seconds, connections }: Options,
): Promise<number> {
  using bare = forkChild("bare-server.ts", [kind, String(processes)]);
  const [{ port }] = (await firstOf(bare.child, "message")) as [{ port: number }];
  const order = { url: `http://127.0.0.1:${port}`, projectNumber: 1, publicKey: "0".repeat(32), size, connections };
  const label = `limits: ${size}, ${kind} in ${processes} process${processes === 1 ? "" : "es"}`;
  await load({ ...order, seconds: 1 });
  const result = await told(label, load({ ...order, seconds: Math.min(seconds, 5) }));
  return result.accepted / result.seconds;
}

async function load(order: LoadOrder): Promise<LoadResult> {
  using generator = forkChild("load-generator.ts", []);
  generator.child.send(order);
  const [result] = (await firstOf(generator.child, "message")) as [LoadResult];
  return result;
}

class InterruptedError extends Error {
  override readonly name = "InterruptedError";
}

/** Rejects at Ctrl-C, so that whatever was started is ended and removed on the way out. */
const interruption = new Promise<never>((_, reject) => {
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => reject(new InterruptedError(signal)));
});
interruption.catch(() => undefined);

async function told<T>(label: string, work: Promise<T>): Promise<T> {
  const startedAt = performance.now();
  process.stderr.write(`${label} …`);
  const result = await Promise.race([work, interruption]);
  process.stderr.write(` ${((performance.now() - startedAt) / 1000).toFixed(1)} s\n`);
  return result;
}

function print({ sizes, limits, fdatasyncPerSecond, cores, cpu, node }: Report): void {
  console.log(`\n${cores} cores, ${cpu}, Node ${node}; load generator and PostgreSQL run beside the server\n`);
  const columns = SIZE_NAMES.flatMap((name) => {
    const figures = sizes[name];
    return figures === undefined ? [] : [{ name, figures, limit: limits[name] }];
  });
  const row = (label: string, tell: (column: (typeof columns)[number]) => string) =>
    console.log(label.padEnd(46) + columns.map((column) => tell(column).padStart(20)).join(""));

  row("", ({ name }) => name);
  row("JSON / gzip, bytes", ({ figures }) => `${figures.jsonBytes} / ${figures.wireBytes}`);
  row("accepted/s, full load", ({ figures }) => whole(figures.acceptedPerSecond));
  row("  refused", ({ figures }) => whole(figures.refused));
  row("  answer p99, ms", ({ figures }) => figures.fullLoadP99Ms.toFixed(1));
  row("stored/s, until drained", ({ figures }) => whole(figures.storedPerSecond));
  row("  goal", ({ name }) => `≥ ${STORED_PER_SECOND_GOAL[name]}`);
  row("  stored = accepted, events", ({ figures }) => whole(figures.stored));
  row("  drained after, s", ({ figures }) => figures.drainSeconds.toFixed(1));
  row("  CPU server + PostgreSQL, µs/event", ({ figures }) => cpuOf(figures));
  row(`  server peak RSS, MiB (goal < ${SERVER_MIB_GOAL})`, ({ figures: { serverPeak } }) =>
    mebibytes(serverPeak.anonymousBytes + serverPeak.fileBytes),
  );
  row(
    "    of which its own + files",
    ({ figures: { serverPeak } }) => `${mebibytes(serverPeak.anonymousBytes)} + ${mebibytes(serverPeak.fileBytes)}`,
  );
  row("  PostgreSQL peak PSS, MiB", ({ figures }) => mebibytes(figures.databasePeakBytes));
  row("half of that, offered/s", ({ figures }) => whole(figures.half.perSecond));
  row(
    `  answer p50 / p99 / p99.9, ms (goal < ${ANSWER_P99_MS_GOAL})`,
    ({ figures: { half } }) =>
      `${half.latency.p50.toFixed(1)} / ${half.latency.p99.toFixed(1)} / ${half.latency.p999.toFixed(1)}`,
  );
  row("  CPU server + PostgreSQL, µs/event", ({ figures }) => cpuOf(figures.half));
  if (columns.some(({ limit }) => limit !== undefined)) {
    const tellLimit = (tell: (limit: LimitFigures, figures: SizeFigures) => string) => {
      return ({ figures, limit }: (typeof columns)[number]) => (limit === undefined ? "" : tell(limit, figures));
    };
    row(
      "limit: HTTP sink, 1 process",
      tellLimit(({ sinkPerSecond }) => whole(sinkPerSecond)),
    );
    row(
      `limit: HTTP + gunzip + JSON.parse, ${CEILING_PROCESSES} processes`,
      tellLimit(({ ceilingPerSecond }) => ceilingPerSecond.map(whole).join(" / ")),
    );
    row(
      "limit: COPY of prepared rows, 1 connection",
      tellLimit(({ copyPerSecond }) => whole(copyPerSecond)),
    );
    row(
      `stored / ceiling (goal ≥ ${CEILING_SHARE_GOAL})`,
      tellLimit(({ ceilingPerSecond: [before, after] }, { storedPerSecond }) =>
        ((2 * storedPerSecond) / (before + after)).toFixed(2),
      ),
    );
  }
  if (fdatasyncPerSecond !== undefined)
    console.log(`limit: fdatasync of ${DISK_BLOCK_BYTES} bytes${whole(fdatasyncPerSecond).padStart(34)}/s`);
}

function cpuOf(figures: { serverMicrosecondsPerEvent: number; databaseMicrosecondsPerEvent: number }): string {
  return `${whole(figures.serverMicrosecondsPerEvent)} + ${whole(figures.databaseMicrosecondsPerEvent)}`;
}

function whole(number: number): string {
  return Math.round(number).toLocaleString("en");
}

function mebibytes(bytes: number): string {
  return whole(bytes / 1024 ** 2);
}

try {
  await main();
} catch (error) {
  console.error(`\n${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
}
