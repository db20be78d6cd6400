/** Reads the bodies of alert rules. */
import {
  ALERT_CONDITION_TYPES,
  type AlertAction,
  type AlertCondition,
  type AlertFilters,
  COOLDOWN_SCOPES,
  type CooldownScope,
  LEVELS,
  type Level,
  SEARCH_LENGTH_MAX,
  SearchQueryError,
} from "@mesher/protocol";
import { FILTER_VALUES_MAX, isCounted, searchOf } from "../alerts/alert-filters.ts";
import type { RuleSettings } from "../alerts/alert-rule.ts";
import {
  COOLDOWN_MINUTES_DEFAULT,
  COOLDOWN_MINUTES_MAX,
  EVENTS_MIN_DEFAULT,
  PERCENT_MAX,
  READ_THRESHOLD_MAX,
  THRESHOLD_MAX,
  WINDOW_MINUTES_MAX,
} from "../alerts/limits.ts";
import { badRequest } from "./api-error.ts";
import { type Check, type Checked, fields, line, list, matching, onOrOff, wholeNumber } from "./check-fields.ts";
import { isUuid } from "./pages-of-lists.ts";

const NAME_LENGTH_MAX = 200;
const VALUE_LENGTH_MAX = 200;
const ACTIONS_MAX = 10;
/** Nothing decreases by more than all of it. */
const DECREASE_PERCENT_MAX = 99;

const oneOfThese =
  <const T extends string>(values: readonly T[]): Check<T> =>
  (value) => {
    const found = values.find((each) => each === value);
    if (found === undefined) throw new RangeError(`must be one of ${values.join(", ")}`);
    return found;
  };

/** As `fields`, of which these must be given. */
function demanding<C extends Readonly<Record<string, Check<unknown>>>, Name extends keyof C & string>(
  checks: C,
  ...names: readonly Name[]
): Check<Checked<C> & { [N in Name]: ReturnType<C[N]> }> {
  const check = fields(checks);
  return (value) => {
    const checked = check(value);
    const missing = names.find((name) => checked[name] === undefined);
    if (missing !== undefined) throw new RangeError(`must have ${missing}`);
    return checked as Checked<C> & { [N in Name]: ReturnType<C[N]> };
  };
}

const conditionType = oneOfThese(ALERT_CONDITION_TYPES);
const windowMinutes = wholeNumber(1, WINDOW_MINUTES_MAX);
const threshold = (max: number) =>
  demanding(
    { condition_type: conditionType, threshold: wholeNumber(0, max), window_minutes: windowMinutes },
    "threshold",
    "window_minutes",
  );
const countThreshold = threshold(THRESHOLD_MAX);
const readThreshold = threshold(READ_THRESHOLD_MAX);
const percentChange = demanding(
  {
    condition_type: conditionType,
    percent: wholeNumber(1, PERCENT_MAX),
    window_minutes: windowMinutes,
    direction: oneOfThese(["increase", "decrease"]),
    events_min: wholeNumber(1, THRESHOLD_MAX),
  },
  "percent",
  "window_minutes",
);
const noMore = fields({ condition_type: conditionType });

const condition: Check<AlertCondition> = (value) => {
  const { condition_type: given } = (typeof value === "object" && value !== null ? value : {}) as {
    condition_type?: unknown;
  };
  if (given === undefined) throw new RangeError("must be an object with condition_type");
  let type: AlertCondition["condition_type"];
  try {
    type = conditionType(given);
  } catch {
    throw new RangeError(`must have a condition_type of ${ALERT_CONDITION_TYPES.join(", ")}`);
  }
  if (type === "threshold") return { ...countThreshold(value), condition_type: type };
  if (type === "issue_events" || type === "issue_users") return { ...readThreshold(value), condition_type: type };
  if (type === "percent_change") {
    const { direction = "increase", events_min = EVENTS_MIN_DEFAULT, percent, window_minutes } = percentChange(value);
    if (direction === "decrease" && percent > DECREASE_PERCENT_MAX)
      throw new RangeError(`cannot decrease by more than ${DECREASE_PERCENT_MAX} percent`);
    return { condition_type: type, percent, window_minutes, direction, events_min };
  }
  noMore(value);
  return { condition_type: type };
};

const values = list(line(VALUE_LENGTH_MAX), FILTER_VALUES_MAX);
const tagValue = line(VALUE_LENGTH_MAX);

const tags: Check<Record<string, string>> = (value) => {
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw new RangeError("must be an object");
  const entries = Object.entries(value);
  if (entries.length > FILTER_VALUES_MAX) throw new RangeError(`must have at most ${FILTER_VALUES_MAX} entries`);
  return Object.fromEntries(entries.map(([name, given]) => [line(VALUE_LENGTH_MAX)(name), tagValue(given)]));
};

const search: Check<string> = (value) => {
  if (typeof value !== "string" || value.length > SEARCH_LENGTH_MAX)
    throw new RangeError(`must be a search of at most ${SEARCH_LENGTH_MAX} characters`);
  try {
    searchOf({ query: value });
  } catch (error) {
    if (!(error instanceof SearchQueryError)) throw error;
    throw new RangeError(`cannot be understood: ${error.message}`);
  }
  return value.trim();
};

const filterFields = fields({
  level: list(oneOfThese<Level>(LEVELS), LEVELS.length),
  environment: values,
  release: values,
  tags,
  query: search,
});
/** Empty ones filter nothing, and are not kept. */
const filters: Check<AlertFilters> = (value) =>
  Object.fromEntries(
    Object.entries(filterFields(value)).filter(([, given]) =>
      typeof given === "string" || Array.isArray(given) ? given.length > 0 : Object.keys(given).length > 0,
    ),
  );

const uuid = matching(isUuid, "must be a UUID");
const userFields = demanding({ user_id: uuid }, "user_id");
const who: Check<"members" | "assignee" | { user_id: string }> = (value) =>
  typeof value === "string" ? oneOfThese(["members", "assignee"])(value) : userFields(value);
const ACTION_TYPES = ["websocket", "destination", "people"] as const;
const actionType = oneOfThese(ACTION_TYPES);
const destinationFields = demanding({ type: actionType, destination_id: uuid }, "destination_id");
const peopleFields = demanding({ type: actionType, who }, "who");
const streamFields = fields({ type: actionType });

const action: Check<AlertAction> = (value) => {
  const { type: given } = (typeof value === "object" && value !== null ? value : {}) as { type?: unknown };
  const type = ACTION_TYPES.find((each) => each === given);
  if (type === undefined) throw new RangeError(`must have a type of ${ACTION_TYPES.join(", ")}`);
  if (type === "destination") return { type, destination_id: destinationFields(value).destination_id };
  if (type === "people") return { type, who: peopleFields(value).who };
  streamFields(value);
  return { type };
};

const actions: Check<AlertAction | AlertAction[]> = (value) => {
  if (!Array.isArray(value)) return action(value);
  if (value.length > ACTIONS_MAX) throw new RangeError(`must have at most ${ACTIONS_MAX} entries`);
  return value.length === 0 ? { type: "websocket" } : value.map(action);
};

export const PREVIEW_FIELDS = {
  condition,
  filters,
  cooldown_minutes: wholeNumber(1, COOLDOWN_MINUTES_MAX),
  cooldown_scope: oneOfThese<CooldownScope>(COOLDOWN_SCOPES),
};

export const RULE_FIELDS = { ...PREVIEW_FIELDS, name: line(NAME_LENGTH_MAX), action: actions, enabled: onOrOff };

export const DEFAULTS = {
  name: "Unnamed Rule",
  filters: {},
  action: { type: "websocket" },
  enabled: true,
  cooldownMinutes: COOLDOWN_MINUTES_DEFAULT,
  cooldownScope: "rule",
} as const satisfies Omit<RuleSettings, "condition">;

/** What is given goes before what is. Refuses what cannot be together. */
export function settingsOf(
  given: Checked<typeof RULE_FIELDS>,
  before: Omit<RuleSettings, "condition"> & Partial<Pick<RuleSettings, "condition">>,
): RuleSettings {
  const chosen = given.condition ?? before.condition;
  if (chosen === undefined) throw badRequest("condition is required", [{ path: "condition", reason: "is required" }]);
  const settings: RuleSettings = {
    name: given.name ?? before.name,
    condition: chosen,
    filters: given.filters ?? before.filters,
    action: given.action ?? before.action,
    enabled: given.enabled ?? before.enabled,
    cooldownMinutes: given.cooldown_minutes ?? before.cooldownMinutes,
    cooldownScope: given.cooldown_scope ?? before.cooldownScope,
  };
  demandTogether(settings);
  return settings;
}

function demandTogether({ condition: chosen, filters: given, cooldownScope }: RuleSettings): void {
  const isOfProject = chosen.condition_type === "threshold" || chosen.condition_type === "percent_change";
  if (isOfProject && cooldownScope === "issue")
    throw refusal("cooldown_scope", `must be rule: ${chosen.condition_type} is about no single issue`);
  if (!isOfProject || isCounted(searchOf(given))) return;
  const least = chosen.condition_type === "threshold" ? chosen.threshold : chosen.events_min;
  if (least <= READ_THRESHOLD_MAX) return;
  const path = chosen.condition_type === "threshold" ? "condition.threshold" : "condition.events_min";
  throw refusal(path, `must be at most ${READ_THRESHOLD_MAX} with a filter by tags or search`);
}

function refusal(path: string, reason: string) {
  return badRequest(`${path} ${reason}`, [{ path, reason }]);
}
