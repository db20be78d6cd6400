/** Reads from the command line what a new alert rule is to be. Pure; what cannot be together, the server says. */
import { ALERT_CONDITION_TYPES, type AlertAction, COOLDOWN_SCOPES, SEARCH_LENGTH_MAX } from "@mesher/protocol";
import { type Arguments, isGiven, type OptionRule, optionOf, UsageError } from "../command.ts";

export const WISH_OPTIONS = {
  condition: { value: "CONDITION", help: `One of ${ALERT_CONDITION_TYPES.join(", ")}. Needed.` },
  threshold: { value: "N", help: "Of threshold, issue_events and issue_users: more than so many." },
  window: { value: "MINUTES", help: "Of those and of percent_change: within so many minutes." },
  percent: { value: "N", help: "Of percent_change: by more than so many percent." },
  direction: { value: "DIRECTION", help: "Of percent_change: increase or decrease. Default: increase." },
  "events-min": { value: "N", help: "Of percent_change: only where a window has so many events at least." },
  level: { value: "LEVEL", help: "Only events of this level.", repeatable: true },
  environment: { value: "NAME", help: "Only events of this environment.", repeatable: true },
  release: { value: "RELEASE", help: "Only events of this release.", repeatable: true },
  tag: { value: "KEY=VALUE", help: "Only events with this tag.", repeatable: true },
  query: { value: "SEARCH", help: `Only events that this search finds, of at most ${SEARCH_LENGTH_MAX} characters.` },
  destination: { value: "DESTINATION", help: "Tells this one: its name or id.", repeatable: true },
  people: { value: "WHO", help: "Tells members, assignee, or the member with this e-mail address.", repeatable: true },
  cooldown: { value: "MINUTES", help: "After an alert, no other for so long. Default: 60." },
  "cooldown-scope": { value: "SCOPE", help: `${COOLDOWN_SCOPES.join(" or ")}: for what that holds. Default: rule.` },
  off: { help: "Makes it switched off." },
} as const satisfies Record<string, OptionRule>;

/** Whom a rule names, as people name them. */
export interface Receivers {
  readonly destinationId: (nameOrId: string) => Promise<string>;
  readonly userId: (email: string) => Promise<string>;
}

/** The body of a new rule. The server checks its values. */
export async function wishOf(given: Arguments, name: string, receivers: Receivers): Promise<object> {
  const condition = conditionOf(given);
  const cooldown = numberOf(given, "cooldown");
  const scope = optionOf(given, "cooldown-scope");
  const action = await actionsOf(given, receivers);
  return {
    name,
    condition,
    filters: filtersOf(given),
    ...(action.length > 0 && { action }),
    enabled: !isGiven(given, "off"),
    ...(cooldown !== undefined && { cooldown_minutes: cooldown }),
    ...(scope !== undefined && { cooldown_scope: scope }),
  };
}

function conditionOf(given: Arguments): object {
  const type = optionOf(given, "condition");
  if (type === undefined) throw new UsageError(`--condition is missing: ${ALERT_CONDITION_TYPES.join(", ")}.`);
  const direction = optionOf(given, "direction");
  const numbers = {
    threshold: numberOf(given, "threshold"),
    window_minutes: numberOf(given, "window"),
    percent: numberOf(given, "percent"),
    events_min: numberOf(given, "events-min"),
  };
  const named = Object.entries({ ...numbers, direction }).filter(([, value]) => value !== undefined);
  return { condition_type: type, ...Object.fromEntries(named) };
}

function filtersOf(given: Arguments): object {
  const query = optionOf(given, "query");
  const lists = ["level", "environment", "release"].flatMap((name) => {
    const values = given.options.get(name);
    return values === undefined ? [] : [[name, values] as const];
  });
  const tags = (given.options.get("tag") ?? []).map(parseTag);
  return {
    ...Object.fromEntries(lists),
    ...(tags.length > 0 && { tags: Object.fromEntries(tags) }),
    ...(query !== undefined && { query }),
  };
}

async function actionsOf(given: Arguments, { destinationId, userId }: Receivers): Promise<readonly AlertAction[]> {
  const actions: AlertAction[] = [];
  for (const named of given.options.get("destination") ?? [])
    actions.push({ type: "destination", destination_id: await destinationId(named) });
  for (const who of given.options.get("people") ?? []) {
    const isGroup = who === "members" || who === "assignee";
    actions.push({ type: "people", who: isGroup ? who : { user_id: await userId(who) } });
  }
  return actions;
}

function parseTag(text: string): readonly [key: string, value: string] {
  const equals = text.indexOf("=");
  if (equals < 1) throw new UsageError(`--tag is "${text}", but must be KEY=VALUE.`);
  return [text.slice(0, equals), text.slice(equals + 1)];
}

/** A whole number, of whatever size the server takes. */
export function numberOf(given: Arguments, name: string): number | undefined {
  const text = optionOf(given, name);
  if (text === undefined) return undefined;
  if (!/^\d{1,9}$/.test(text)) throw new UsageError(`--${name} is "${text}", but must be a whole number.`);
  return Number(text);
}
