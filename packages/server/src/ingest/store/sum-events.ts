/** What the events of a batch add up to, for the counters of their issues. Pure. */
import type { SeenVersion } from "../../issues/issues.queries.ts";
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
  firstRelease: SeenVersion | undefined;
  lastRelease: SeenVersion | undefined;
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
    const seen = release === undefined ? undefined : { version: release, atMs: receivedAtMs };
    const sum = sums.get(key);
    if (sum === undefined) {
      sums.set(key, {
        projectId,
        events: 1,
        firstSeenMs: receivedAtMs,
        lastSeenMs: receivedAtMs,
        firstRelease: seen,
        lastRelease: seen,
      });
    } else {
      sum.events += 1;
      sum.lastSeenMs = receivedAtMs;
      sum.firstRelease ??= seen;
      sum.lastRelease = seen ?? sum.lastRelease;
    }
  }
  return sums;
}

/** When the releases of these events were seen. */
export function seenReleasesOf(events: readonly CountableEvent[]): SeenRelease[] {
  const named = events.filter(({ release }) => release !== undefined);
  return [...sumEvents(named, ({ projectId, release }) => `${projectId}/${release}`).values()].map((sum) => ({
    projectId: sum.projectId,
    version: sum.firstRelease?.version ?? "",
    firstSeenMs: sum.firstSeenMs,
    lastSeenMs: sum.lastSeenMs,
  }));
}
