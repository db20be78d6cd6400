import type { IncomingMessage, ServerResponse } from "node:http";
import { freeBytes } from "../../runtime/free-bytes.ts";
import { Gathering } from "../../runtime/gathering.ts";
import { type Answer, nativeRefusal, preflightAnswer, sendAnswer, sentryRefusal, wrongMethodAnswer } from "./answer.ts";
import { findPublicKey } from "./auth.ts";
import { discardBody, readBody } from "./body.ts";
import { ByteBudget } from "./byte-budget.ts";
import { countRefusal } from "./count-refusal.ts";
import type { IngestDependencies } from "./dependencies.ts";
import { takeEnvelope } from "./envelope.ts";
import { checkNumber, type Exchange, isNative, missingAuth, openProject } from "./exchange.ts";
import { findEncoding, Inflater, type ReceivedBody } from "./inflate.ts";
import type { ReceiveLimits } from "./limits.ts";
import { takeNativeBulk, takeNativeEvent } from "./native.ts";
import { ClientGoneError, Refusal } from "./refusal.ts";
import { allowedMethods, findIngestRoute, type IngestRoute } from "./route.ts";
import { takeSecurityReports } from "./security.ts";
import { queryBody, STORE_PIXEL, takeStore } from "./store.ts";

/**
 * Answers the ingest routes on bare `node:http`, where a web framework would cost as much as all of the work.
 * True: the path is an ingest route, and the answer will come. False: it is not ours.
 */
export function createIngestHandler(
  deps: IngestDependencies,
  budget = new ByteBudget(deps.limits.inFlightBytesMax),
): (request: IncomingMessage, response: ServerResponse) => boolean {
  const shared: Shared = { inflater: new Inflater(), gathering: new Gathering() };

  return (request, response) => {
    const { path, query } = splitUrl(request.url ?? "");
    const route = findIngestRoute(path);
    if (route === undefined) return false;

    const methods = allowedMethods(route);
    if (request.method === "OPTIONS") {
      sendAnswer(response, preflightAnswer(methods));
    } else if (!methods.split(", ").includes(request.method ?? "")) {
      sendAnswer(response, wrongMethodAnswer(methods));
    } else {
      const held = budget.open();
      const exchange: Exchange = { request, route, query, held };
      void answer(exchange, response, deps, shared).finally(() => held.release());
    }
    return true;
  };
}

/** What all requests share. */
interface Shared {
  readonly inflater: Inflater;
  readonly gathering: Gathering;
}

/** The one place where refusals are answered. Never rejects. */
async function answer(
  exchange: Exchange,
  response: ServerResponse,
  deps: IngestDependencies,
  shared: Shared,
): Promise<void> {
  try {
    sendAnswer(response, await take(exchange, deps, shared));
  } catch (error) {
    if (error instanceof ClientGoneError) return;
    const refusal = countRefusal(error, exchange, deps);
    sendAnswer(response, isNative(exchange.route) ? nativeRefusal(refusal) : sentryRefusal(refusal));
    discardBody(exchange.request);
  }
}

/** auth → read → inflate → parse, sample, limit, journal. */
async function take(exchange: Exchange, deps: IngestDependencies, { inflater, gathering }: Shared): Promise<Answer> {
  const { route, request, query, held } = exchange;
  if (route.number !== undefined) checkNumber(route.number);

  const publicKey = findPublicKey(request.headers, query, { bare: isNative(route) });
  if (publicKey !== undefined) await openProject(publicKey, exchange, deps);
  else if (route.kind !== "envelope") throw missingAuth(route);

  if (request.method === "GET") return takePixel(exchange, deps, inflater);

  const { wireBytesMax, inflatedBytesMax } = bodyLimits(route, deps.limits);
  const encoding = findEncoding(request.headers["content-encoding"]);
  const wire = await readBody(request, { bytesMax: wireBytesMax, timeoutMs: deps.limits.bodyTimeoutMs }, held);
  await gathering.join();
  const body = await inflater.inflate(wire, encoding, inflatedBytesMax, held);
  try {
    return await TAKE[route.kind](body, exchange, deps, inflater);
  } finally {
    // The journal keeps bodies as they came, or copies.
    if (body.bytes !== body.wire) freeBytes(body.bytes);
  }
}

type Take = (body: ReceivedBody, exchange: Exchange, deps: IngestDependencies, inflater: Inflater) => Promise<Answer>;

const TAKE: Record<IngestRoute["kind"], Take> = {
  envelope: takeEnvelope,
  // An envelope may come to the store route, if it says so (relay's `endpoints/store.rs`).
  store: (body, exchange, deps, inflater) =>
    isEnvelope(exchange.request) ? takeEnvelope(body, exchange, deps) : takeStore(body, exchange, deps, inflater),
  security: takeSecurityReports,
  native: takeNativeEvent,
  bulk: takeNativeBulk,
};

/** Very old browsers send an event as the address of an image. */
async function takePixel(exchange: Exchange, deps: IngestDependencies, inflater: Inflater): Promise<Answer> {
  const data = exchange.query?.get("sentry_data");
  if (!data) throw new Refusal("malformed", "sentry_data is missing", { reason: "event" });
  await takeStore(queryBody(data), exchange, deps, inflater);
  return STORE_PIXEL;
}

function isEnvelope({ headers }: IncomingMessage): boolean {
  return headers["content-type"]?.startsWith("application/x-sentry-envelope") ?? false;
}

function bodyLimits({ kind }: IngestRoute, limits: ReceiveLimits) {
  const { wireBytesMax, inflatedBytesMax, eventBytesMax, bulkBytesMax } = limits;
  const bytesMax = {
    envelope: inflatedBytesMax,
    // Base64 takes a third more than the event in it.
    store: eventBytesMax * 2,
    security: eventBytesMax,
    native: eventBytesMax,
    bulk: bulkBytesMax,
  }[kind];
  return { wireBytesMax: Math.min(wireBytesMax, bytesMax), inflatedBytesMax: bytesMax };
}

function splitUrl(url: string): { path: string; query: URLSearchParams | undefined } {
  const mark = url.indexOf("?");
  if (mark === -1) return { path: url, query: undefined };
  return { path: url.slice(0, mark), query: new URLSearchParams(url.slice(mark + 1)) };
}
