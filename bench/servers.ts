/**
 * Real servers on one database: what several of them store, what copies of the journals cost, and what peers that help save.
 *
 *     npm run bench:servers -- [--seconds 10] [--rounds 3] [--json FILE]
 */
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import type { ApiCluster } from "@mesher/protocol";
import { openDatabase, startEmbeddedPostgres } from "@mesher/server/testing";
import { Balancer, createDataDir, endpointOf, ServerCluster } from "@mesher/testkit";
import { type Machine, readNumber, runBenchmark, thisMachine, told, whole, writeReport } from "./benchmark.ts";
import { firstOf, forkChild } from "./child.ts";
import type { LoadOrder, LoadResult } from "./load-generator.ts";
import { usageOf } from "./processes.ts";
import { SIZE_NAMES, type SizeName } from "./sample-events.ts";

const HELP = `Real servers on one embedded database, behind a balancer, all on this machine.

  npm run bench:servers -- [OPTIONS]

  --only LIST           Some of nodes, copies, offload. Default: all.
  --size SIZE           Of the events: 2k, 10k or 50k. Default: 2k.
  --seconds N           How long each load lasts. Default: 10.
  --offload-seconds N   The same where peers help: they are asked after 10 s or more. Default: 30.
  --connections N       Connections of the load generator. Default: 48, so that three nodes get equally many.
  --rounds N            Each case is measured so often, in turn; the median by stored/s counts. Default: 1.
  --json FILE           Default: bench/results/servers.json.
`;

const WARM_UP_SECONDS = 3;
const DRAIN_MS_MAX = 300_000;
const LOOK_EVERY_MS = 500;

/** More than a node accepts in 5 s: nobody helps. */
const OFFLOAD_OFF = { MESHER_OFFLOAD_EVENTS: "1000000000" };
const NO_COPIES = { MESHER_REPLICAS: "0" };
const COPIES = { MESHER_REPLICAS: "1" };

interface Case {
  readonly part: "nodes" | "copies" | "offload";
  readonly nodes: number;
  readonly env: Readonly<Record<string, string>>;
  /** Whom the load goes to: all nodes in turn, or one. */
  readonly to: "all" | "first";
}

const CASES = {
  "1 node": { part: "nodes", nodes: 1, env: NO_COPIES, to: "all" },
  "2 nodes": { part: "nodes", nodes: 2, env: NO_COPIES, to: "all" },
  "3 nodes": { part: "nodes", nodes: 3, env: NO_COPIES, to: "all" },
  "2 nodes, one copy": { part: "copies", nodes: 2, env: COPIES, to: "all" },
  "3 nodes, one copy": { part: "copies", nodes: 3, env: COPIES, to: "all" },
  "all to 1 of 3, no help": { part: "offload", nodes: 3, env: { ...NO_COPIES, ...OFFLOAD_OFF }, to: "first" },
  "all to 1 of 3, peers help": { part: "offload", nodes: 3, env: NO_COPIES, to: "first" },
} as const satisfies Record<string, Case>;
type CaseName = keyof typeof CASES;

/** What a case is compared with. */
const COMPARED: Partial<Record<CaseName, CaseName>> = {
  "2 nodes": "1 node",
  "3 nodes": "1 node",
  "2 nodes, one copy": "2 nodes",
  "3 nodes, one copy": "3 nodes",
  "all to 1 of 3, peers help": "all to 1 of 3, no help",
};

interface Options {
  readonly size: SizeName;
  readonly seconds: number;
  readonly offloadSeconds: number;
  readonly connections: number;
}

interface Figures {
  readonly accepted: number;
  readonly acceptedPerSecond: number;
  readonly answerP50Ms: number;
  readonly answerP99Ms: number;
  /** From the first request until every journal was empty. */
  readonly storedPerSecond: number;
  readonly drainSeconds: number;
  /** The longest that any node said of its oldest waiting entry; nodes measure it every 5 s. */
  readonly lagMaxMs: number;
  /** Of all servers together, without the database. */
  readonly serverMicrosecondsPerEvent: number;
  /** Share of the events that were stored by a peer of the node that accepted them. */
  readonly helpedShare: number;
}

interface Report extends Machine {
  readonly size: SizeName;
  readonly figures: Partial<Record<CaseName, Figures>>;
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      only: { type: "string", default: "nodes,copies,offload" },
      size: { type: "string", default: "2k" },
      seconds: { type: "string", default: "10" },
      "offload-seconds": { type: "string", default: "30" },
      connections: { type: "string", default: "48" },
      rounds: { type: "string", default: "1" },
      json: { type: "string", default: "bench/results/servers.json" },
      help: { type: "boolean", short: "h", default: false },
    },
  });
  if (values.help) {
    process.stdout.write(HELP);
    return;
  }
  const size = SIZE_NAMES.find((name) => name === values.size);
  if (size === undefined) throw new Error(`--size ${values.size}: expected one of ${SIZE_NAMES.join(", ")}`);
  const options = {
    size,
    seconds: readNumber("--seconds", values.seconds),
    offloadSeconds: readNumber("--offload-seconds", values["offload-seconds"]),
    connections: readNumber("--connections", values.connections),
  };
  const rounds = readNumber("--rounds", values.rounds);
  const measured = new Map<CaseName, Figures[]>();
  for (let round = 0; round < rounds; round += 1) {
    for (const name of readCases(values.only)) {
      const figures = await told(`${name}, ${round + 1} of ${rounds}`, () => measure(CASES[name], options));
      measured.set(name, [...(measured.get(name) ?? []), figures]);
    }
  }
  const figures = Object.fromEntries([...measured].map(([name, runs]) => [name, medianOf(runs)]));
  const report = { ...thisMachine(), ...options, rounds, figures };
  print(report);
  writeReport(values.json, report);
}

function readCases(only: string): CaseName[] {
  const names = Object.keys(CASES) as CaseName[];
  const parts = only.split(",").map((part) => part.trim());
  const unknown = parts.find((part) => !names.some((name) => CASES[name].part === part));
  if (unknown !== undefined) throw new Error(`--only ${unknown}: expected some of nodes, copies, offload`);
  return names.filter((name) => parts.includes(CASES[name].part));
}

/** New servers and a new database for each case: what one leaves behind does not burden the next. */
async function measure({ part, nodes, env, to }: Case, options: Options): Promise<Figures> {
  await using stack = new AsyncDisposableStack();
  const dataDir = stack.use(await createDataDir("mesher-bench-"));
  const postgres = stack.use(await startEmbeddedPostgres({ dataDir: dataDir.path, log: () => undefined }));
  const database = stack.use(
    openDatabase({ url: postgres.url, applicationName: "bench", poolSize: 1, log: () => undefined }),
  );
  const cluster = stack.use(
    await ServerCluster.start(nodes, {
      databaseUrl: postgres.url,
      env: { MESHER_RATE_LIMIT_MAX_EVENTS: "1000000000", MESHER_LOG_LEVEL: "warn", ...env },
    }),
  );
  const [first] = cluster.nodes;
  if (first === undefined) throw new Error("there is no node");
  const ports = cluster.nodes.map(({ url }) => ({ port: Number(new URL(url).port) }));
  const balancer = stack.use(await Balancer.start(to === "all" ? ports : ports.slice(0, 1)));

  const { envelopeUrl, publicKey } = endpointOf(first.dsn);
  const projectNumber = Number(/\/api\/(\d+)\/envelope/.exec(envelopeUrl)?.[1]);
  const { size, connections } = options;
  const url = `http://127.0.0.1:${balancer.port}`;
  const order = { url, projectNumber, publicKey, size, connections };
  await load({ ...order, seconds: WARM_UP_SECONDS });
  await drain(cluster);

  const countStored = async () =>
    (await database.query<{ count: number }>({ text: "select count(*) from events" })).rows[0]?.count ?? 0;
  const cpuSeconds = () => cluster.nodes.reduce((sum, server) => sum + usageOf(server.process.pid ?? 0).cpuSeconds, 0);
  const before = { stored: await countStored(), cpuSeconds: cpuSeconds() };
  const watch = watchCluster(cluster);
  const startedAt = performance.now();
  const result = await load({ ...order, seconds: part === "offload" ? options.offloadSeconds : options.seconds });
  await drain(cluster);
  const seconds = (performance.now() - startedAt) / 1_000;
  const { lagMaxMs, helped } = await watch.stop();
  const stored = (await countStored()) - before.stored;
  if (stored !== result.accepted) throw new Error(`${result.accepted} events were accepted, but ${stored} are stored`);
  return {
    accepted: result.accepted,
    acceptedPerSecond: result.accepted / result.seconds,
    answerP50Ms: result.latency.p50,
    answerP99Ms: result.latency.p99,
    storedPerSecond: stored / seconds,
    drainSeconds: seconds - result.seconds,
    lagMaxMs,
    serverMicrosecondsPerEvent: ((cpuSeconds() - before.cpuSeconds) * 1e6) / stored,
    helpedShare: helped / stored,
  };
}

async function load(order: LoadOrder): Promise<LoadResult> {
  using generator = forkChild("load-generator.ts", []);
  generator.child.send(order);
  const [result] = (await firstOf(generator.child, "message")) as [LoadResult];
  return result;
}

/** Until every journal has handed everything to the database. */
async function drain({ nodes }: ServerCluster): Promise<void> {
  const givesUpAt = performance.now() + DRAIN_MS_MAX;
  for (const server of nodes) {
    while ((await server.get<{ journal: { waiting: number } }>("/readyz")).journal.waiting > 0) {
      if (performance.now() > givesUpAt) throw new Error("a journal does not drain");
      await sleep(20);
    }
  }
}

/** Looks at all nodes again and again. */
function watchCluster({ nodes }: ServerCluster) {
  const stopping = new AbortController();
  let lagMaxMs = 0;
  const helpedBy = new Map<string, number>();
  const run = async () => {
    while (!stopping.signal.aborted) {
      for (const server of nodes) {
        const { self, nodes: seen, offload } = await server.get<ApiCluster>("/api/v1/cluster");
        lagMaxMs = Math.max(lagMaxMs, seen.find(({ is_self }) => is_self)?.load?.lag_ms ?? 0);
        // A helper that went home is not told of any more.
        for (const { node, since, events } of offload.helping) helpedBy.set(`${self} ${node} ${since}`, events);
      }
      await sleep(LOOK_EVERY_MS, undefined, { signal: stopping.signal }).catch(() => undefined);
    }
  };
  const running = run();
  return {
    stop: async () => {
      stopping.abort();
      await running;
      return { lagMaxMs, helped: [...helpedBy.values()].reduce((sum, events) => sum + events, 0) };
    },
  };
}

function medianOf(runs: readonly Figures[]): Figures {
  const sorted = runs.toSorted((a, b) => a.storedPerSecond - b.storedPerSecond);
  return sorted[Math.floor(sorted.length / 2)] as Figures;
}

function print({ cores, cpu, node, size, figures }: Report): void {
  console.log(`\n${cores} cores, ${cpu}, Node ${node}, events of ${size}`);
  console.log(`Servers, balancer, load generator and PostgreSQL share these cores: more nodes are more work and no more machine.
What is to be seen is what a cluster costs, not what more machines would give.\n`);
  const columns = [
    "stored/s",
    "beside",
    "accepted/s",
    "p50 / p99, ms",
    "drained, s",
    "lag max, s",
    "µs/event",
    "helped",
  ];
  const line = (label: string, cells: readonly string[]) =>
    console.log(label.padEnd(28) + cells.map((cell) => cell.padStart(15)).join(""));
  line("", columns);
  for (const [name, found] of Object.entries(figures) as [CaseName, Figures][]) {
    const other = figures[COMPARED[name] ?? name];
    line(name, [
      whole(found.storedPerSecond),
      other === undefined || other === found ? "" : `× ${(found.storedPerSecond / other.storedPerSecond).toFixed(2)}`,
      whole(found.acceptedPerSecond),
      `${found.answerP50Ms.toFixed(1)} / ${whole(found.answerP99Ms)}`,
      found.drainSeconds.toFixed(1),
      (found.lagMaxMs / 1_000).toFixed(1),
      whole(found.serverMicrosecondsPerEvent),
      `${Math.round(found.helpedShare * 100)} %`,
    ]);
  }
  console.log("\nbeside: nodes beside 1 node, copies beside the same nodes without, help beside none");
}

await runBenchmark(main);
