/** The HTTP port: SDKs' events go their own short way, everything else is the API and the pages. */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { ApiError } from "@mesher/protocol";
import { type FastifyInstance, type FastifyReply, fastify } from "fastify";
import { isConnectionFailure, isTransient, isUnstorableText, PG, sqlState } from "../db/errors.ts";
import { OrganizationRefusedError, type Refusal } from "../organizations/refusal.ts";
import type { Log } from "../runtime/log.ts";
import type { Service } from "../runtime/service.ts";
import type { UpgradeListener } from "../runtime/web-sockets/offer-upgrades.ts";
import { type DeclaredRoute, enforceAccess } from "./access.ts";
import { RequestRefusedError } from "./api-error.ts";
import type { ApiDependencies } from "./dependencies.ts";
import { tagAnswers } from "./entity-tags.ts";
import { refuseHarmful } from "./harmful-requests.ts";
import { makeIdempotent } from "./idempotency.ts";
import { registerPages } from "./pages.ts";
import { pathPrefixOf, takePrefixOff } from "./path-prefix.ts";
import { registerRoutes } from "./routes.ts";
import { setSecurityHeaders } from "./security-headers.ts";

export interface HttpServerOptions {
  readonly host: string;
  readonly port: number;
  /** Proxies whose word on the client counts; see Fastify's `trustProxy`. Empty: none. */
  readonly trustedProxies: readonly string[];
  /** Answers requests of SDKs; `false`: not one of theirs. */
  readonly ingest: (request: IncomingMessage, response: ServerResponse) => boolean;
  /** Takes or refuses every WebSocket. */
  readonly upgrade: UpgradeListener;
  readonly deps: ApiDependencies;
  readonly log: Log;
}

/** A client that sends nothing for this long is cut off. */
const REQUEST_MS_MAX = 60_000;
const HEADERS_MS_MAX = 15_000;

/**
 * How long a connection stays open between two requests. Longer than balancers keep theirs, mostly 60 s: a request that one
 * sends on a connection that is just being closed is lost, and SDKs do not send again. Fastify's own setting counts for
 * servers that it makes.
 */
const IDLE_CONNECTION_MS = 75_000;

/** When to ask again while the database is away. */
const DATABASE_RETRY_SECONDS = 5;

/** How long connections may finish their answers when the server stops. */
const CLOSE_MS_MAX = 5_000;

export class HttpServer implements Service {
  readonly name = "HTTP server";
  readonly #options: HttpServerOptions;
  #app: FastifyInstance | undefined;
  #port = 0;
  #isStopping = false;
  #routes: readonly DeclaredRoute[] = [];

  constructor(options: HttpServerOptions) {
    this.#options = options;
  }

  /** The port it listens on. */
  get port(): number {
    return this.#port;
  }

  /** All routes but those of SDKs, with who may use them. Complete once it is started. */
  get routes(): readonly DeclaredRoute[] {
    return this.#routes;
  }

  async start(): Promise<void> {
    const { host, port, trustedProxies, ingest, upgrade, deps, log } = this.#options;
    const prefix = pathPrefixOf(deps.publicUrl);
    const app = fastify({
      logger: false,
      trustProxy: trustedProxies.length === 0 ? false : [...trustedProxies],
      forceCloseConnections: "idle",
      frameworkErrors: answerUnreadable,
      serverFactory: (handleApi) => {
        const server = createServer({ shouldUpgradeCallback: isWebSocket }, (request, response) => {
          // A client that sends one request after the other must not hold up the stop.
          if (this.#isStopping) response.shouldKeepAlive = false;
          takePrefixOff(request, prefix);
          if (!ingest(request, response)) handleApi(request, response);
        });
        server.on("upgrade", upgrade);
        server.requestTimeout = REQUEST_MS_MAX;
        server.headersTimeout = HEADERS_MS_MAX;
        server.keepAliveTimeout = IDLE_CONNECTION_MS;
        return server;
      },
    });
    answerErrors(app, log);
    setSecurityHeaders(app, deps.publicUrl);
    refuseHarmful(app);
    this.#routes = enforceAccess(app, deps);
    makeIdempotent(app, deps, log);
    tagAnswers(app);
    registerRoutes(app, deps, this.#routes);
    await registerPages(app, prefix, this.#routes);
    await app.listen({ host, port });
    this.#app = app;
    this.#port = (app.server.address() as AddressInfo).port;
    log.info(`HTTP server starting on :${this.#port}`);
  }

  /** Takes no new connection, finishes the requests under way. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    const server = this.#app?.server;
    const cutOff = setTimeout(() => server?.closeAllConnections(), CLOSE_MS_MAX);
    try {
      await this.#app?.close();
    } finally {
      clearTimeout(cutOff);
    }
  }
}

/** Some HTTP clients offer to go on with HTTP/2 (`h2c`) and are content with an answer instead. */
function isWebSocket({ headers }: IncomingMessage): boolean {
  return headers.upgrade?.toLowerCase() === "websocket";
}

const REFUSAL_STATUS: Record<Refusal, number> = {
  last_owner: 409,
  above_own_role: 403,
  beyond_own_scopes: 403,
  already_member: 409,
  email_taken: 409,
  wrong_person: 403,
  link_over: 404,
  slug_taken: 409,
  too_many_teams: 409,
  elsewhere_too: 403,
  no_member: 404,
};

/** What Fastify refuses before it looks for a route: an address that cannot be decoded, or an id longer than any. */
function answerUnreadable(error: Error & { code: string }, _request: unknown, reply: FastifyReply): void {
  const isTooLong = error.code === "FST_ERR_MAX_PARAM_LENGTH";
  const body: ApiError = isTooLong
    ? { error: "there is nothing at this address", code: "not_found" }
    : { error: "the address cannot be read", code: "bad_request" };
  void reply.code(isTooLong ? 404 : 400).send(body);
}

/** What Fastify refuses for its body before a route sees it. */
const REFUSED_BODY_CODES: Readonly<Record<number, string>> = { 413: "too_large", 415: "unsupported_media_type" };

const DELETED_MEANWHILE: ApiError = {
  error: "what the request is about was deleted at this moment",
  code: "not_found",
};

function answerErrors(app: FastifyInstance, log: Log): void {
  app.setErrorHandler((error: unknown, request, reply) => {
    if (error instanceof RequestRefusedError) return reply.code(error.status).send(error.body);
    if (error instanceof OrganizationRefusedError) {
      const body: ApiError = { error: error.message, code: error.refusal };
      return reply.code(REFUSAL_STATUS[error.refusal]).send(body);
    }
    const { statusCode, validation, message } = error as {
      statusCode?: number;
      validation?: unknown;
      message?: string;
    };
    if (statusCode !== undefined && statusCode < 500) {
      const body: ApiError = {
        error: message ?? "the request cannot be understood",
        code: REFUSED_BODY_CODES[statusCode] ?? "bad_request",
        ...(validation === undefined ? {} : { details: validation }),
      };
      return reply.code(statusCode).send(body);
    }
    if (isUnstorableText(error)) {
      const body: ApiError = { error: "a text has characters that cannot be stored", code: "bad_request" };
      return reply.code(400).send(body);
    }
    // Routes look first whether there is what they are about: it was there, and was deleted before something of it was stored.
    if (sqlState(error) === PG.foreignKeyViolation) {
      log.warn("Request was about something deleted at this moment", {
        url: request.url.split("?")[0],
        error: String(error),
      });
      return reply.code(404).send(DELETED_MEANWHILE);
    }
    if (isConnectionFailure(error) || isTransient(error)) {
      log.warn("Request failed, because the database is away or busy", {
        url: request.url.split("?")[0],
        error: String(error),
      });
      const body: ApiError = {
        error: "the database cannot be reached now; events are accepted all the same",
        code: "database_away",
      };
      return reply.code(503).header("retry-after", DATABASE_RETRY_SECONDS).send(body);
    }
    // The client learns nothing of our insides; the log does.
    log.error("Request failed", {
      method: request.method,
      url: request.url.split("?")[0],
      error: error instanceof Error ? (error.stack ?? error.message) : String(error),
    });
    const body: ApiError = { error: "the server could not answer; its log says why", code: "internal" };
    return reply.code(500).send(body);
  });
}
