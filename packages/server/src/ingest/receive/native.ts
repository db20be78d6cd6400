import { checkNativeEvent, parseEventId } from "@mesher/protocol";
import type { EventSlice } from "../journal/entry.ts";
import { type Admission, admit } from "./admit.ts";
import { type Answer, rateLimitHeaders } from "./answer.ts";
import { sliceElements } from "./array-elements.ts";
import type { IngestDependencies } from "./dependencies.ts";
import { type Exchange, missingAuth, senderOf } from "./exchange.ts";
import type { ReceivedBody } from "./inflate.ts";
import { Refusal } from "./refusal.ts";

/** `POST /api/v1/events`: one event. Throws a Refusal. */
export async function takeNativeEvent(
  body: ReceivedBody,
  exchange: Exchange,
  deps: IngestDependencies,
): Promise<Answer> {
  const id = await acceptNativeEvent(parseNativeJson(body.bytes), body, exchange, deps);
  return { status: 202, body: JSON.stringify({ id, status: "accepted" }) };
}

/** Accepts the event that the body is, and gives back its id. Throws a Refusal. */
export async function acceptNativeEvent(
  event: unknown,
  body: ReceivedBody,
  exchange: Exchange,
  deps: IngestDependencies,
): Promise<string> {
  const checked = checkNativeEvent(event);
  if (!checked.ok) throw invalidEvent(checked.reasons);

  const eventId = parseEventId(checked.event.event_id) ?? deps.makeEventId();
  await admitNative([{ eventId, offset: 0, length: body.bytes.length }], body, exchange, deps);
  return eventId;
}

/** `POST /api/v1/events/bulk`: an array of events, each with a result of its own. Throws a Refusal if none is accepted. */
export async function takeNativeBulk(
  body: ReceivedBody,
  exchange: Exchange,
  deps: IngestDependencies,
): Promise<Answer> {
  const { results, retryAfterSeconds } = await acceptNativeBulk(parseNativeJson(body.bytes), body, exchange, deps);
  const answer = { status: 202, body: JSON.stringify({ status: "accepted", results }) };
  if (retryAfterSeconds === undefined) return answer;
  return { ...answer, headers: rateLimitHeaders(retryAfterSeconds, "rate_limited") };
}

/** How one element of a bulk ended. */
export type NativeResult = { readonly status: "accepted"; readonly id: string } | RejectedResult;

export interface NativeBulk {
  /** In the order of the elements. */
  readonly results: readonly NativeResult[];
  /** Present if the rate limit refused some of them. */
  readonly retryAfterSeconds?: number;
}

/** Accepts those elements of the array that the body is which can be. Throws a Refusal if none is accepted. */
export async function acceptNativeBulk(
  elements: unknown,
  body: ReceivedBody,
  exchange: Exchange,
  deps: IngestDependencies,
): Promise<NativeBulk> {
  checkBulk(elements, deps.limits.bulkEventsMax);

  const slices = sliceElements(body.bytes);
  const verdicts = elements.map((element, index) => judge(element, slices[index], deps));
  const valid = verdicts.filter((verdict) => "eventId" in verdict);
  const invalid = verdicts.length - valid.length;
  if (valid.length === 0) {
    throw new Refusal("malformed", "no event of the array is valid", {
      code: "invalid_event",
      reason: "native",
      quantity: invalid,
      details: verdicts,
    });
  }

  countInvalid(verdicts, exchange, deps);
  return resultsOf(verdicts, await admitNative(valid, body, exchange, deps));
}

/** Of one element before it is admitted: where it lies, or why it is refused. */
type Verdict = EventSlice | RejectedResult;

interface RejectedResult {
  readonly status: "rejected";
  readonly error: string;
  readonly code: string;
  readonly details?: unknown;
}

function judge(element: unknown, slice: Slice | undefined, deps: IngestDependencies): Verdict {
  const { eventBytesMax } = deps.limits;
  if (slice === undefined || slice.length > eventBytesMax) {
    return { status: "rejected", error: "payload too large", code: "too_large", details: { bytes_max: eventBytesMax } };
  }
  const checked = checkNativeEvent(element);
  if (!checked.ok) {
    const { message, options } = invalidEvent(checked.reasons);
    return { status: "rejected", error: message, code: "invalid_event", details: options.details };
  }
  return { eventId: parseEventId(checked.event.event_id) ?? deps.makeEventId(), ...slice };
}

type Slice = Pick<EventSlice, "offset" | "length">;

function admitNative(
  events: readonly EventSlice[],
  body: ReceivedBody,
  exchange: Exchange,
  deps: IngestDependencies,
): Promise<Admission> {
  const { key, route } = exchange;
  if (key === undefined) throw missingAuth(route);
  return admit({ key, category: "error", source: "native", events, body, ...senderOf(exchange, deps) }, deps);
}

function countInvalid(verdicts: readonly Verdict[], { key }: Exchange, deps: IngestDependencies): void {
  for (const outcome of ["malformed", "too_large"] as const) {
    const quantity = verdicts.filter(
      (verdict) => "status" in verdict && (verdict.code === "too_large") === (outcome === "too_large"),
    ).length;
    if (quantity === 0) continue;
    const projectId = key === undefined ? {} : { projectId: key.projectId };
    deps.countOutcome({ ...projectId, outcome, category: "error", quantity, reason: "native" });
  }
}

function resultsOf(verdicts: readonly Verdict[], { accepted, retryAfterSeconds }: Admission): NativeBulk {
  const results = verdicts.map((verdict): NativeResult => {
    if ("status" in verdict) return verdict;
    if (accepted.has(verdict)) return { status: "accepted", id: verdict.eventId };
    return { status: "rejected", error: "rate limited", code: "rate_limited" };
  });
  return retryAfterSeconds === undefined ? { results } : { results, retryAfterSeconds };
}

function checkBulk(elements: unknown, eventsMax: number): asserts elements is readonly unknown[] {
  if (!Array.isArray(elements)) {
    throw new Refusal("malformed", "the body must be an array of events", { code: "not_an_array", reason: "native" });
  }
  if (elements.length === 0) {
    throw new Refusal("malformed", "the array holds no event", { code: "no_events", reason: "native" });
  }
  if (elements.length > eventsMax) {
    const details = { events_max: eventsMax };
    throw new Refusal("too_large", "too many events", { code: "too_many_events", quantity: elements.length, details });
  }
}

/** Throws a Refusal. */
export function parseNativeJson(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString("utf8"));
  } catch (cause) {
    throw new Refusal("malformed", "the body is not JSON", { code: "invalid_json", reason: "native", cause });
  }
}

function invalidEvent(reasons: readonly { readonly path: string; readonly reason: string }[]): Refusal {
  const [first] = reasons;
  const message = first === undefined ? "invalid event" : `${first.path === "" ? "event" : first.path} ${first.reason}`;
  return new Refusal("malformed", message, { code: "invalid_event", reason: "native", details: reasons });
}
