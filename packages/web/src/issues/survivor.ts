import type { ApiIssue } from "@mesher/protocol";

/** Which of several issues stays if nobody says otherwise: the one people know best, by its events, then by its age. */
export function survivorOf<Issue extends Pick<ApiIssue, "event_count" | "first_seen">>(
  issues: readonly Issue[],
): Issue {
  const [best] = issues.toSorted(
    (one, other) => other.event_count - one.event_count || Date.parse(one.first_seen) - Date.parse(other.first_seen),
  );
  if (best === undefined) throw new RangeError("of no issues none can stay");
  return best;
}
