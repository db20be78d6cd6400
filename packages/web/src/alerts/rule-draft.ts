/** A rule as a form has it: texts where somebody types, numbers only when it is sent. Pure. */
import type {
  AlertAction,
  AlertCondition,
  AlertConditionType,
  AlertFilters,
  ApiAlertRule,
  ApiNewAlertRule,
  CooldownScope,
  Level,
} from "@mesher/protocol";

export interface RuleDraft {
  readonly name: string;
  readonly type: AlertConditionType;
  readonly threshold: string;
  readonly window: string;
  readonly percent: string;
  readonly direction: "increase" | "decrease";
  readonly eventsMin: string;
  readonly levels: readonly Level[];
  /** With commas between them, as the two below; what holds a comma stands in quotes. */
  readonly environments: string;
  readonly releases: string;
  /** `name=value`. */
  readonly tags: string;
  readonly query: string;
  readonly actions: readonly Recipient[];
  readonly cooldown: string;
  readonly cooldownScope: CooldownScope;
}

/** The live stream is always told. */
export type Recipient = Exclude<AlertAction, { readonly type: "websocket" }>;

export const NEW_DRAFT: RuleDraft = {
  name: "",
  type: "threshold",
  threshold: "100",
  window: "5",
  percent: "100",
  direction: "increase",
  eventsMin: "10",
  levels: [],
  environments: "",
  releases: "",
  tags: "",
  query: "",
  actions: [],
  cooldown: "60",
  cooldownScope: "rule",
};

export function draftOf(rule: ApiAlertRule): RuleDraft {
  const { condition, filters } = rule;
  return {
    ...NEW_DRAFT,
    name: rule.name,
    type: condition.condition_type,
    ...("threshold" in condition && { threshold: String(condition.threshold) }),
    ...("window_minutes" in condition && { window: String(condition.window_minutes) }),
    ...(condition.condition_type === "percent_change" && {
      percent: String(condition.percent),
      direction: condition.direction,
      eventsMin: String(condition.events_min),
    }),
    levels: filters.level ?? [],
    environments: textOf(filters.environment ?? []),
    releases: textOf(filters.release ?? []),
    tags: textOf(Object.entries(filters.tags ?? {}).map(([name, value]) => `${name}=${value}`)),
    query: filters.query ?? "",
    actions: recipientsOf(rule.action),
    cooldown: String(rule.cooldown_minutes),
    cooldownScope: rule.cooldown_scope,
  };
}

export function recipientsOf(action: ApiAlertRule["action"]): Recipient[] {
  const all: readonly AlertAction[] = "type" in action ? [action] : action;
  return all.filter((each): each is Recipient => each.type !== "websocket");
}

/** The same for the same receiver, in whatever order its parts were written down. */
export function keyOfRecipient(recipient: Recipient): string {
  if (recipient.type === "destination") return `destination ${recipient.destination_id}`;
  return typeof recipient.who === "string" ? recipient.who : `user ${recipient.who.user_id}`;
}

/** Of those whom a rule names, the ones who have left or were deleted since: it goes on naming them. */
export function goneOf(
  recipients: readonly Recipient[],
  there: { readonly destinationIds: readonly string[]; readonly userIds: readonly string[] },
): Recipient[] {
  return recipients.filter((recipient) => {
    if (recipient.type === "destination") return !there.destinationIds.includes(recipient.destination_id);
    return typeof recipient.who !== "string" && !there.userIds.includes(recipient.who.user_id);
  });
}

export function ruleOf(draft: RuleDraft): ApiNewAlertRule & Required<Pick<ApiNewAlertRule, "filters">> {
  return {
    name: draft.name.trim(),
    condition: conditionOf(draft),
    filters: filtersOf(draft),
    action: draft.actions.length === 0 ? { type: "websocket" } : draft.actions,
    cooldown_minutes: Number(draft.cooldown),
    cooldown_scope: draft.cooldownScope,
  };
}

function conditionOf(draft: RuleDraft): AlertCondition {
  const { type, direction } = draft;
  const window_minutes = Number(draft.window);
  if (type === "percent_change") {
    const [percent, events_min] = [Number(draft.percent), Number(draft.eventsMin)];
    return { condition_type: type, percent, window_minutes, direction, events_min };
  }
  if (type === "new_issue" || type === "regression" || type === "escalation") return { condition_type: type };
  return { condition_type: type, threshold: Number(draft.threshold), window_minutes };
}

function filtersOf({ levels, environments, releases, tags, query }: RuleDraft): AlertFilters {
  const environment = partsOf(environments);
  const release = partsOf(releases);
  const tagPairs = partsOf(tags).flatMap((part) => tagOf(part) ?? []);
  return {
    ...(levels.length > 0 && { level: levels }),
    ...(environment.length > 0 && { environment }),
    ...(release.length > 0 && { release }),
    ...(tagPairs.length > 0 && { tags: Object.fromEntries(tagPairs.map(({ name, value }) => [name, value])) }),
    ...(query.trim() !== "" && { query: query.trim() }),
  };
}

/** Why the tags cannot be meant as they stand: what is left out of a rule makes it one about more events. */
export function tagsFault({ tags }: RuleDraft): string | undefined {
  const names = new Set<string>();
  for (const part of partsOf(tags)) {
    const tag = tagOf(part);
    if (tag === undefined) return `“${part}” is no tag: write name=value.`;
    if (names.has(tag.name)) return `The tag ${tag.name} stands there twice: a rule takes one value of it.`;
    names.add(tag.name);
  }
  return undefined;
}

function tagOf(part: string): { readonly name: string; readonly value: string } | undefined {
  const at = part.indexOf("=");
  return at < 1 ? undefined : { name: part.slice(0, at).trim(), value: part.slice(at + 1).trim() };
}

/** A part, in quotes or up to the next comma. A quote within quotes stands there twice. */
const PART = /\s*(?:"((?:[^"]|"")*)"|([^,]*))\s*(?:,|$)/g;

function partsOf(text: string): string[] {
  return [...text.matchAll(PART)]
    .map(([, quoted, plain = ""]) => quoted?.replaceAll('""', '"') ?? plain.trim())
    .filter((part) => part !== "");
}

function textOf(parts: readonly string[]): string {
  return parts.map((part) => (/,|^"/.test(part) ? `"${part.replaceAll('"', '""')}"` : part)).join(", ");
}

/** Whether somebody has typed all its numbers, so that it is worth asking the server about it. */
export function isComplete(draft: RuleDraft): boolean {
  const numbers = [draft.cooldown, ...(NUMBERS[draft.type] ?? []).map((name) => draft[name])];
  return numbers.every((text) => /^\d+$/.test(text.trim()));
}

const NUMBERS: Readonly<Record<AlertConditionType, readonly ("threshold" | "window" | "percent" | "eventsMin")[]>> = {
  threshold: ["threshold", "window"],
  issue_events: ["threshold", "window"],
  issue_users: ["threshold", "window"],
  percent_change: ["percent", "window", "eventsMin"],
  new_issue: [],
  regression: [],
  escalation: [],
};
