/** From what was stored to what is told of it. On the worker thread, and only for projects that somebody watches. */
import type { IssueAction, Level, Occasion, StreamChange, StreamEventData } from "@mesher/protocol";
import type { StoredChange } from "../store/store.ts";

/** What is told of one project, in the order in which it was stored. */
export interface Telling {
  readonly projectId: string;
  readonly changes: readonly StreamChange[];
}

export function tellStored(stored: readonly StoredChange[], watched: ReadonlySet<string>): Telling[] {
  if (watched.size === 0) return [];
  const tellings = new Map<string, StreamChange[]>();
  for (const change of stored) {
    const { projectId } = change.event;
    if (!watched.has(projectId)) continue;
    const changes = tellings.get(projectId) ?? [];
    tellings.set(projectId, changes);
    changes.push(...changesOf(change));
  }
  return [...tellings].map(([projectId, changes]) => ({ projectId, changes }));
}

/** An event that makes an issue, or brings one back, is told as a change of the issue too. */
function changesOf({ event, issueId, occasion, issueEventCount }: StoredChange): StreamChange[] {
  const data: StreamEventData = {
    id: event.eventId,
    level: event.level as Level,
    message: event.title,
    received_at: new Date(event.receivedAtMs).toISOString(),
    platform: event.platform,
    culprit: event.culprit,
    environment: event.environment ?? null,
    release: event.release ?? null,
  };
  const ids = { project_id: event.projectId, issue_id: issueId };
  const eventStored: StreamChange = {
    type: "event",
    ...ids,
    event_id: event.eventId,
    occasion,
    issue_event_count: issueEventCount,
    data,
  };
  if (occasion === "repeat") return [eventStored];
  return [{ type: "issue", action: ACTIONS[occasion], ...ids, event: data }, eventStored];
}

const ACTIONS: Record<Exclude<Occasion, "repeat">, IssueAction> = {
  new_issue: "new",
  regression: "regressed",
  archive_ended: "archive_ended",
};
