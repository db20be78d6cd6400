/** What a batch brought about that alert rules may wait for. Pure. */
import type { NewSignal } from "../../alerts/signals.queries.ts";
import type { Awakening } from "../../issues/wake-issues.ts";
import type { PlacedEvent, Placement } from "./place-into-issues.ts";

/** Each issue that got events was seen; the first event of a new one made it. */
export function signalsOf(
  placed: readonly PlacedEvent[],
  created: Placement["createdIssues"],
  awake: ReadonlyMap<string, Awakening>,
): NewSignal[] {
  const firsts = [...new Map(placed.toReversed().map((event) => [event.issueId, event])).values()];
  const seen = firsts.map(({ projectId, issueId }): NewSignal => ({ projectId, issueId, kind: "seen" }));
  const made = firsts
    .filter(({ issueId }) => created.has(issueId))
    .map((event): NewSignal => ({ ...keyOf(event), kind: "new_issue", event }));
  const regressed = [...awake.values()]
    .filter(({ action }) => action === "regressed")
    .map(({ event, ...key }): NewSignal => ({ ...keyOf(key), kind: "regression", event }));
  return [...made, ...regressed, ...seen];
}

const keyOf = ({ projectId, issueId }: { readonly projectId: string; readonly issueId: string }) => ({
  projectId,
  issueId,
});
