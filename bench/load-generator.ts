/**
 * Sends events over HTTP as fast as it is told, from a process of its own. Raw sockets that wait for each answer before
 * the next request: an HTTP client would cost more than the server that is measured.
 */
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { RequestPool } from "./request-pool.ts";
import type { SizeName } from "./sample-events.ts";

/** What the parent asks for. */
export interface LoadOrder {
  readonly url: string;
  readonly projectNumber: number;
  readonly publicKey: string;
  readonly size: SizeName;
  readonly seconds: number;
  readonly connections: number;
  /** Requests started a second, whatever the answers take. Absent: each connection sends when it has its answer. */
  readonly perSecond?: number;
  /** Ends after so many requests, if that is before `seconds` are over. */
  readonly requestsMax?: number;
}

/** What the parent gets back. */
export interface LoadResult {
  readonly jsonBytes: number;
  readonly wireBytes: number;
  /** From the first request to the last answer. */
  readonly seconds: number;
  /** By status code. */
  readonly answers: Readonly<Record<string, number>>;
  readonly accepted: number;
  /** Milliseconds to the answer; in an open loop from when the request was due. */
  readonly latency: { readonly p50: number; readonly p99: number; readonly p999: number; readonly max: number };
}

const HEAD_END = Buffer.from("\r\n\r\n");
const CONTENT_LENGTH = /\r\ncontent-length: *(\d+)/i;

class Connection {
  readonly #socket: Socket;
  readonly #scratch: Buffer;
  #received: Buffer = Buffer.alloc(0);
  #resolve: ((status: string) => void) | undefined;
  #reject: ((reason: Error) => void) | undefined;

  private constructor(socket: Socket, scratch: Buffer) {
    this.#socket = socket;
    this.#scratch = scratch;
    socket.on("data", (chunk) => this.#hear(chunk));
    socket.on("error", (error) => this.#reject?.(error));
    socket.on("close", () => this.#reject?.(new Error("the server closed a connection")));
  }

  static async open(url: URL, bytesMax: number): Promise<Connection> {
    const socket = connect({
      host: url.hostname === "localhost" ? "127.0.0.1" : url.hostname,
      port: Number(url.port),
      noDelay: true,
    });
    await once(socket, "connect");
    return new Connection(socket, Buffer.alloc(bytesMax));
  }

  /** Sends the next request of the pool; the status of its answer. */
  request(pool: RequestPool): Promise<string> {
    return new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
      const bytes = pool.write(this.#scratch);
      this.#socket.write(this.#scratch.subarray(0, bytes));
    });
  }

  close(): void {
    this.#reject = undefined;
    this.#socket.destroy();
  }

  #hear(chunk: Buffer): void {
    this.#received = this.#received.length === 0 ? chunk : Buffer.concat([this.#received, chunk]);
    const headEnd = this.#received.indexOf(HEAD_END);
    if (headEnd === -1) return;
    const head = this.#received.toString("latin1", 0, headEnd);
    const length = Number(CONTENT_LENGTH.exec(head)?.[1] ?? 0);
    if (this.#received.length < headEnd + HEAD_END.length + length) return;
    this.#received = Buffer.alloc(0);
    this.#resolve?.(head.slice(9, 12));
  }
}

class Tally {
  readonly answers: Record<string, number> = {};
  readonly #latencies: number[] = [];

  count(status: string, ms: number): void {
    this.answers[status] = (this.answers[status] ?? 0) + 1;
    this.#latencies.push(ms);
  }

  get latency(): LoadResult["latency"] {
    const sorted = Float64Array.from(this.#latencies).sort();
    const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
    return { p50: at(0.5), p99: at(0.99), p999: at(0.999), max: at(1) };
  }
}

async function run(order: LoadOrder): Promise<LoadResult> {
  const url = new URL(order.url);
  const pool = new RequestPool(order.size, {
    host: url.host,
    path: `/api/${order.projectNumber}/envelope/`,
    publicKey: order.publicKey,
  });
  const connections = await Promise.all(
    Array.from({ length: order.connections }, () => Connection.open(url, pool.longestBytes)),
  );
  const tally = new Tally();
  const startedAt = performance.now();
  if (order.perSecond === undefined) await closedLoop(connections, pool, tally, order);
  else await openLoop(connections, pool, tally, order.seconds, order.perSecond);
  const seconds = (performance.now() - startedAt) / 1000;
  for (const connection of connections) connection.close();
  return {
    jsonBytes: pool.averageJsonBytes,
    wireBytes: pool.averageWireBytes,
    seconds,
    answers: tally.answers,
    accepted: tally.answers["200"] ?? 0,
    latency: tally.latency,
  };
}

async function closedLoop(connections: readonly Connection[], pool: RequestPool, tally: Tally, order: LoadOrder) {
  const endsAt = performance.now() + order.seconds * 1000;
  let left = order.requestsMax ?? Number.POSITIVE_INFINITY;
  await Promise.all(
    connections.map(async (connection) => {
      for (let sentAt = performance.now(); sentAt < endsAt && left > 0; sentAt = performance.now()) {
        left -= 1;
        const status = await connection.request(pool);
        tally.count(status, performance.now() - sentAt);
      }
    }),
  );
}

/** Requests are due at even distances. One that finds no free connection waits, and its waiting counts. */
async function openLoop(
  connections: readonly Connection[],
  pool: RequestPool,
  tally: Tally,
  seconds: number,
  perSecond: number,
): Promise<void> {
  const startsAt = performance.now();
  const total = Math.round(seconds * perSecond);
  let next = 0;
  await Promise.all(
    connections.map(async (connection) => {
      while (next < total) {
        const dueAt = startsAt + (next++ * 1000) / perSecond;
        const early = dueAt - performance.now();
        if (early > 0) await sleep(early);
        const status = await connection.request(pool);
        tally.count(status, performance.now() - dueAt);
      }
    }),
  );
}

if (import.meta.main) {
  process.once("disconnect", () => process.exit(0));
  process.once("message", (order: LoadOrder) => {
    run(order).then(
      (result) => process.send?.(result, () => process.disconnect()),
      (error: unknown) => {
        console.error(`load generator: ${String(error)}`);
        process.exit(1);
      },
    );
  });
}
