/** A rule in words. Pure. */
import type { AlertCondition, AlertFilters } from "@mesher/protocol";

export function conditionSentence(condition: AlertCondition): string {
  if ("threshold" in condition) {
    const { condition_type: type, threshold, window_minutes } = condition;
    const [before, what] = COUNTED[type];
    return `${before}more than ${count(threshold)} ${what} in ${minutes(window_minutes)}`;
  }
  if (condition.condition_type === "percent_change") {
    const { direction, percent, window_minutes } = condition;
    return `events ${direction} by more than ${count(percent)} % within ${minutes(window_minutes)}`;
  }
  return HAPPENED[condition.condition_type];
}

const COUNTED = {
  threshold: ["there are ", "events"],
  issue_events: ["an issue has ", "events"],
  issue_users: ["an issue affects ", "users"],
} as const;

const HAPPENED = {
  new_issue: "an issue is new",
  regression: "a resolved issue comes back",
  escalation: "an archived issue has many more events than usual",
} as const;

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

/** `every 5 minutes`, `an hour`: what stands behind "once". */
export function perMinutes(count: number): string {
  const span = minutes(count);
  return /^an? /.test(span) ? span : `every ${span}`;
}

const count = (number: number) => number.toLocaleString("en");
