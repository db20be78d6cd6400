import type { Category } from "@mesher/protocol";
import type { EventSource } from "../../events/payload.ts";
import type { ProjectKey } from "../../organizations/project-key.ts";
import { type EventSlice, type JournalEntry, JournalUnavailableError } from "../journal/entry.ts";
import { overloaded } from "./byte-budget.ts";
import type { IngestDependencies } from "./dependencies.ts";
import type { ReceivedBody } from "./inflate.ts";
import { packBody } from "./pack.ts";
import { Refusal } from "./refusal.ts";

/** Events that were found to be in order, of one request. */
export interface Submission {
  readonly key: ProjectKey;
  readonly category: Category;
  readonly source: EventSource;
  /** At least one. */
  readonly events: readonly EventSlice[];
  readonly body: ReceivedBody;
  readonly sentAt?: string;
  readonly clientIp?: string;
  readonly userAgent?: string;
}

export interface Admission {
  /** Of the submitted events, those that were accepted, sampled ones among them. */
  readonly accepted: ReadonlySet<EventSlice>;
  /** Present if the rate limit refused some of the events. */
  readonly retryAfterSeconds?: number;
}

/**
 * sample → rate limit → journal. When this resolves, what is accepted is on disk and everything is counted.
 * Throws a Refusal if none of the events could be accepted; it is counted by whoever answers it.
 */
export async function admit(submission: Submission, deps: IngestDependencies): Promise<Admission> {
  const { key, category, events } = submission;
  const kept = events.filter((event) => isKept(event.eventId, key.sampleRate));
  const { granted, retryAfterSeconds } =
    kept.length === 0
      ? { granted: 0, retryAfterSeconds: 0 }
      : await deps.rateLimiter.consume(key.publicKey, kept.length, key.rateLimitEvents);
  const limited = kept.length - granted;
  if (limited === events.length) {
    throw new Refusal("rate_limited", "rate limited", { retryAfterSeconds, quantity: limited });
  }

  const admitted = kept.slice(0, granted);
  if (admitted.length > 0) await journal(submission, admitted, events.length, deps);

  const { projectId } = key;
  const sampled = events.length - kept.length;
  deps.countAccepted({ projectId, category, quantity: sampled + granted });
  if (sampled > 0) deps.countOutcome({ projectId, outcome: "sampled", category, quantity: sampled });
  if (limited === 0) return { accepted: new Set(events) };

  deps.countOutcome({ projectId, outcome: "rate_limited", category, quantity: limited });
  const refused = new Set(kept.slice(granted));
  return { accepted: new Set(events.filter((event) => !refused.has(event))), retryAfterSeconds };
}

/**
 * Whether an event falls into the part that is kept. The same id always decides the same, so a client that sends
 * again gets no second chance.
 */
export function isKept(eventId: string, sampleRate: number): boolean {
  if (sampleRate >= 1) return true;
  return hash32(eventId) / 2 ** 32 < sampleRate;
}

async function journal(
  submission: Submission,
  admitted: readonly EventSlice[],
  quantity: number,
  deps: IngestDependencies,
): Promise<void> {
  const { key, source, sentAt, clientIp, userAgent } = submission;
  const entry: JournalEntry = {
    projectId: key.projectId,
    receivedAtMs: deps.now(),
    source,
    ...(sentAt === undefined ? {} : { sentAt }),
    ...(clientIp === undefined ? {} : { clientIp }),
    ...(userAgent === undefined ? {} : { userAgent }),
    ...packBody(submission.body, admitted),
  };
  try {
    await deps.journal.append(entry);
  } catch (cause) {
    if (cause instanceof JournalUnavailableError) {
      throw overloaded("the journal takes no more events", "journal", { cause, quantity });
    }
    throw cause;
  }
}

/** FNV-1a, then mixed (murmur3's finalizer) so that ids that differ in their last digits spread. */
function hash32(text: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index++) hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
