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
  readonly #responses = new Set<ServerResponse>();
  #isStopping = false;

  constructor(options: EventStreamsOptions) {
    this.#options = options;
  }

  async start(): Promise<void> {}

  async stop(): Promise<void> {
    this.#isStopping = true;
    for (const response of this.#responses) response.end();
  }

  /** Resolves when the answer has begun, or with why there is none. */
  async open({ viewer, projectId, query, headers, response }: EventStreamRequest): Promise<UpgradeRefusal | undefined> {
    const { feed, door } = this.#options;
    try {
      if (this.#isStopping) throw streamRefused(503, "stopping", "this node stops; connect to another one");
      const { wanted, seen, leave, mayStay } = door.seat(viewer, projectId, query, headers);
      if (response.closed || response.destroyed) {
        leave();
        return undefined;
      }
      response.once("close", leave);
      await watchOrRefuse(feed, projectId, wanted);
      if (response.closed || response.destroyed) return undefined;
      const connection = new Connection({
        feed,
        wire: wireOf(response),
        projectId,
        wanted,
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

  #begin(response: ServerResponse, connection: Connection, mayStay: () => Promise<boolean>): void {
    this.#responses.add(response);
    response.writeHead(200, {
      "content-type": "text/event-stream",
      "cache-control": "no-store",
      // nginx would keep it all back until it has a buffer full.
      "x-accel-buffering": "no",
    });
    response.write(`retry: ${RETRY_MS}\n\n`);
    let isTaken = true;
    const beat = setInterval(() => {
      if (!isTaken) {
        response.destroy();
        return;
      }
      isTaken = false;
      response.write(": ping\n\n", () => {
        isTaken = true;
      });
    }, this.#options.pingMs).unref();
    const { recheckMs: everyMs, log } = this.#options;
    const stopRecheck = recheckAgainAndAgain({ everyMs, mayStay, sendAway: () => response.end(), log });
    response.once("close", () => {
      clearInterval(beat);
      stopRecheck();
      this.#responses.delete(response);
      connection.close();
    });
  }
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
