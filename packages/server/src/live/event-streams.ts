/**
 * Feeds as server-sent events, for curl, and for proxies that let no WebSocket through.
 * https://html.spec.whatwg.org/multipage/server-sent-events.html
 */
import type { IncomingHttpHeaders, ServerResponse } from "node:http";
import type { Log } from "../runtime/log.ts";
import type { Service } from "../runtime/service.ts";
import type { UpgradeRefusal } from "../runtime/web-sockets/refuse-upgrade.ts";
import { Connection } from "./connection.ts";
import type { Feed } from "./feed.ts";
import type { Wire } from "./outbox.ts";
import { recheckAgainAndAgain } from "./recheck.ts";
import { type StreamDoor, StreamRefusedError, streamRefused, type Viewer, watchOrRefuse } from "./stream-door.ts";

/** When a client comes back after its connection broke. */
const RETRY_MS = 2_000;

/** How long a client may take to read what is on its way when its stream ends. */
export const END_MS_MAX = 2_000;

export interface EventStreamsOptions {
  readonly feed: Feed;
  readonly door: StreamDoor;
  /** A comment is sent this often; a client that has not taken the last one by then is cut off. */
  readonly pingMs: number;
  readonly recheckMs: number;
  readonly onDropped: () => void;
  readonly log: Log;
}

export interface EventStreamRequest {
  readonly viewer: Viewer;
  readonly projectId: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  readonly response: ServerResponse;
}

export class EventStreams implements Service {
  readonly name = "event streams";
  readonly #options: EventStreamsOptions;
  /** Each ends one that is open. */
  readonly #ends = new Set<() => void>();
  #isStopping = false;

  constructor(options: EventStreamsOptions) {
    this.#options = options;
  }

  async start(): Promise<void> {}

  async stop(): Promise<void> {
    this.#isStopping = true;
    for (const end of this.#ends) end();
  }

  /** Resolves when the answer has begun, or with why there is none. */
  async open({ viewer, projectId, query, headers, response }: EventStreamRequest): Promise<UpgradeRefusal | undefined> {
    const { feed, door } = this.#options;
    try {
      this.#refuseWhileStopping();
      const { wanted, seen, leave, mayStay } = door.seat(viewer, projectId, query, headers);
      if (response.closed || response.destroyed) {
        leave();
        return undefined;
      }
      response.once("close", leave);
      using watching = await watchOrRefuse(feed, projectId, wanted);
      if (response.closed || response.destroyed) return undefined;
      this.#refuseWhileStopping();
      const connection = new Connection({
        feed,
        wire: wireOf(response),
        projectId,
        wanted,
        watching: watching.move(),
        onDropped: this.#options.onDropped,
      });
      this.#begin(response, connection, mayStay);
      connection.open(seen);
      return undefined;
    } catch (error) {
      if (error instanceof StreamRefusedError) return error.refusal;
      throw error;
    }
  }

  #refuseWhileStopping(): void {
    if (this.#isStopping) throw streamRefused(503, "stopping", "this node stops; connect to another one");
  }

  #begin(response: ServerResponse, connection: Connection, mayStay: () => Promise<boolean>): void {
    const { pingMs, recheckMs, log } = this.#options;
    response.on("error", (error) => log.debug("Stream failed", { error: error.message }));
    response.writeHead(200, {
      "content-type": "text/event-stream",
      "cache-control": "no-store",
      // nginx would keep it all back until it has a buffer full.
      "x-accel-buffering": "no",
    });
    response.write(`retry: ${RETRY_MS}\n\n`);
    const stopBeat = beat(response, pingMs);
    const silence = () => {
      this.#ends.delete(end);
      stopBeat();
      stopRecheck();
      connection.close();
    };
    const end = () => {
      // First, or what waits for the client would be written behind the end.
      silence();
      endOrCutOff(response);
    };
    const stopRecheck = recheckAgainAndAgain({ everyMs: recheckMs, mayStay, sendAway: end, log });
    this.#ends.add(end);
    response.once("close", silence);
  }
}

/** Cuts off a client that has not taken the last ping when the next one is due. Gives back how to stop it. */
function beat(response: ServerResponse, pingMs: number): () => void {
  let isTaken = true;
  const timer = setInterval(() => {
    if (!isTaken) {
      response.destroy();
      return;
    }
    isTaken = false;
    response.write(": ping\n\n", () => {
      isTaken = true;
    });
  }, pingMs).unref();
  return () => clearInterval(timer);
}

/** A client that does not read is not waited for. */
function endOrCutOff(response: ServerResponse): void {
  if (response.closed) return;
  const cutOff = setTimeout(() => response.destroy(), END_MS_MAX).unref();
  response.once("close", () => clearTimeout(cutOff));
  response.end();
}

function wireOf(response: ServerResponse): Wire {
  return {
    get bufferedBytes() {
      return response.writableLength;
    },
    write: ({ text, position }, onTaken) => {
      const id = position === undefined ? "" : `id: ${position}\n`;
      // JSON has no line breaks in it, so it is one line of data.
      response.write(Buffer.concat([Buffer.from(`${id}data: `), text, END]), onTaken);
    },
  };
}

const END = Buffer.from("\n\n");
