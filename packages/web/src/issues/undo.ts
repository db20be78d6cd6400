/** What brings issues back to how they were before a command. Pure. */
import type { ApiIssue, ApiIssueCommand, ApiStatusDetails } from "@mesher/protocol";

/** A command, and the issues it is for. */
export interface UndoStep {
  readonly command: ApiIssueCommand;
  readonly issues: readonly ApiIssue[];
}

const DAY_MS = 24 * 3_600_000;

/**
 * In the order in which they have to be done. `issues`: as they were before. Undefined: what was done cannot be undone.
 * An archive that lasts some days is made to end on the day it would have.
 */
export function undoSteps(
  issues: readonly ApiIssue[],
  { do: done }: ApiIssueCommand,
  nowMs: number,
): readonly UndoStep[] | undefined {
  if (done === "delete") return undefined;
  // Only undiscarding leads out of a discarded state; what the issue was before comes then.
  const first: UndoStep[] =
    done === "discard" ? [{ command: { do: "undiscard" }, issues: issues.filter(wasKept) }] : [];
  const groups = new Map<string, { readonly command: ApiIssueCommand; readonly issues: ApiIssue[] }>();
  for (const issue of issues) {
    const command = commandBack(issue, done, nowMs);
    const key = JSON.stringify(command);
    const group = groups.get(key) ?? { command, issues: [] };
    group.issues.push(issue);
    groups.set(key, group);
  }
  return [...first, ...groups.values()].filter((step) => step.issues.length > 0);
}

const wasKept = ({ status }: ApiIssue) => status !== "discarded";

function commandBack(issue: ApiIssue, done: Exclude<ApiIssueCommand["do"], "delete">, nowMs: number): ApiIssueCommand {
  if (done === "assign") {
    return issue.assigned_team === null
      ? { do: "assign", user_id: issue.assigned_to ?? "" }
      : { do: "assign", team: issue.assigned_team };
  }
  if (done === "set_priority") return { do: "set_priority", priority: issue.is_priority_set ? issue.priority : "auto" };
  if (issue.status === "discarded") return { do: "discard" };
  if (issue.status === "resolved") return resolveBack(issue.status_details);
  if (issue.status === "archived") return archiveBack(issue, nowMs);
  return { do: "unresolve" };
}

function resolveBack(details: ApiStatusDetails | null): ApiIssueCommand {
  if (details?.mode === "in_release") return { do: "resolve", mode: "in_release", release: details.release };
  if (details?.mode !== "in_next_release") return { do: "resolve", mode: "now" };
  // Which release is the next was decided when it was resolved.
  if (details.after !== null) return { do: "resolve", mode: "in_release", release: details.after };
  return { do: "resolve", mode: "in_next_release" };
}

function archiveBack({ status_details: details, event_count }: ApiIssue, nowMs: number): ApiIssueCommand {
  if (details?.mode === "until_time") {
    const days = Math.max(1, Math.ceil((Date.parse(details.until) - nowMs) / DAY_MS));
    return { do: "archive", mode: "for_days", days };
  }
  if (details?.mode === "until_count") {
    return { do: "archive", mode: "for_events", events: Math.max(1, details.event_count - event_count) };
  }
  return { do: "archive", mode: details?.mode === "for_ever" ? "for_ever" : "until_escalating" };
}
