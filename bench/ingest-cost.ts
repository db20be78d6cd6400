/**
 * Processor time that an event costs from its receipt until it is stored, on each thread of the server and in PostgreSQL.
 * Unlike events a second it means something on a machine that does other things too. Given other checkouts, it measures
 * them in turn with this one.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { createDataDir, endpointOf, ServerProcess } from "@mesher/testkit";
import { firstOf, forkChild } from "./child.ts";
import type { LoadOrder, LoadResult } from "./load-generator.ts";
import { cpuSecondsOfFamily, Peak, threadSeconds, type Usage, usageOf } from "./processes.ts";
import { parseSizes, SIZE_NAMES, type SizeName } from "./sample-events.ts";

const HELP = `Processor time that an event costs, on each thread of the server and in PostgreSQL.

  npm run bench:cost -- [OPTIONS]

  --size 2k,10k,50k   Sizes of the events. Default: all.
  --events N          Events of one measurement; half as many come before. Default: 20000.
  --rounds N          How often each checkout is measured; medians are told. Default: 3.
  --connections N     Connections of the load generator. Default: 32.
  --against FOLDER    Another checkout, measured in turn with this one. May be given several times.
  --env NAME=VALUE    For every server. May be given several times.
  --flag=--FLAG       For every server's Node. May be given several times.
  --json FILE         Writes the figures there too.
`;

const HERE = join(import.meta.dirname, "..");
/** A part of what is measured: what is compiled by then is what will be. */
const WARM_UP_SHARE = 0.5;
const LOAD_SECONDS_MAX = 600;
const DRAIN_MS_MAX = 600_000;

interface Order {
  readonly size: SizeName;
  readonly events: number;
  readonly connections: number;
  readonly env: Readonly<Record<string, string>>;
}

/** Microseconds an event, and MiB at most. */
type Figures = Readonly<Record<string, number>>;

const { values } = parseArgs({
  options: {
    size: { type: "string", default: SIZE_NAMES.join(",") },
    events: { type: "string", default: "20000" },
    rounds: { type: "string", default: "3" },
    connections: { type: "string", default: "32" },
    against: { type: "string", multiple: true, default: [] },
    env: { type: "string", multiple: true, default: [] },
    flag: { type: "string", multiple: true, default: [] },
    json: { type: "string" },
    help: { type: "boolean", short: "h", default: false },
  },
});
if (values.help) {
  process.stdout.write(HELP);
  process.exit();
}

const env = Object.fromEntries(values.env.map((each) => each.split(/=(.*)/s).slice(0, 2)));
const checkouts = [...values.against, HERE];
const report: Record<string, Record<string, Figures>> = {};
for (const size of parseSizes(values.size)) {
  const order = { size, events: Number(values.events), connections: Number(values.connections), env };
  const rounds = new Map<string, Figures[]>(checkouts.map((checkout) => [checkout, []]));
  for (let round = 0; round < Number(values.rounds); round += 1) {
    for (const checkout of checkouts) {
      const figures = await measure(checkout, order);
      rounds.get(checkout)?.push(figures);
      console.error(`${size} ${checkout}: ${tell(figures)}`);
    }
  }
  report[size] = Object.fromEntries([...rounds].map(([checkout, of]) => [checkout, mediansOf(of)]));
  for (const [checkout, figures] of Object.entries(report[size])) {
    console.log(`${size} ${checkout}, median of ${values.rounds}: ${tell(figures)}`);
  }
}
if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(report, undefined, 2)}\n`);

async function measure(checkout: string, { size, events, connections, env: given }: Order): Promise<Figures> {
  await using dataDir = await createDataDir("mesher-bench-");
  await using server = await ServerProcess.start({
    checkout,
    nodeFlags: values.flag,
    dataDir: dataDir.path,
    env: { MESHER_RATE_LIMIT_MAX_EVENTS: "1000000000", MESHER_LOG_LEVEL: "warn", ...given },
  });
  const pid = server.process.pid ?? 0;
  const postmaster = Number.parseInt(
    readFileSync(join(dataDir.path, "postgres", "cluster", "postmaster.pid"), "utf8"),
    10,
  );
  const { envelopeUrl, publicKey } = endpointOf(server.dsn);
  const projectNumber = Number(/\/api\/(\d+)\/envelope/.exec(envelopeUrl)?.[1]);
  const order = { url: server.url, projectNumber, publicKey, size, connections, seconds: LOAD_SECONDS_MAX };
  const look = () => ({ threads: threadSeconds(pid), server: usageOf(pid), database: cpuSecondsOfFamily(postmaster) });

  await load({ ...order, requestsMax: Math.ceil(events * WARM_UP_SHARE) });
  await drain(server);
  const before = look();
  const peak = new Peak(() => residentBytes(usageOf(pid)));
  const { accepted } = await load({ ...order, requestsMax: events });
  await drain(server);
  const after = look();
  const peakBytes = peak.stop();
  const microseconds = (from: number, to: number) => ((to - from) * 1e6) / accepted;
  const threads = Object.entries(after.threads).map(
    ([name, seconds]) => [`  ${name}`, microseconds(before.threads[name] ?? 0, seconds)] as const,
  );
  return {
    server: microseconds(before.server.cpuSeconds, after.server.cpuSeconds),
    ...Object.fromEntries(threads.filter(([, each]) => each >= 0.5)),
    PostgreSQL: microseconds(before.database, after.database),
    "peak MiB": peakBytes / 2 ** 20,
  };
}

function residentBytes({ anonymousBytes, fileBytes }: Usage): number {
  return anonymousBytes + fileBytes;
}

async function load(order: LoadOrder): Promise<LoadResult> {
  using generator = forkChild("load-generator.ts", []);
  generator.child.send(order);
  const [result] = (await firstOf(generator.child, "message")) as [LoadResult];
  return result;
}

async function drain(server: ServerProcess): Promise<void> {
  const givesUpAt = performance.now() + DRAIN_MS_MAX;
  while ((await server.get<{ journal: { waiting: number } }>("/readyz")).journal.waiting > 0) {
    if (performance.now() > givesUpAt) throw new Error("the journal does not drain");
    await sleep(100);
  }
}

function mediansOf(rounds: readonly Figures[]): Figures {
  const names = new Set(rounds.flatMap((figures) => Object.keys(figures)));
  return Object.fromEntries([...names].map((name) => [name, median(rounds.map((figures) => figures[name] ?? 0))]));
}

function median(numbers: readonly number[]): number {
  return numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? 0;
}

function tell(figures: Figures): string {
  return Object.entries(figures)
    .map(([name, figure]) => `${name.trim()} ${Math.round(figure)}`)
    .join(", ");
}
