/** What a rule's condition says of counts, and how an alert tells of it. Pure. */
import type { AlertCondition, AlertConditionType } from "@mesher/protocol";

/** Of all events of a project. */
export type ProjectCondition = Extract<AlertCondition, { readonly condition_type: "threshold" | "percent_change" }>;

/** Of one issue's events. */
export type SeenCondition = Extract<AlertCondition, { readonly condition_type: "issue_events" | "issue_users" }>;

export const PROJECT_CONDITIONS = ["threshold", "percent_change"] as const satisfies readonly AlertConditionType[];
export const SEEN_CONDITIONS = ["issue_events", "issue_users"] as const satisfies readonly AlertConditionType[];

export function isProjectCondition(condition: AlertCondition): condition is ProjectCondition {
  return PROJECT_CONDITIONS.some((type) => type === condition.condition_type);
}

export function isSeenCondition(condition: AlertCondition): condition is SeenCondition {
  return SEEN_CONDITIONS.some((type) => type === condition.condition_type);
}

/** Events in the window, and in the one before it. */
export interface WindowCounts {
  readonly count: number;
  readonly previous: number;
}

export function isBreached(condition: ProjectCondition, { count, previous }: WindowCounts): boolean {
  if (condition.condition_type === "threshold") return count > condition.threshold;
  const { direction, percent, events_min: eventsMin } = condition;
  if (direction === "increase") return count >= eventsMin && count * 100 > previous * (100 + percent);
  return previous >= eventsMin && count * 100 < previous * (100 - percent);
}

/** How many windows back a condition looks. */
export function windowsOf({ condition_type: type }: ProjectCondition): 1 | 2 {
  return type === "threshold" ? 1 : 2;
}

/** `issueId`: as people shall read it; null: of no certain issue. */
export function messageOf(condition: AlertCondition, issueId: string | null, counts?: WindowCounts): string {
  if (!("window_minutes" in condition))
    return `${condition.condition_type} detected for ${issueId === null ? "an issue" : `issue ${issueId}`}`;
  const window = minutes(condition.window_minutes);
  if (condition.condition_type === "threshold")
    return `Event count exceeded ${inWords(condition.threshold)} in ${window}`;
  if (isSeenCondition(condition)) {
    const { condition_type: type, threshold } = condition;
    if (type === "issue_events")
      return `${nameOf(issueId)} was seen more than ${inWords(threshold)} times in ${window}`;
    return `${nameOf(issueId)} affected more than ${inWords(threshold)} users in ${window}`;
  }
  return changeOf(condition, window, counts);
}

function changeOf(
  { direction, percent }: Extract<ProjectCondition, { readonly condition_type: "percent_change" }>,
  window: string,
  counts: WindowCounts | undefined,
): string {
  const told = counts === undefined ? "" : ` (${inWords(counts.count)} after ${inWords(counts.previous)})`;
  return `Event count ${direction === "increase" ? "rose" : "fell"} by more than ${inWords(percent)} % in ${window}${told}`;
}

const nameOf = (issueId: string | null) => (issueId === null ? "An issue" : `Issue ${issueId}`);

/** `12,000`. */
const inWords = (number: number) => number.toLocaleString("en");

/** As the first version of the API said it: of one minute, too. */
const minutes = (count: number) => `${count} minutes`;
