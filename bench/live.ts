/**
 * How soon clients of live streams see what was stored, beside what `ws` alone does; and what clients cost that do not read.
 *
 *     npm run bench:live -- [--sockets 1000] [--seconds 20] [--json FILE]
 */
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import type { ApiNewToken } from "@mesher/protocol";
import { openDatabase, startEmbeddedPostgres } from "@mesher/server/testing";
import { createDataDir, endpointOf, newEventId, ServerCluster, sendEvent } from "@mesher/testkit";
import { type AlertFigures, measureAlerts } from "./alert-latency.ts";
import type { FanOutNews, FanOutOrder } from "./bare-fan-out.ts";
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
import type { ListenersNews, ListenersOrder } from "./live-listeners.ts";
import type { LoadOrder, LoadResult } from "./load-generator.ts";
import { usageOf } from "./processes.ts";

const HELP = `Live streams of three real servers on one embedded database, all on this machine.

  npm run bench:live -- [OPTIONS]

  --sockets N      On each of the nodes. Default: 1000, all that a node takes.
  --nodes N        Default: 3.
  --per-second N   Events. Default: 5.
  --seconds N      How long events are sent. Default: 20.
  --stalled N      Clients that do not read, at full load. Default: 100.
  --json FILE      Default: bench/results/live.json.
`;

/** As the server has it. */
const SOCKETS_PER_TOKEN = 50;

/** What was sent is heard within it, or the run is given up. */
const HEARD_MS_MAX = 60_000;

/** 99 of 100 alerts are told within it. */
const GOALS = { happenedMs: 3_000, thresholdMs: 35_000 };

const LOAD = { size: "2k", connections: 16 } as const;

interface Options {
  readonly sockets: number;
  readonly nodes: number;
  readonly perSecond: number;
  readonly seconds: number;
  readonly stalled: number;
}

interface FanOut {
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** Until the last socket of all nodes had it. */
  readonly lastP50Ms: number;
  readonly lastP99Ms: number;
  readonly messages: number;
  readonly cpuMicrosecondsPerMessage: number;
}

interface StalledFigures {
  readonly events: number;
  /** Most that the node had, of its own memory, and with clients that do not read. */
  readonly bytes: number;
  readonly bytesWithStalled: number;
  readonly dropped: number;
}

interface Report extends Machine, Options {
  /** From the commit until a socket has it. */
  readonly live: FanOut;
  /** From the call of `send` until a socket has it. */
  readonly bare: FanOut;
  readonly stalledClients: StalledFigures;
  readonly alerts: AlertFigures;
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      sockets: { type: "string", default: "1000" },
      nodes: { type: "string", default: "3" },
      "per-second": { type: "string", default: "5" },
      seconds: { type: "string", default: "20" },
      stalled: { type: "string", default: "100" },
      json: { type: "string", default: "bench/results/live.json" },
      help: { type: "boolean", short: "h", default: false },
    },
  });
  if (values.help) {
    process.stdout.write(HELP);
    return;
  }
  const options: Options = {
    sockets: readNumber("--sockets", values.sockets),
    nodes: readNumber("--nodes", values.nodes),
    perSecond: readNumber("--per-second", values["per-second"]),
    seconds: readNumber("--seconds", values.seconds),
    stalled: readNumber("--stalled", values.stalled),
  };
  const { live, alerts } = await withServers(options, async (servers) => ({
    live: await measureLive(servers, options),
    alerts: await told("alerts", () => measureAlerts(servers.cluster, servers.database)),
  }));
  const bare = await told("ws alone", () => measureBare(options));
  const stalledClients = await withServers({ nodes: 1, sockets: options.stalled }, (servers) =>
    measureStalled(servers, options),
  );
  const report: Report = { ...thisMachine(), ...options, live, bare, stalledClients, alerts };
  print(report);
  writeReport(values.json, report);
}

interface Servers {
  readonly cluster: ServerCluster;
  readonly database: ReturnType<typeof openDatabase>;
  readonly tokens: readonly string[];
}

async function withServers<T>(
  { nodes, sockets }: Pick<Options, "nodes" | "sockets">,
  work: (servers: Servers) => Promise<T>,
): Promise<T> {
  await using stack = new AsyncDisposableStack();
  const dataDir = stack.use(await createDataDir("mesher-bench-"));
  const postgres = stack.use(await startWithCommitTimes(dataDir.path));
  const database = stack.use(
    openDatabase({ url: postgres.url, applicationName: "bench", poolSize: 1, log: () => undefined }),
  );
  const env = { MESHER_RATE_LIMIT_MAX_EVENTS: "1000000000", MESHER_OUTBOUND_ALLOW: "127.0.0.1" };
  const cluster = stack.use(await ServerCluster.start(nodes, { databaseUrl: postgres.url, env }));
  const tokens = await Promise.all(
    Array.from({ length: Math.ceil(sockets / SOCKETS_PER_TOKEN) }, (_, index) => makeToken(cluster, `bench ${index}`)),
  );
  return await work({ cluster, database, tokens });
}

/** PostgreSQL notes when each transaction was committed, if it is told so before it starts. */
async function startWithCommitTimes(dataDir: string) {
  const options = { dataDir, log: () => undefined };
  const first = await startEmbeddedPostgres(options);
  const database = openDatabase({ url: first.url, applicationName: "bench", poolSize: 1, log: () => undefined });
  await database.query({ text: "alter system set track_commit_timestamp = on" });
  await database.close();
  await first.stop();
  return startEmbeddedPostgres(options);
}

async function makeToken({ nodes }: ServerCluster, label: string): Promise<string> {
  const [server] = nodes;
  const response = await fetch(`${server?.url}/api/v1/orgs/default/tokens`, {
    method: "POST",
    headers: { authorization: `Bearer ${server?.token}`, "content-type": "application/json" },
    body: JSON.stringify({ label, scopes: ["event:read"] }),
  });
  if (response.status !== 201) throw new Error(`no token: ${response.status} ${await response.text()}`);
  return ((await response.json()) as ApiNewToken).token;
}

async function measureLive({ cluster, database, tokens }: Servers, options: Options): Promise<FanOut> {
  const { nodes } = cluster;
  const send = async () => {
    const sent: string[] = [];
    await everySoOften(options, async (index) => {
      const event_id = newEventId();
      sent.push(event_id);
      const { status } = await sendEvent(nodes[index % nodes.length]?.dsn ?? "", { event_id, message: "Fan out" });
      if (status !== 200) throw new Error(`an event was answered with ${status}`);
    });
    return sent;
  };
  const cpuSeconds = () => nodes.reduce((sum, server) => sum + usageOf(server.process.pid ?? 0).cpuSeconds, 0);
  const cpuOf = async (work: () => Promise<unknown>) => {
    const before = cpuSeconds();
    await work();
    return cpuSeconds() - before;
  };
  await told("warm-up", send);
  const cpuAlone = await told("events that nobody hears", () => cpuOf(send));

  using listeners = new Listeners(nodes.length);
  const urls = nodes.map(({ socketUrl }) => `${socketUrl}/stream/projects/default`);
  await told(`${options.sockets} sockets on each of ${nodes.length} nodes`, () =>
    listeners.listen(urls, options.sockets, tokens),
  );
  let sent: string[] = [];
  const cpu = await told("events that they hear", () =>
    cpuOf(async () => {
      sent = await send();
      await listeners.heard(sent, options.sockets);
    }),
  );
  const { rows } = await database.query<{ id: string; at_ms: number }>({
    text: `select replace(event_id::text, '-', '') as id,
        (extract(epoch from pg_xact_commit_timestamp(xmin)) * 1000)::float8 as at_ms
      from events where event_id = any($1::uuid[])`,
    values: [sent],
  });
  return listeners.fanOut(new Map(rows.map(({ id, at_ms }) => [id, at_ms])), cpu - cpuAlone);
}

async function measureBare(options: Options): Promise<FanOut> {
  using stack = new DisposableStack();
  const servers = Array.from({ length: options.nodes }, () => stack.use(forkChild("bare-fan-out.ts", [])).child);
  const ports = await Promise.all(
    servers.map(async (server) => ((await firstOf(server, "message")) as [FanOutNews & { port: number }])[0].port),
  );
  using listeners = new Listeners(servers.length);
  await listeners.listen(
    ports.map((port) => `ws://127.0.0.1:${port}`),
    options.sockets,
    [""],
  );
  const toldAtMs = new Map<string, number>();
  const cpuSeconds = () => servers.reduce((sum, { pid }) => sum + usageOf(pid ?? 0).cpuSeconds, 0);
  const before = cpuSeconds();
  await everySoOften(options, async () => {
    const event_id = newEventId();
    // As long as what the real one says of such an event.
    const order: FanOutOrder = { text: JSON.stringify({ type: "event", event_id, rest: "x".repeat(450) }) };
    const times = servers.map(async (server) => {
      server.send(order);
      return ((await firstOf(server, "message")) as [FanOutNews & { toldAtMs: number }])[0].toldAtMs;
    });
    toldAtMs.set(event_id, Math.min(...(await Promise.all(times))));
  });
  await listeners.heard([...toldAtMs.keys()], options.sockets);
  return listeners.fanOut(toldAtMs, cpuSeconds() - before);
}

/** The same load twice: with nobody, and with clients that do not read. */
async function measureStalled({ cluster, tokens }: Servers, options: Options): Promise<StalledFigures> {
  const [server] = cluster.nodes;
  if (server === undefined) throw new Error("there is no node");
  const load = async () => {
    using generator = forkChild("load-generator.ts", []);
    const { envelopeUrl, publicKey } = endpointOf(server.dsn);
    const projectNumber = Number(/\/api\/(\d+)\/envelope/.exec(envelopeUrl)?.[1]);
    const order: LoadOrder = { url: server.url, projectNumber, publicKey, ...LOAD, seconds: options.seconds };
    generator.child.send(order);
    const [{ accepted }] = (await firstOf(generator.child, "message")) as [LoadResult];
    while ((await server.get<{ journal: { waiting: number } }>("/readyz")).journal.waiting > 0) await sleep(50);
    return accepted;
  };
  const bytes = () => usageOf(server.process.pid ?? 0).anonymousBytes;
  await told("load that nobody hears", load);
  const alone = bytes();
  using listeners = new Listeners(1);
  await listeners.listen([`${server.socketUrl}/stream/projects/default`], options.stalled, tokens, true);
  const events = await told(`load with ${options.stalled} clients that do not read`, load);
  const dropped = await server.metric("mesher_stream_messages_dropped_total");
  return { events, bytes: alone, bytesWithStalled: bytes(), dropped };
}

async function everySoOften(
  { perSecond, seconds }: Pick<Options, "perSecond" | "seconds">,
  work: (index: number) => Promise<void>,
): Promise<void> {
  const startedAt = performance.now();
  for (let index = 0; index < perSecond * seconds; index += 1) {
    await work(index);
    await sleep(Math.max(0, startedAt + ((index + 1) * 1_000) / perSecond - performance.now()));
  }
}

/** As many clients on each of several servers, each server's in a process. */
class Listeners implements Disposable {
  readonly #forks: readonly ReturnType<typeof forkChild>[];
  #seenAtMs: Map<string, number[]> = new Map();

  constructor(count: number) {
    this.#forks = Array.from({ length: count }, () => forkChild("live-listeners.ts", []));
  }

  async listen(urls: readonly string[], sockets: number, tokens: readonly string[], areStalled = false): Promise<void> {
    await Promise.all(
      this.#forks.map(async ({ child }, index) => {
        const order: ListenersOrder = { do: "listen", url: urls[index] ?? "", sockets, tokens, areStalled };
        child.send(order);
        await firstOf(child, "message");
      }),
    );
  }

  /** Waits until each socket has heard each event. */
  async heard(ids: readonly string[], sockets: number): Promise<void> {
    const wanted = ids.length * sockets * this.#forks.length;
    const givesUpAt = performance.now() + HEARD_MS_MAX;
    for (let heard = 0; heard < wanted; ) {
      if (performance.now() > givesUpAt) throw new Error(`${heard} of ${wanted} messages were heard`);
      await sleep(200);
      for (const { child } of this.#forks) {
        const order: ListenersOrder = { do: "report" };
        child.send(order);
        const [{ seenAtMs }] = (await firstOf(child, "message")) as [ListenersNews & { is: "report" }];
        for (const [id, times] of Object.entries(seenAtMs)) {
          const known = this.#seenAtMs.get(id) ?? [];
          for (const time of times) known.push(time);
          this.#seenAtMs.set(id, known);
        }
      }
      heard = ids.reduce((sum, id) => sum + (this.#seenAtMs.get(id)?.length ?? 0), 0);
      if (heard > wanted) throw new Error(`${heard} messages were heard, of ${wanted}`);
    }
  }

  fanOut(beganAtMs: ReadonlyMap<string, number>, cpuSeconds: number): FanOut {
    const each: number[] = [];
    const last: number[] = [];
    for (const [id, atMs] of beganAtMs) {
      const times = (this.#seenAtMs.get(id) ?? []).map((seenMs) => seenMs - atMs);
      for (const time of times) each.push(time);
      last.push(times.reduce((latest, time) => Math.max(latest, time), 0));
    }
    return {
      p50Ms: quantile(each, 0.5),
      p99Ms: quantile(each, 0.99),
      lastP50Ms: quantile(last, 0.5),
      lastP99Ms: quantile(last, 0.99),
      messages: each.length,
      cpuMicrosecondsPerMessage: (cpuSeconds * 1e6) / each.length,
    };
  }

  [Symbol.dispose](): void {
    for (const fork of this.#forks) fork[Symbol.dispose]();
  }
}

function print(report: Report): void {
  const { cores, cpu, node, sockets, nodes, perSecond, live, bare, stalled, stalledClients, alerts } = report;
  console.log(`\n${cores} cores, ${cpu}, Node ${node}; servers, database and clients on this machine`);
  console.log(`${sockets} sockets on each of ${nodes} nodes, ${perSecond} events/s\n`);
  const row = (label: string, tell: (figures: FanOut) => string) =>
    console.log(label.padEnd(44) + [live, bare].map((figures) => tell(figures).padStart(22)).join(""));
  console.log("".padEnd(44) + ["Mesher", "ws alone"].map((name) => name.padStart(22)).join(""));
  row("stored → seen by a socket, p50 / p99, ms", ({ p50Ms, p99Ms }) => `${p50Ms.toFixed(1)} / ${p99Ms.toFixed(1)}`);
  row(
    "stored → seen by the last, p50 / p99, ms",
    (each) => `${each.lastP50Ms.toFixed(1)} / ${each.lastP99Ms.toFixed(1)}`,
  );
  row("messages", ({ messages }) => whole(messages));
  row("CPU of the servers, µs a message", (each) => each.cpuMicrosecondsPerMessage.toFixed(1));
  const mebibytes = (bytes: number) => (bytes / 1024 / 1024).toFixed(0);
  const seconds = (ms: number) => (ms / 1_000).toFixed(1);
  for (const [label, { p50Ms, p99Ms, count }, goal] of [
    ["new issue stored", alerts.happened, GOALS.happenedMs],
    ["threshold passed", alerts.threshold, GOALS.thresholdMs],
  ] as const)
    console.log(
      `${`${label} → webhook, p50 / p99 of ${count}, s`.padEnd(44)}${`${seconds(p50Ms)} / ${seconds(p99Ms)}`.padStart(22)}   goal p99 < ${goal / 1_000}`,
    );
  console.log(`
"stored" is PostgreSQL's own time of the commit; of ws alone it is the moment before the first send.
${stalled} clients that do not read, while ${whole(stalledClients.events)} events are stored: ${mebibytes(stalledClients.bytesWithStalled)} MiB, ${mebibytes(stalledClients.bytes)} without them; ${whole(stalledClients.dropped)} messages dropped`);
}

await runBenchmark(main);
