/** What the events of a batch add up to, for the counters of their issues. Pure. */
import type { SeenRelease } from "../../releases/releases.queries.ts";

interface CountableEvent {
  readonly projectId: string;
  readonly receivedAtMs: number;
  readonly release: string | undefined;
}

export interface EventSum {
  readonly projectId: string;
  events: number;
  firstSeenMs: number;
  lastSeenMs: number;
  /** Of the first and the last event that names one. */
  firstRelease: string | undefined;
  lastRelease: string | undefined;
}

/** One sum for each key; `keyOf` gives texts that are different in different projects. */
export function sumEvents<E extends CountableEvent>(
  events: readonly E[],
  keyOf: (event: E) => string,
): Map<string, EventSum> {
  const sums = new Map<string, EventSum>();
  for (const event of events.toSorted((a, b) => a.receivedAtMs - b.receivedAtMs)) {
    const { projectId, receivedAtMs, release } = event;
    const key = keyOf(event);
    const sum = sums.get(key);
    if (sum === undefined) {
      sums.set(key, {
        projectId,
        events: 1,
        firstSeenMs: receivedAtMs,
        lastSeenMs: receivedAtMs,
        firstRelease: release,
        lastRelease: release,
      });
    } else {
      sum.events += 1;
      sum.lastSeenMs = receivedAtMs;
      sum.firstRelease ??= release;
      sum.lastRelease = release ?? sum.lastRelease;
    }
  }
  return sums;
}

/** When the releases of these events were seen. */
export function seenReleasesOf(events: readonly CountableEvent[]): SeenRelease[] {
  const named = events.filter(({ release }) => release !== undefined);
  return [...sumEvents(named, ({ projectId, release }) => `${projectId}/${release}`).values()].map((sum) => ({
    projectId: sum.projectId,
    version: sum.firstRelease ?? "",
    firstSeenMs: sum.firstSeenMs,
    lastSeenMs: sum.lastSeenMs,
  }));
}
