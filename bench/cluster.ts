/**
 * What a cluster of real processes does, beside what a bare TLS connection between two processes does.
 *
 *     npm run bench:cluster -- [--transport mesh,nats] [--seconds 5] [--json FILE]
 */
import { EventEmitter, once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { TestNats } from "@mesher/cluster/testing";
import type { EchoOrder } from "./bare-echo.ts";
import {
  type Machine,
  quantile,
  readNumber,
  runBenchmark,
  thisMachine,
  told,
  whole,
  writeReport,
} from "./benchmark.ts";
import { firstOf, forkChild } from "./child.ts";
import type { NodeNews, NodeOrder } from "./cluster-node.ts";
import type { InFlightResult } from "./in-flight.ts";
import { usageOf } from "./processes.ts";

const HELP = `What a cluster of real processes does, beside a bare TLS connection.

  npm run bench:cluster -- [OPTIONS]

  --transport mesh,nats   What carries it. Default: both, if there is a nats-server.
  --seconds N             How long each load lasts. Default: 5.
  --json FILE             Default: bench/results/cluster.json.
`;

const TRANSPORTS = ["mesh", "nats"] as const;
type TransportName = (typeof TRANSPORTS)[number];

const SIZES = { "1 KB": 1_000, "50 KB": 50_000 } as const;
type SizeName = keyof typeof SIZES;

const IN_FLIGHT = 64;

/** The cluster and the bare connection are measured in turn: what a shared machine gives changes within seconds. */
const CALL_ROUNDS = 7;
const MESH_NODES = 5;
const KILLS = 5;

/** How long anything may take before the run is given up, milliseconds. */
const WAIT_MS_MAX = 30_000;

/** As the engine has it by default. */
const SILENCE_MS = 6_000;

const GOALS = { fullMeshMs: 4_000, joinMs: 500, killSeenMs: 50, callShare: 0.55, broadcastsPerSecond: 35_000 };

/** With the processor time of both ends: of the figures the one that other work on the machine disturbs least. */
interface CallResult extends InFlightResult {
  readonly cpuMicrosecondsPerCall: number;
}

interface CallFigures {
  /** One call after the other. */
  readonly alone: CallResult;
  readonly bareAlone: CallResult;
  /** Of each round. */
  readonly loaded: readonly CallResult[];
  readonly bareLoaded: readonly CallResult[];
}

interface TransportFigures {
  readonly joinMs: number;
  readonly fullMeshMs: number;
  readonly killSeenMs: readonly number[];
  readonly freezeSeenMs: number;
  readonly calls: Readonly<Record<SizeName, CallFigures>>;
  readonly broadcasts: { readonly heardPerSecond: number; readonly dropped: number };
}

/** A node in a process of its own, and all that it told. */
class BenchNode implements Disposable {
  readonly name: string;
  readonly news: NodeNews[] = [];
  readonly forkedAtMs = nowMs();
  readonly #fork: ReturnType<typeof forkChild>;
  readonly #changes = new EventEmitter();

  constructor(name: string, transport: string, peers: string) {
    this.name = name;
    this.#fork = forkChild("cluster-node.ts", [name, transport, peers]);
    this.#fork.child.on("message", (news: NodeNews) => {
      this.news.push(news);
      this.#changes.emit("news");
    });
  }

  /** The first news, from the `from`th on, that is what it is to be. */
  async hears<Is extends NodeNews["is"]>(
    is: Is,
    node?: string,
    from = 0,
    waitMs = WAIT_MS_MAX,
  ): Promise<Extract<NodeNews, { is: Is }>> {
    const signal = AbortSignal.timeout(waitMs);
    for (;;) {
      const found = this.news
        .slice(from)
        .find((news) => news.is === is && (node === undefined || !("node" in news) || news.node === node));
      if (found !== undefined) return found as Extract<NodeNews, { is: Is }>;
      await once(this.#changes, "news", { signal }).catch((cause: unknown) => {
        throw new Error(`${this.name} heard no ${is} of ${node ?? "anybody"}`, { cause });
      });
    }
  }

  async follow<Is extends NodeNews["is"]>(order: NodeOrder, is: Is): Promise<Extract<NodeNews, { is: Is }>> {
    const from = this.news.length;
    this.#fork.child.send(order);
    return this.hears(is, undefined, from, WAIT_MS_MAX + ("seconds" in order ? Math.ceil(order.seconds * 1_000) : 0));
  }

  get pid(): number {
    return this.#fork.child.pid ?? 0;
  }

  signal(name: "SIGKILL" | "SIGSTOP"): void {
    this.#fork.child.kill(name);
  }

  [Symbol.dispose](): void {
    // A frozen process does not notice that it is to end.
    this.#fork.child.kill("SIGKILL");
  }
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      transport: { type: "string" },
      seconds: { type: "string", default: "5" },
      json: { type: "string", default: "bench/results/cluster.json" },
      help: { type: "boolean", short: "h", default: false },
    },
  });
  if (values.help) {
    process.stdout.write(HELP);
    return;
  }
  const seconds = readNumber("--seconds", values.seconds);
  const figures: Partial<Record<TransportName, TransportFigures>> = {};
  for (const name of readTransports(values.transport)) {
    if (name === "mesh") {
      figures[name] = await measure("mesh", seconds);
      continue;
    }
    const nats = await TestNats.start().catch((error: unknown) => {
      if (values.transport !== undefined) throw error;
      process.stderr.write(`NATS is left out: ${String(error)}\n`);
    });
    if (nats === undefined) continue;
    await using server = nats;
    figures[name] = await measure(server.url, seconds);
  }
  const report = { ...thisMachine(), seconds, goals: GOALS, figures };
  print(report);
  writeReport(values.json, report);
}

function readTransports(text: string | undefined): readonly TransportName[] {
  if (text === undefined) return TRANSPORTS;
  return text.split(",").map((name) => {
    const found = TRANSPORTS.find((each) => each === name.trim());
    if (found === undefined) throw new Error(`--transport ${name}: expected some of ${TRANSPORTS.join(", ")}`);
    return found;
  });
}

async function measure(transport: string, seconds: number): Promise<TransportFigures> {
  const label = transport === "mesh" ? "mesh" : "NATS";
  const step = <T>(what: string, work: () => Promise<T>) => told(`${label}: ${what}`, work);
  const fullMeshMs = await step(`${MESH_NODES} nodes at once`, () => measureFullMesh(transport));
  using a = await startNode("a", transport);
  const killSeenMs: number[] = [];
  let joinMs = Number.NaN;
  for (let round = 0; round < KILLS; round += 1) {
    using victim = await startNode(`victim${round}`, transport, a.name);
    joinMs = (await a.hears("up", victim.name)).atMs - (await victim.hears("ready")).startsAtMs;
    killSeenMs.push(await step(`kill -9, ${round + 1} of ${KILLS}`, () => measureLoss(a, victim, "SIGKILL")));
  }
  using frozen = await startNode("frozen", transport, a.name);
  await a.hears("up", frozen.name);
  const freezeSeenMs = await step("freeze", () => measureLoss(a, frozen, "SIGSTOP"));
  using b = await startNode("b", transport, a.name);
  using c = await startNode("c", transport, a.name);
  for (const [one, other] of [
    [a, b],
    [a, c],
    [b, c],
    [c, b],
  ] as const)
    await one.hears("up", other.name);
  const calls = {
    "1 KB": await step("calls of 1 KB", () => measureCalls(a, b, SIZES["1 KB"], seconds)),
    "50 KB": await step("calls of 50 KB", () => measureCalls(a, b, SIZES["50 KB"], seconds)),
  };
  const broadcasts = await step("broadcasts to 2 peers", () => measureBroadcasts(a, [b, c], seconds));
  return { joinMs, fullMeshMs, killSeenMs, freezeSeenMs, calls, broadcasts };
}

/** Ports are free ones only by chance, and the same for all who know them: as the name says. */
async function startNode(label: string, transport: string, peers = ""): Promise<BenchNode> {
  const node = new BenchNode(nameOf(label), transport, peers);
  await node.hears("ready");
  return node;
}

let lastPort = 20_000 + (process.pid % 10_000);

function nameOf(label: string): string {
  lastPort += 1;
  return `${label}@127.0.0.1:${lastPort}`;
}

/** From the first fork until each has heard of each. They all know the first only, and start at once. */
async function measureFullMesh(transport: string): Promise<number> {
  using stack = new DisposableStack();
  const names = Array.from({ length: MESH_NODES }, (_, index) => nameOf(`n${index}`));
  const nodes = names.map((name) => stack.use(new BenchNode(name, transport, names[0] ?? "")));
  const ups = nodes.flatMap((node) =>
    nodes.filter((other) => other !== node).map((other) => node.hears("up", other.name)),
  );
  const lastMs = Math.max(...(await Promise.all(ups)).map(({ atMs }) => atMs));
  return lastMs - (nodes[0]?.forkedAtMs ?? Number.NaN);
}

async function measureLoss(observer: BenchNode, victim: BenchNode, signal: "SIGKILL" | "SIGSTOP"): Promise<number> {
  const atMs = nowMs();
  victim.signal(signal);
  return (await observer.hears("down", victim.name)).atMs - atMs;
}

async function measureCalls(a: BenchNode, b: BenchNode, bytes: number, seconds: number): Promise<CallFigures> {
  using bare = await BareEcho.start();
  const call = (inFlight: number, forSeconds: number) =>
    withCpu([a.pid, b.pid], forSeconds, () =>
      a.follow({ do: "call", node: b.name, bytes, inFlight, seconds: forSeconds }, "called"),
    );
  const echo = (inFlight: number, forSeconds: number) =>
    withCpu(bare.pids, forSeconds, () => bare.run({ bytes, inFlight, seconds: forSeconds }));
  for (const warmUp of [echo, call]) await warmUp(IN_FLIGHT, 1);
  const [loaded, bareLoaded]: [CallResult[], CallResult[]] = [[], []];
  for (let round = 0; round < CALL_ROUNDS; round += 1) {
    bareLoaded.push(await echo(IN_FLIGHT, seconds / CALL_ROUNDS));
    loaded.push(await call(IN_FLIGHT, seconds / CALL_ROUNDS));
  }
  return { alone: await call(1, seconds), bareAlone: await echo(1, seconds), loaded, bareLoaded };
}

async function withCpu(
  pids: readonly number[],
  seconds: number,
  work: () => Promise<InFlightResult>,
): Promise<CallResult> {
  const cpuSeconds = () => pids.reduce((sum, pid) => sum + usageOf(pid).cpuSeconds, 0);
  const before = cpuSeconds();
  const { perSecond, p50Ms, p99Ms } = await work();
  return { perSecond, p50Ms, p99Ms, cpuMicrosecondsPerCall: ((cpuSeconds() - before) * 1e6) / (perSecond * seconds) };
}

/** The two ends of a bare connection, in processes of their own. */
class BareEcho implements Disposable {
  readonly #server: ReturnType<typeof forkChild>;
  readonly #caller: ReturnType<typeof forkChild>;

  static async start(): Promise<BareEcho> {
    const server = forkChild("bare-echo.ts", ["serve"]);
    const [{ port }] = (await firstOf(server.child, "message")) as [{ port: number }];
    const caller = forkChild("bare-echo.ts", ["call", String(port)]);
    await firstOf(caller.child, "message");
    return new BareEcho(server, caller);
  }

  private constructor(server: ReturnType<typeof forkChild>, caller: ReturnType<typeof forkChild>) {
    this.#server = server;
    this.#caller = caller;
  }

  get pids(): readonly number[] {
    return [this.#server.child.pid ?? 0, this.#caller.child.pid ?? 0];
  }

  async run(order: EchoOrder): Promise<InFlightResult> {
    this.#caller.child.send(order);
    return ((await firstOf(this.#caller.child, "message")) as [InFlightResult])[0];
  }

  [Symbol.dispose](): void {
    this.#caller[Symbol.dispose]();
    this.#server[Symbol.dispose]();
  }
}

async function measureBroadcasts(
  a: BenchNode,
  others: readonly BenchNode[],
  seconds: number,
): Promise<TransportFigures["broadcasts"]> {
  const count = async () =>
    Promise.all(others.map(async (other) => (await other.follow({ do: "count" }, "counted")).heard));
  const before = await count();
  const {
    made,
    dropped,
    seconds: tookSeconds,
  } = await a.follow({ do: "broadcast", bytes: SIZES["1 KB"], seconds }, "broadcast");
  let heard = await count();
  // What is on its way still comes.
  const goal = made * others.length - dropped;
  const sum = (counts: readonly number[]) =>
    counts.reduce((total, each, index) => total + each - (before[index] ?? 0), 0);
  for (let tries = 0; sum(heard) < goal && tries < 50; tries += 1) {
    await sleep(20);
    heard = await count();
  }
  return { heardPerSecond: sum(heard) / others.length / tookSeconds, dropped };
}

function nowMs(): number {
  return performance.timeOrigin + performance.now();
}

interface Report extends Machine {
  readonly figures: Partial<Record<TransportName, TransportFigures>>;
}

function print({ cores, cpu, node, figures }: Report): void {
  console.log(`\n${cores} cores, ${cpu}, Node ${node}; all processes on this machine\n`);
  const columns = TRANSPORTS.flatMap((name) => {
    const found = figures[name];
    return found === undefined ? [] : [{ name, figures: found }];
  });
  const row = (label: string, tell: (figures: TransportFigures) => string) =>
    console.log(label.padEnd(52) + columns.map((column) => tell(column.figures).padStart(22)).join(""));
  console.log("".padEnd(52) + columns.map(({ name }) => name.padStart(22)).join(""));
  row(`second node joins, ms (goal < ${GOALS.joinMs})`, ({ joinMs }) => whole(joinMs));
  row(`full mesh of ${MESH_NODES}, from fork, ms (goal < ${GOALS.fullMeshMs})`, ({ fullMeshMs }) => whole(fullMeshMs));
  row(`kill -9 seen, ms, median (goal < ${GOALS.killSeenMs})`, ({ killSeenMs }) =>
    quantile(killSeenMs, 0.5).toFixed(1),
  );
  row(`freeze seen, ms (goal < ${SILENCE_MS + 1_000})`, ({ freezeSeenMs }) => whole(freezeSeenMs));
  for (const size of Object.keys(SIZES) as SizeName[]) {
    row(`call of ${size}, p50 / p99, ms`, ({ calls }) => latency(calls[size].alone));
    row("  bare TLS and JSON", ({ calls }) => latency(calls[size].bareAlone));
    row(`  calls/s, ${IN_FLIGHT} in flight, median of ${CALL_ROUNDS}`, ({ calls }) =>
      whole(median(calls[size].loaded, ({ perSecond }) => perSecond)),
    );
    row("  bare TLS and JSON", ({ calls }) => whole(median(calls[size].bareLoaded, ({ perSecond }) => perSecond)));
    row("  CPU of both ends, µs a call", ({ calls }) => median(calls[size].loaded, cpuOf).toFixed(1));
    row("  bare TLS and JSON", ({ calls }) => median(calls[size].bareLoaded, cpuOf).toFixed(1));
    row(`  share of its calls/s (goal ≥ ${GOALS.callShare} at 1 KB)`, ({ calls }) => share(calls[size]).toFixed(2));
    row("  its CPU a call, as a share of ours", ({ calls }) => cpuShare(calls[size]).toFixed(2));
  }
  row(`broadcasts of 1 KB/s heard by each of 2 (goal ${whole(GOALS.broadcastsPerSecond)})`, ({ broadcasts }) =>
    whole(broadcasts.heardPerSecond),
  );
  row("  dropped", ({ broadcasts }) => whole(broadcasts.dropped));
}

/** Each round is compared with the one of the other just before it. */
function share({ loaded, bareLoaded }: CallFigures): number {
  return median(loaded, ({ perSecond }, round) => perSecond / (bareLoaded[round]?.perSecond ?? Number.NaN));
}

function cpuShare({ loaded, bareLoaded }: CallFigures): number {
  return median(bareLoaded, (bare, round) => cpuOf(bare) / (loaded[round]?.cpuMicrosecondsPerCall ?? Number.NaN));
}

function median(results: readonly CallResult[], of: (result: CallResult, round: number) => number): number {
  return quantile(results.map(of), 0.5);
}

const cpuOf = ({ cpuMicrosecondsPerCall }: CallResult) => cpuMicrosecondsPerCall;

function latency({ p50Ms, p99Ms }: InFlightResult): string {
  return `${p50Ms.toFixed(2)} / ${p99Ms.toFixed(2)}`;
}

await runBenchmark(main);
