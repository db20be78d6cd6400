/** What can be put in place of the term that is being typed into the search box. */
import { ISSUE_STATES, SEARCH_FIELDS, searchFieldOf } from "@mesher/protocol";

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

/** `people`: the addresses of those whom an issue may be assigned to. */
export function completionsAt(text: string, cursor: number, people: readonly string[]): Completions {
  const from = startOfTerm(text, cursor);
  const rest = /^\S*/.exec(text.slice(cursor))?.[0] ?? "";
  const typed = text.slice(from, cursor);
  const [, not = "", body = ""] = /^([!-]?)(.*)$/s.exec(typed) ?? [];
  const colon = body.indexOf(":");
  const choices =
    colon < 0
      ? keysLike(body).map((choice) => ({ ...choice, text: not + choice.text }))
      : valuesLike(body.slice(0, colon), body.slice(colon + 1), people).map(({ text: value, help }) => ({
          text: `${not}${body.slice(0, colon)}:${value}`,
          help,
        }));
  return {
    from,
    to: cursor + rest.length,
    // What is complete needs no completion.
    choices: choices.filter((choice) => choice.text !== typed + rest).slice(0, CHOICES_MAX),
  };
}

/** Behind the last blank or parenthesis that stands in no quotes. */
function startOfTerm(text: string, cursor: number): number {
  let start = 0;
  let isQuoted = false;
  for (let at = 0; at < cursor; at++) {
    const letter = text[at];
    if (letter === '"') isQuoted = !isQuoted;
    if (!isQuoted && letter !== undefined && /[\s()]/.test(letter)) start = at + 1;
  }
  return start;
}

function keysLike(typed: string): Completion[] {
  const keys = [
    { text: "is:", help: "unresolved, regressed, new, …" },
    ...Object.entries(SEARCH_FIELDS)
      .filter(([, field]) => (field.of as readonly string[]).includes("issue"))
      .map(([name, field]) => ({ text: `${name}:`, help: field.help })),
  ];
  return keys.filter(({ text }) => text.toLowerCase().startsWith(typed.toLowerCase()));
}

function valuesLike(key: string, typed: string, people: readonly string[]): Completion[] {
  return valuesOf(key, people).filter(({ text }) => text.toLowerCase().startsWith(typed.toLowerCase()));
}

function valuesOf(key: string, people: readonly string[]): Completion[] {
  if (key === "is") return ISSUE_STATES.map((text) => ({ text, help: "" }));
  const name = searchFieldOf(key);
  if (name === undefined) return [];
  const field = SEARCH_FIELDS[name];
  if (field.type === "person") {
    return [
      { text: "me", help: "yourself" },
      { text: "none", help: "nobody" },
      ...people.map((text) => ({ text, help: "" })),
    ];
  }
  if (field.type === "time" || field.type === "number") {
    return EXAMPLES[field.type].map((text) => ({ text, help: field.help }));
  }
  return "values" in field ? field.values.map((text) => ({ text, help: "" })) : [];
}
