/**
 * Feeds over WebSocket: `/stream/projects/:project`, and the same under `/ws`. Who may not join learns so at the upgrade,
 * as an HTTP answer.
 */
import type { Duplex } from "node:stream";
import type { StreamRequest } from "@mesher/protocol";
import { type RawData, type WebSocket, WebSocketServer } from "ws";
import type { Log } from "../runtime/log.ts";
import type { Service } from "../runtime/service.ts";
import { closeAll } from "../runtime/web-sockets/close-all.ts";
import { GOING_AWAY, type Heartbeat, keepAlive } from "../runtime/web-sockets/keep-alive.ts";
import type { Upgrade } from "../runtime/web-sockets/offer-upgrades.ts";
import { refuseUpgrade, type UpgradeRefusal } from "../runtime/web-sockets/refuse-upgrade.ts";
import { Connection } from "./connection.ts";
import { type Feed, TooManySearchesError } from "./feed.ts";
import { parseStreamFilters, StreamFilterError } from "./filters.ts";
import type { Wire } from "./outbox.ts";
import { recheckAgainAndAgain } from "./recheck.ts";
import {
  type Admitted,
  type StreamDoor,
  StreamRefusedError,
  streamRefused,
  TOO_MANY_SEARCHES,
  watchOrRefuse,
} from "./stream-door.ts";

/** Of a message of a client: filters, and nothing else. */
const MESSAGE_BYTES_MAX = 16 * 1024;

/** "Policy violation": the client may not listen any more, or has to prove again that it may. */
const NOT_ALLOWED = 1008;

/** "Internal error". */
const FAILED = 1011;

const PATH = /^(?:\/ws)?\/stream\/projects\/([^/]+)\/?$/;

export interface StreamSocketsOptions {
  readonly feed: Feed;
  readonly door: StreamDoor;
  readonly heartbeat: Heartbeat;
  readonly recheckMs: number;
  readonly onDropped: () => void;
  readonly log: Log;
}

export class StreamSockets implements Service {
  readonly name = "live streams";
  readonly #options: StreamSocketsOptions;
  readonly #server = new WebSocketServer({
    noServer: true,
    clientTracking: true,
    maxPayload: MESSAGE_BYTES_MAX,
    // A context for compressing takes more memory than everything else of a connection.
    perMessageDeflate: false,
  });
  #isStopping = false;

  constructor(options: StreamSocketsOptions) {
    this.#options = options;
  }

  async start(): Promise<void> {}

  async stop(): Promise<void> {
    this.#isStopping = true;
    await closeAll(this.#server.clients, GOING_AWAY, "the server stops");
  }

  /** `false`: the path is not one of a stream. */
  upgrade(upgrade: Upgrade): boolean {
    const project = PATH.exec(upgrade.url.pathname)?.[1];
    if (project === undefined) return false;
    void this.#open(upgrade, decode(project));
    return true;
  }

  async #open({ request, url, socket, head }: Upgrade, project: string): Promise<void> {
    try {
      if (this.#isStopping) throw streamRefused(503, "stopping", "this node stops; connect to another one");
      const admitted = await this.#options.door.admit({ project, query: url.searchParams, headers: request.headers });
      if (socket.destroyed) {
        admitted.leave();
        return;
      }
      socket.once("close", admitted.leave);
      using watching = await watchOrRefuse(this.#options.feed, admitted.projectId, admitted.wanted);
      if (socket.destroyed || this.#isStopping) socket.destroy();
      else
        this.#server.handleUpgrade(request, socket, head, (client) => this.#serve(client, admitted, watching.move()));
    } catch (error) {
      this.#refuse(socket, error);
    }
  }

  #refuse(socket: Duplex, error: unknown): void {
    if (!(error instanceof StreamRefusedError)) {
      this.#options.log.error("Stream could not be opened", {
        error: error instanceof Error ? (error.stack ?? error.message) : String(error),
      });
    }
    const refusal: UpgradeRefusal = error instanceof StreamRefusedError ? error.refusal : FAULT;
    refuseUpgrade(socket, refusal);
  }

  #serve(client: WebSocket, admitted: Admitted, watching: Disposable): void {
    const { feed, heartbeat, recheckMs, onDropped, log } = this.#options;
    const { projectId, wanted, seen } = admitted;
    const connection = new Connection({ feed, wire: wireOf(client), projectId, wanted, watching, onDropped });
    const { mayStay } = admitted;
    const stopRecheck = recheckAgainAndAgain({
      everyMs: recheckMs,
      mayStay,
      sendAway: () => client.close(NOT_ALLOWED, "authenticate again"),
      log,
    });
    client.on("close", () => {
      stopRecheck();
      connection.close();
    });
    // A client that breaks the protocol; `close` follows.
    client.on("error", (error) => log.debug("Stream failed", { error: error.message }));
    this.#hearOneByOne(client, connection);
    keepAlive(client, heartbeat);
    connection.open(seen);
  }

  /** A client that says more meanwhile is not read, but for what came together. */
  #hearOneByOne(client: WebSocket, connection: Connection): void {
    const { log } = this.#options;
    let isHeard = Promise.resolve();
    let waiting = 0;
    client.on("message", (data, isBinary) => {
      waiting += 1;
      client.pause();
      isHeard = isHeard
        .then(() => hear(connection, data, isBinary))
        .catch((error: unknown) => {
          log.error("Stream could not follow its client", { error: String(error) });
          client.close(FAILED, "the server could not answer; its log says why");
        })
        .finally(() => {
          waiting -= 1;
          if (waiting === 0) client.resume();
        });
    });
  }
}

/** A message that is not understood changes nothing. */
async function hear(connection: Connection, data: RawData, isBinary: boolean): Promise<void> {
  try {
    await connection.setFilters(parseStreamFilters(parseRequest(isBinary ? undefined : data).filters));
  } catch (error) {
    if (error instanceof TooManySearchesError) {
      connection.say({ type: "error", code: TOO_MANY_SEARCHES, message: error.message });
      return;
    }
    if (!(error instanceof StreamFilterError)) throw error;
    const { code, message, details } = error;
    connection.say({ type: "error", code, message, ...(details && { details }) });
  }
}

function parseRequest(data: RawData | undefined): Partial<StreamRequest> {
  let value: unknown;
  try {
    value = data === undefined ? undefined : JSON.parse((data as Buffer).toString());
  } catch (cause) {
    throw new StreamFilterError("the message is not JSON", { cause });
  }
  const { type } = (typeof value === "object" && value !== null ? value : {}) as { type?: unknown };
  if (type !== "subscribe" && type !== "filter") {
    throw new StreamFilterError('the message must be a JSON object whose type is "subscribe" or "filter"');
  }
  return value as Partial<StreamRequest>;
}

function wireOf(client: WebSocket): Wire {
  return {
    get bufferedBytes() {
      return client.bufferedAmount;
    },
    // `binary: false` makes a text of the buffer.
    write: ({ text }, onTaken) => client.send(text, { binary: false }, onTaken),
  };
}

function decode(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    // No project has such a name.
    return segment;
  }
}

const FAULT: UpgradeRefusal = {
  status: 500,
  body: { error: "the server could not answer; its log says why", code: "internal" },
};
