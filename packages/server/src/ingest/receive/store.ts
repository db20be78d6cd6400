import { parseEventId } from "@mesher/protocol";
import { EventJsonError, parseEventJson } from "../event-json.ts";
import { admit } from "./admit.ts";
import { type Answer, acceptedAnswer } from "./answer.ts";
import { tooLarge } from "./body.ts";
import type { IngestDependencies } from "./dependencies.ts";
import { looksLikeObject } from "./envelope.ts";
import { type Exchange, missingAuth, senderOf } from "./exchange.ts";
import { type Inflater, isGzip, isZlib, type ReceivedBody } from "./inflate.ts";
import { madeBody } from "./pack.ts";
import { Refusal } from "./refusal.ts";

/** Takes the one event of a legacy store request. Such clients are few, so its JSON is parsed at once. Throws a Refusal. */
export async function takeStore(
  received: ReceivedBody,
  exchange: Exchange,
  deps: IngestDependencies,
  inflater: Inflater,
): Promise<Answer> {
  const { key } = exchange;
  if (key === undefined) throw missingAuth(exchange.route);

  const body = await decodeStoreBody(received, deps.limits.eventBytesMax, exchange, inflater);
  const { bytes } = body;
  const event = parseEvent(bytes);
  const eventId = parseEventId(event.event_id) ?? deps.makeEventId();
  if (event.type === "transaction") {
    const { projectId } = key;
    deps.countOutcome({ projectId, outcome: "unsupported_item", category: "transaction", quantity: 1 });
    return acceptedAnswer(eventId);
  }

  const events = [{ eventId, offset: 0, length: bytes.length }];
  await admit({ key, category: "error", source: "sentry", events, body, ...senderOf(exchange, deps) }, deps);
  return acceptedAnswer(eventId);
}

/** What `?sentry_data=` holds. A plus sign that was not escaped has become a space. */
export function queryBody(data: string): ReceivedBody {
  const text = data.trimStart().startsWith("{") ? data : data.replaceAll(" ", "+");
  return madeBody(Buffer.from(text));
}

export const STORE_PIXEL: Answer = {
  status: 200,
  contentType: "image/gif",
  body: Buffer.from("R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7", "base64"),
};

/** Old SDKs send base64 of zlib, gzip or plain JSON, or zlib and gzip themselves, and name no encoding. */
async function decodeStoreBody(
  received: ReceivedBody,
  bytesMax: number,
  { held }: Exchange,
  inflater: Inflater,
): Promise<ReceivedBody> {
  const { bytes } = received;
  if (bytes.length === 0) throw new Refusal("malformed", "the body is empty", { reason: "event" });
  if (looksLikeObject(bytes)) {
    if (bytes.length > bytesMax) throw tooLarge(bytesMax);
    return received;
  }
  const isBinary = isGzip(bytes) || isZlib(bytes);
  if (!isBinary && !isBase64(bytes)) return received;

  const binary = isBinary ? bytes : Buffer.from(bytes.toString("latin1"), "base64");
  const encoding = isGzip(binary) ? "gzip" : isZlib(binary) ? "deflate" : "identity";
  const { bytes: decoded } = await inflater.inflate(binary, encoding, bytesMax, held);
  return madeBody(decoded);
}

function isBase64(bytes: Buffer): boolean {
  return /^[\w+/-]{2,}={0,2}\s*$/.test(bytes.toString("latin1", 0, Math.min(bytes.length, BASE64_LOOK_BYTES)));
}

function parseEvent(bytes: Uint8Array): Readonly<Record<string, unknown>> {
  let event: unknown;
  try {
    event = parseEventJson(bytes);
  } catch (error) {
    if (!(error instanceof EventJsonError)) throw error;
    throw new Refusal("malformed", error.message, { reason: "event", cause: error.cause });
  }
  if (typeof event !== "object" || event === null || Array.isArray(event)) {
    throw new Refusal("malformed", "the event is not a JSON object", { reason: "event" });
  }
  return event as Readonly<Record<string, unknown>>;
}

/** JSON that is no object, and most garbage, shows itself as no base64 this early. */
const BASE64_LOOK_BYTES = 256;
