/** What can be put in place of the term that is being typed into the search box. */
import { type ApiSuggestion, ISSUE_STATES, SEARCH_FIELDS, type SearchScope, searchFieldOf } from "@mesher/protocol";
import { formatCount } from "../ui/count.ts";

export interface Completion {
  readonly text: string;
  readonly help: string;
}

export interface Completions {
  /** The term that a choice takes the place of. */
  readonly from: number;
  readonly to: number;
  readonly choices: readonly Completion[];
}

const CHOICES_MAX = 10;

/** Values that are no list, but have a form that is easily forgotten. */
const EXAMPLES = {
  time: ["-1h", "-24h", "-7d"],
  number: [">10", ">100", ">1000"],
} as const;

export interface Known {
  readonly scope: SearchScope;
  /** Whom an issue may be assigned to: the addresses of people, `#` and the slugs of teams. */
  readonly assignees: readonly string[];
  /** What the server suggests for the term: the keys and values that events really have. */
  readonly suggested: readonly ApiSuggestion[];
}

/** The term that is being typed, up to the cursor. */
export function termAt(text: string, cursor: number): string {
  return text.slice(startOfTerm(text, cursor), cursor);
}

export function completionsAt(text: string, cursor: number, { scope, assignees, suggested }: Known): Completions {
  const from = startOfTerm(text, cursor);
  const rest = /^[^\s()]*/.exec(text.slice(cursor))?.[0] ?? "";
  const typed = text.slice(from, cursor);
  const [, not = "", body = ""] = /^(!?)(.*)$/s.exec(typed) ?? [];
  const colon = body.indexOf(":");
  const choices =
    colon < 0
      ? keysLike(body, scope).map((choice) => ({ ...choice, text: not + choice.text }))
      : valuesLike(body.slice(0, colon), body.slice(colon + 1), assignees).map(({ text: value, help }) => ({
          text: `${not}${body.slice(0, colon)}:${value}`,
          help,
        }));
  return {
    from,
    to: cursor + rest.length,
    // What is complete needs no completion.
    choices: withSuggested(choices, suggested)
      .filter((choice) => choice.text !== typed + rest)
      .slice(0, CHOICES_MAX),
  };
}

/** What is known at once comes first, so that nothing moves when the server has answered. */
function withSuggested(choices: readonly Completion[], suggested: readonly ApiSuggestion[]): Completion[] {
  const known = new Set(choices.map(({ text }) => text));
  const more = suggested.filter(({ text }) => !known.has(text));
  return [...choices, ...more.map((each) => ({ text: each.text, help: helpOf(each) }))];
}

function helpOf({ help, count, kind }: ApiSuggestion): string {
  if (count !== null) return `${formatCount(count)} ${count === 1 ? "event" : "events"} in 24 hours`;
  return help ?? (kind === "tag" ? "tag" : "");
}

/** Behind the last blank or parenthesis that stands neither in quotes nor in `tags[…]`. */
function startOfTerm(text: string, cursor: number): number {
  const ends = [...text.slice(0, cursor).matchAll(WHOLE_OR_GAP)].filter(([found]) => /^[\s()]$/.test(found));
  return (ends.at(-1)?.index ?? -1) + 1;
}

const WHOLE_OR_GAP = /"(?:[^"\\]|\\.)*"?|\btags\[[^\]]*\]?|[\s()]/gs;

function keysLike(typed: string, scope: SearchScope): Completion[] {
  const keys = [
    ...(scope === "issue" ? [{ text: "is:", help: "unresolved, regressed, new, …" }] : []),
    ...Object.entries(SEARCH_FIELDS)
      .filter(([, field]) => (field.of as readonly string[]).includes(scope))
      .map(([name, field]) => ({ text: `${name}:`, help: field.help })),
  ];
  return keys.filter(({ text }) => text.toLowerCase().startsWith(typed.toLowerCase()));
}

function valuesLike(key: string, typed: string, assignees: readonly string[]): Completion[] {
  return valuesOf(key, assignees).filter(({ text }) => text.toLowerCase().startsWith(typed.toLowerCase()));
}

function valuesOf(key: string, assignees: readonly string[]): Completion[] {
  if (key === "is") return ISSUE_STATES.map((text) => ({ text, help: "" }));
  const name = searchFieldOf(key);
  if (name === undefined) return [];
  const field = SEARCH_FIELDS[name];
  if (field.type === "person") {
    return [
      { text: "me", help: "yourself" },
      { text: "my_teams", help: "teams you are in" },
      { text: "none", help: "nobody" },
      ...assignees.map((text) => ({ text, help: "" })),
    ];
  }
  if (field.type === "time" || field.type === "number") {
    return EXAMPLES[field.type].map((text) => ({ text, help: field.help }));
  }
  return "values" in field ? field.values.map((text) => ({ text, help: "" })) : [];
}
