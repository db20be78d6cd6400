/**
 * Ingest over WebSocket: `/ingest`, and the same under `/ws`. The key is checked at the upgrade; each frame is a native event
 * or an array of them and goes the way of an HTTP request, to an answer of its own. An answered frame is on disk.
 */
import type { IncomingMessage } from "node:http";
import { type RawData, type WebSocket, WebSocketServer } from "ws";
import type { ProjectKey } from "../../organizations/project-key.ts";
import type { Service } from "../../runtime/service.ts";
import { closeAll } from "../../runtime/web-sockets/close-all.ts";
import { GOING_AWAY, type Heartbeat, keepAlive } from "../../runtime/web-sockets/keep-alive.ts";
import type { Upgrade } from "../../runtime/web-sockets/offer-upgrades.ts";
import { refuseUpgrade } from "../../runtime/web-sockets/refuse-upgrade.ts";
import { findPublicKey } from "./auth.ts";
import { tooLarge } from "./body.ts";
import type { ByteBudget } from "./byte-budget.ts";
import { countRefusal } from "./count-refusal.ts";
import type { IngestDependencies } from "./dependencies.ts";
import { type Exchange, missingAuth, openProject } from "./exchange.ts";
import { FrameQueue } from "./frame-queue.ts";
import { takeFrame } from "./native-frame.ts";
import type { Refusal } from "./refusal.ts";
import type { IngestRoute } from "./route.ts";

/** Clients that may send to this node at a time. */
const CONNECTIONS_MAX = 1_000;

/** When a client that finds no place may come again. */
const NO_PLACE_RETRY_SECONDS = 30;

/** How long frames that have come may take to be answered when the server stops. */
const ANSWER_MS_MAX = 5_000;

const PATH = /^(?:\/ws)?\/ingest\/?$/;
const ROUTE: IngestRoute = { kind: "native" };

export interface IngestSocketsOptions {
  readonly deps: IngestDependencies;
  /** Shared with the HTTP routes. */
  readonly budget: ByteBudget;
  readonly heartbeat: Heartbeat;
}

export class IngestSockets implements Service {
  readonly name = "ingest sockets";
  readonly #options: IngestSocketsOptions;
  readonly #server: WebSocketServer;
  readonly #queues = new Set<FrameQueue>();
  #isStopping = false;

  constructor(options: IngestSocketsOptions) {
    this.#options = options;
    this.#server = new WebSocketServer({
      noServer: true,
      clientTracking: true,
      maxPayload: options.deps.limits.bulkBytesMax,
      // A context for each client takes more memory than the events under way.
      perMessageDeflate: false,
    });
  }

  async start(): Promise<void> {}

  /** Reads no more, answers what has come, and closes. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    const answered = Promise.all([...this.#queues].map((queue) => queue.finish()));
    let overdue: NodeJS.Timeout | undefined;
    const waited = new Promise<void>((resolve) => {
      overdue = setTimeout(resolve, ANSWER_MS_MAX);
    });
    await Promise.race([answered, waited]);
    clearTimeout(overdue);
    await closeAll(this.#server.clients, GOING_AWAY, "the server stops");
  }

  /** `false`: the path is not that of ingest. */
  upgrade(upgrade: Upgrade): boolean {
    if (!PATH.test(upgrade.url.pathname)) return false;
    void this.#open(upgrade);
    return true;
  }

  async #open({ request, url, socket, head }: Upgrade): Promise<void> {
    const query = url.searchParams;
    const { deps, budget } = this.#options;
    const held = budget.open();
    const exchange: Exchange = { request, route: ROUTE, query, held };
    try {
      if (this.#isStopping || this.#server.clients.size >= CONNECTIONS_MAX) {
        refuseUpgrade(socket, NO_PLACE);
        return;
      }
      const publicKey = findPublicKey(request.headers, query, { bare: true });
      if (publicKey === undefined) throw missingAuth(ROUTE);
      const key = await openProject(publicKey, exchange, deps);
      this.#server.handleUpgrade(request, socket, head, (client) => this.#serve(client, request, query, key));
    } catch (error) {
      refuseUpgrade(socket, upgradeRefusal(countRefusal(error, exchange, deps)));
    }
  }

  #serve(client: WebSocket, request: IncomingMessage, query: URLSearchParams, key: ProjectKey): void {
    const { deps, budget, heartbeat } = this.#options;
    const take = async (bytes: Buffer): Promise<string> => {
      const held = budget.open();
      try {
        return await takeFrame(bytes, { request, route: ROUTE, query, held, key }, deps);
      } finally {
        held.release();
      }
    };
    const queue = new FrameQueue(client, take);
    this.#queues.add(queue);
    client.on("message", (data: RawData) => queue.push(data as Buffer));
    client.on("error", (error) => {
      if ((error as NodeJS.ErrnoException).code !== "WS_ERR_UNSUPPORTED_MESSAGE_LENGTH") return;
      // The client is told by the close code 1009.
      countRefusal(tooLarge(deps.limits.bulkBytesMax), { route: ROUTE, key }, deps);
    });
    client.once("close", () => this.#queues.delete(queue));
    keepAlive(client, heartbeat);
  }
}

const NO_PLACE = {
  status: 503,
  body: { error: "this node takes no more connections", code: "too_many_connections" },
  retryAfterSeconds: NO_PLACE_RETRY_SECONDS,
};

function upgradeRefusal({ status, message, outcome, options }: Refusal) {
  const { code = outcome, details, retryAfterSeconds } = options;
  return {
    status,
    body: { error: message, code, ...(details === undefined ? {} : { details }) },
    retryAfterSeconds,
  };
}
