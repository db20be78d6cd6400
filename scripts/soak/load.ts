/** Steady use of several nodes: events, reads, and clients of live streams that come, go, and do not read. */
import { setTimeout as sleep } from "node:timers/promises";
import type { ApiIssue, ApiPage } from "@mesher/protocol";
import { newEventId, type ServerProcess, StreamClient, sendEvent } from "@mesher/testkit";

export interface Usage {
  /** Ids that were answered with 2xx. */
  readonly answered: Set<string>;
  /** Events that were sent a second time on purpose, and answered with 2xx. */
  resent: number;
  reads: number;
  /** Messages that the clients heard. */
  heard: number;
  /** What was not as it is to be, a sentence each. */
  readonly faults: string[];
  stop(): Promise<void>;
}

/** Every so many events one is sent twice, as SDKs do after a timeout. */
const RESEND_EVERY = 20;
const ISSUES = 40;
const READ_EVERY_MS = 500;
const CLIENTS_PER_NODE = 20;
/** A client stays so long before another comes for it. */
const CLIENT_STAYS_MS = 3_000;
const FAULTS_MAX = 100;

export async function startUsage(nodes: readonly ServerProcess[], perSecond: number): Promise<Usage> {
  const stopping = new AbortController();
  const { signal } = stopping;
  const faults: string[] = [];
  const usage = { answered: new Set<string>(), resent: 0, reads: 0, heard: 0, faults };
  const pause = (ms: number) => sleep(ms, undefined, { signal }).catch(() => undefined);
  const guarded = async (what: string, work: () => Promise<void>) => {
    try {
      await work();
    } catch (error) {
      if (faults.length < FAULTS_MAX) faults.push(`${what}: ${error instanceof Error ? error.message : String(error)}`);
    }
  };

  const send = async (server: ServerProcess, n: number) => {
    const event_id = newEventId();
    const event = eventOf(event_id, n);
    if (!(await isAccepted(server, event))) return;
    usage.answered.add(event_id);
    if (n % RESEND_EVERY === 0 && (await isAccepted(server, event))) usage.resent += 1;
  };
  const sendAll = async () => {
    const startedAt = performance.now();
    const sending = new Set<Promise<void>>();
    for (let n = 0; !signal.aborted; n += 1) {
      const server = nodes[n % nodes.length];
      if (server === undefined) return;
      const sent = guarded("an event", () => send(server, n)).finally(() => sending.delete(sent));
      sending.add(sent);
      await pause(startedAt + ((n + 1) * 1_000) / perSecond - performance.now());
    }
    await Promise.all(sending);
  };
  const readAll = async (server: ServerProcess) => {
    for (let n = 0; !signal.aborted; n += 1) {
      await guarded("a read", async () => {
        const { data } = await server.get<ApiPage<ApiIssue>>("/api/v1/projects/default/issues?query=is:unresolved");
        const issue = data[n % Math.max(1, data.length)];
        if (issue === undefined) return;
        await server.get(`/api/v1/issues/${issue.id}`);
        await server.get(`/api/v1/issues/${issue.id}/events?limit=20`);
        await server.get("/api/v1/projects/default/events?query=shop:2*&limit=20");
        usage.reads += 4;
      });
      await pause(READ_EVERY_MS);
    }
  };
  const connect = (server: ServerProcess, query = "") =>
    StreamClient.open(
      `${server.socketUrl}/stream/projects/default${query}`,
      { authorization: `Bearer ${server.token}` },
      () => (usage.heard += 1),
    );
  const stay = async (server: ServerProcess, query: string) => {
    const client = await connect(server, query);
    while (!signal.aborted && client.closeCode === undefined) {
      await pause(1_000);
      client.heard.length = 0;
    }
    if (client.closeCode !== undefined) throw new Error(`it was closed with ${client.closeCode}`);
    await client[Symbol.asyncDispose]();
  };
  const comeAndGo = async (server: ServerProcess) => {
    for (let n = 0; !signal.aborted; n += 1) {
      await guarded("a client that comes and goes", async () => {
        // Each searches for something else, and every other one does not read.
        const client = await connect(server, `?query=shop:${n}`);
        if (n % 2 === 0) client.socket.pause();
        await pause(CLIENT_STAYS_MS);
        await client[Symbol.asyncDispose]();
      });
    }
  };
  const running = Promise.all([
    sendAll(),
    ...nodes.flatMap((server) => [
      readAll(server),
      comeAndGo(server),
      ...Array.from({ length: CLIENTS_PER_NODE }, (_, index) =>
        guarded("a client", () => stay(server, index % 2 === 0 ? "" : "?query=shop:1*")),
      ),
    ]),
  ]);
  return Object.assign(usage, {
    stop: async () => {
      stopping.abort();
      await running;
    },
  });
}

async function isAccepted(server: ServerProcess, event: ReturnType<typeof eventOf>): Promise<boolean> {
  const response = await sendEvent(server.dsn, event);
  await response.arrayBuffer();
  if (!response.ok) throw new Error(`answered with ${response.status}`);
  return response.ok;
}

function eventOf(event_id: string, n: number) {
  const issue = n % ISSUES;
  const frames = Array.from({ length: 20 }, (_, index) => ({
    function: `step${issue}_${index}`,
    filename: `shop/module${issue}/part${index}.py`,
    lineno: 10 * index + 1,
    in_app: index > 10,
  }));
  const exception = {
    values: [{ type: `Failure${issue}`, value: `Order ${n} of shop failed`, stacktrace: { frames } }],
  };
  const level = n % 3 === 0 ? "warning" : "error";
  return {
    event_id,
    exception,
    level,
    environment: "soak",
    release: `shop@1.${n % 5}`,
    tags: { shop: String(n % 50) },
  };
}
