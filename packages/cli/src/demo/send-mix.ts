import type { Answer } from "../post-envelope.ts";
import type { Clock } from "./clock.ts";
import type { Occurrence } from "./shop-stream.ts";
import type { Tally } from "./tally.ts";

/** Sent at once at the start, so that the page is alive at once. */
export const BACKLOG_EVENTS = 60;

export interface MixDependencies {
  readonly next: () => Occurrence;
  readonly post: (occurrence: Occurrence) => Promise<Answer>;
  readonly clock: Clock;
  /** Aborted: a person wants it to end. */
  readonly interrupted: AbortSignal;
  readonly tally: Tally;
}

/** No later event would fare better; sending on is pointless. */
export class MixRefusedError extends Error {
  override readonly name = "MixRefusedError";
  readonly answer: Exclude<Answer, { kind: "accepted" }>;

  constructor(answer: Exclude<Answer, { kind: "accepted" }>) {
    super(answer.kind === "refused" ? `refused with ${answer.status}` : "unanswered");
    this.answer = answer;
  }
}

/**
 * Sends the backlog, then events at their rate, until the time is over or a person wants it to end. Events in flight
 * are waited for. Where the server asks for a pause, nothing is sent until it is over, and the events that would have
 * been are not made up for.
 *
 * Throws a MixRefusedError if the server does not know us, or never answered.
 */
export async function sendMix(
  { ratePerSecond, seconds }: { readonly ratePerSecond: number; readonly seconds: number },
  { next, post, clock, interrupted, tally }: MixDependencies,
): Promise<void> {
  const endMs = clock.nowMs() + seconds * 1000;
  const gapMs = 1000 / ratePerSecond;
  const inFlight = new Set<Promise<void>>();
  let backlog = BACKLOG_EVENTS;
  let dueMs = clock.nowMs();
  const found: { pointless?: MixRefusedError } = {};

  const sendOne = async (): Promise<void> => {
    const occurrence = next();
    const answer = await post(occurrence);
    tally.add(occurrence, answer);
    tally.pausedUntilMs = Math.max(tally.pausedUntilMs, clock.nowMs() + pauseMsAfter(answer));
    if (answer.kind !== "accepted" && isPointless(answer, tally)) found.pointless = new MixRefusedError(answer);
  };

  while (!interrupted.aborted && clock.nowMs() < endMs && found.pointless === undefined) {
    const waitMs = Math.max(tally.pausedUntilMs, backlog > 0 ? 0 : dueMs) - clock.nowMs();
    if (waitMs > 0) {
      await clock.sleep(Math.min(waitMs, endMs - clock.nowMs()), interrupted);
      continue;
    }
    if (inFlight.size >= IN_FLIGHT_MAX) {
      await Promise.race(inFlight);
      continue;
    }
    if (backlog > 0) backlog--;
    else dueMs = Math.max(dueMs, clock.nowMs() - CATCH_UP_MS_MAX) + gapMs;
    const sending = sendOne().finally(() => inFlight.delete(sending));
    inFlight.add(sending);
  }
  await Promise.all(inFlight);
  if (found.pointless !== undefined) throw found.pointless;
}

const IN_FLIGHT_MAX = 8;
/** A late timer is made up for; a pause or a slow server is not. */
const CATCH_UP_MS_MAX = 50;
/** Before the next try, when no answer came: the server may be starting again. */
const UNANSWERED_PAUSE_MS = 1000;

function pauseMsAfter(answer: Answer): number {
  if (answer.kind === "unanswered") return UNANSWERED_PAUSE_MS;
  return answer.kind === "refused" ? (answer.retryAfterMs ?? 0) : 0;
}

function isPointless(answer: Exclude<Answer, { kind: "accepted" }>, tally: Tally): boolean {
  if (answer.kind === "unanswered") return tally.accepted + tally.refused === 0;
  return [401, 403, 404].includes(answer.status) || (answer.status >= 300 && answer.status < 400);
}
