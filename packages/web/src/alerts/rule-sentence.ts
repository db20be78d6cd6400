/** A rule in words. Pure. */
import type { AlertCondition, AlertFilters } from "@mesher/protocol";

export function conditionSentence(condition: AlertCondition): string {
  switch (condition.condition_type) {
    case "threshold":
      return `more than ${count(condition.threshold)} events in ${minutes(condition.window_minutes)}`;
    case "percent_change":
      return `events ${condition.direction} by more than ${count(condition.percent)} % within ${minutes(condition.window_minutes)}`;
    case "new_issue":
      return "an issue is new";
    case "regression":
      return "a resolved issue comes back";
    case "escalation":
      return "an archived issue has many more events than usual";
    case "issue_events":
      return `an issue has more than ${count(condition.threshold)} events in ${minutes(condition.window_minutes)}`;
    case "issue_users":
      return `an issue affects more than ${count(condition.threshold)} users in ${minutes(condition.window_minutes)}`;
  }
}

/** "" if it is about all events. */
export function filterSentence({ level, environment, release, tags, query }: AlertFilters): string {
  return [
    ...(level === undefined ? [] : [`level ${level.join(" or ")}`]),
    ...(environment === undefined ? [] : [`environment ${environment.join(" or ")}`]),
    ...(release === undefined ? [] : [`release ${release.join(" or ")}`]),
    ...Object.entries(tags ?? {}).map(([name, value]) => `${name} ${value}`),
    ...(query === undefined ? [] : [`“${query}”`]),
  ].join(", ");
}

/** `5 minutes`, `2 hours`, `a day`. */
export function minutes(count: number): string {
  if (count === 1_440) return "a day";
  if (count % 1_440 === 0) return `${count / 1_440} days`;
  if (count === 60) return "an hour";
  if (count % 60 === 0) return `${count / 60} hours`;
  return count === 1 ? "a minute" : `${count} minutes`;
}

/** `5 minutes`, `hour`: what stands behind "every". */
export function everyMinutes(count: number): string {
  return minutes(count).replace(/^an? /, "");
}

const count = (number: number) => number.toLocaleString("en");
