import { invalid, keepEnds, text } from "./fields.ts";
import { isJsonObject } from "./json.ts";
import { PAIRS_MAX } from "./limits.ts";
import type { Pass } from "./pass.ts";
import { toText } from "./text.ts";

export type Pair = readonly [string, string];

/** How a name with several values becomes pairs: one pair with all of them (headers), or a pair for each. */
export type ManyValues = "joined" | "repeated";

/**
 * Names and values in the order they were sent, from a map, a list of pairs, or a list of `{key, value}`.
 * Pairs without a usable name or value are left out.
 */
export function pairs(
  manyValues: ManyValues,
  lengthMax: number,
): (value: unknown, pass: Pass) => readonly Pair[] | undefined {
  const part = text(lengthMax);
  return (value, pass) => {
    const entries = entriesOf(value);
    if (entries === undefined) return invalid(value, pass);

    let copy: Pair[] | undefined;
    const kept = keepEnds(entries, PAIRS_MAX, 0, pass);
    for (const [index, entry] of kept.entries()) {
      pass.enter(index);
      const before = entryOf(entry);
      const after = before === undefined ? skipped(entry, pass) : pairsOf(before, manyValues, part, pass);
      pass.leave();
      const isSame = before !== undefined && entry === before && after.length === 1 && isSamePair(before, after[0]);
      if (!isSame) copy ??= kept.slice(0, index) as Pair[];
      copy?.push(...after);
    }
    return copy === undefined ? (kept as readonly Pair[]) : copy.slice(0, PAIRS_MAX);
  };
}

type Entry = readonly [name: unknown, value: unknown];

function entriesOf(value: unknown): readonly unknown[] | undefined {
  if (Array.isArray(value)) return value;
  return isJsonObject(value) ? Object.entries(value) : undefined;
}

function entryOf(entry: unknown): Entry | undefined {
  if (Array.isArray(entry)) return entry.length === 2 ? (entry as unknown as Entry) : undefined;
  return isJsonObject(entry) && "key" in entry ? [entry.key, entry.value] : undefined;
}

function skipped(entry: unknown, pass: Pass): readonly Pair[] {
  invalid(entry, pass);
  return [];
}

function pairsOf(
  [name, value]: Entry,
  manyValues: ManyValues,
  part: (value: unknown, pass: Pass) => string | undefined,
  pass: Pass,
): readonly Pair[] {
  const cleanName = part(name, pass);
  if (cleanName === undefined || value === null) return [];
  const sent: unknown[] = !Array.isArray(value)
    ? [value]
    : manyValues === "joined"
      ? [value.flatMap((each) => toText(each) ?? []).join(",")]
      : value.slice(0, PAIRS_MAX);
  return sent.flatMap((each) => {
    const cleanValue = part(each, pass);
    return cleanValue === undefined ? [] : [[cleanName, cleanValue] as const];
  });
}

function isSamePair(before: Entry, after: Pair | undefined): boolean {
  return after !== undefined && before[0] === after[0] && before[1] === after[1];
}
