import type { ProjectKey } from "../../organizations/project-key.ts";
import { tooLarge } from "./body.ts";
import { countRefusal } from "./count-refusal.ts";
import type { IngestDependencies } from "./dependencies.ts";
import { type Exchange, openProject } from "./exchange.ts";
import { acceptNativeBulk, acceptNativeEvent, parseNativeJson } from "./native.ts";
import { madeBody } from "./pack.ts";
import type { Refusal } from "./refusal.ts";

/** A client's own name for an event, which its answer carries. */
const REF_LENGTH_MAX = 200;

/**
 * Takes one frame: an event, or an array of events, as `POST /api/v1/events` and `/bulk` take them. Gives the JSON of its
 * answer; never rejects. The key is looked up anew: keys are revoked, and their limits change, while a client is connected.
 */
export async function takeFrame(
  bytes: Buffer,
  exchange: Exchange & { readonly key: ProjectKey },
  deps: IngestDependencies,
): Promise<string> {
  let frame: unknown;
  try {
    exchange.held.take(bytes.length);
    const bytesMax = isArray(bytes) ? deps.limits.bulkBytesMax : deps.limits.eventBytesMax;
    if (bytes.length > bytesMax) throw tooLarge(bytesMax);
    frame = parseNativeJson(bytes);
    await openProject(exchange.key.publicKey, exchange, deps);
    const body = madeBody(bytes);
    if (!Array.isArray(frame)) {
      const id = await acceptNativeEvent(frame, body, exchange, deps);
      return JSON.stringify({ status: "accepted", id, ref: refOf(frame) });
    }
    const { results, retryAfterSeconds } = await acceptNativeBulk(frame, body, exchange, deps);
    return JSON.stringify({
      status: "accepted",
      results: withRefs(results, frame),
      retry_after_seconds: retryAfterSeconds,
    });
  } catch (error) {
    return refusedAnswer(countRefusal(error, exchange, deps), frame);
  }
}

/** Nothing of the frame was accepted. */
function refusedAnswer({ message, outcome, options }: Refusal, frame: unknown): string {
  const { code = outcome, details, retryAfterSeconds } = options;
  const refusal = { status: "rejected", error: message, code };
  const more = { details, retry_after_seconds: retryAfterSeconds };
  if (!Array.isArray(frame)) return JSON.stringify({ ...refusal, ...more, ref: refOf(frame) });
  // Why each of them was refused, or for each the same.
  const results = Array.isArray(details) ? (details as object[]) : frame.map(() => refusal);
  return JSON.stringify({
    ...refusal,
    retry_after_seconds: retryAfterSeconds,
    results: withRefs(results, frame),
  });
}

function withRefs(results: readonly object[], elements: readonly unknown[]): object[] {
  return results.map((result, index) => ({ ...result, ref: refOf(elements[index]) }));
}

/** Absent in the answer where there is none. */
function refOf(event: unknown): string | number | undefined {
  const { ref } = (typeof event === "object" && event !== null ? event : {}) as { ref?: unknown };
  if (typeof ref === "number") return ref;
  return typeof ref === "string" && ref.length <= REF_LENGTH_MAX ? ref : undefined;
}

function isArray(bytes: Buffer): boolean {
  return /^\s*\[/.test(bytes.toString("latin1", 0, SPACES_MAX));
}

/** Spaces before a frame's JSON that are looked over. */
const SPACES_MAX = 64;
