import { hash as digest } from "node:crypto";
import type { GroupingPart, GroupingStrategy } from "@mesher/protocol";
import { cleanText, shorten } from "../../normalize/text.ts";
import { remember } from "../../remember.ts";

/** What a part of an event says about the issue it belongs to. */
export interface Contribution {
  readonly strategy: GroupingStrategy;
  /**
   * What is hashed, in order. Bare values without their kinds, as Sentry hashes them: a frame that names the module
   * `foo` is the same evidence as one that names the file `foo`.
   */
  readonly values: readonly string[];
  /** The same for people to read. */
  readonly parts: readonly GroupingPart[];
}

/** Parts that are shown; all of them are hashed. */
const PARTS_MAX = 60;
/** Characters of one part that are shown. */
const PART_LENGTH_MAX = 300;

/** Hex digits of a fingerprint: half of a SHA-256 is far beyond any accidental collision. */
const FINGERPRINT_LENGTH = 32;
/** Cannot be part of a name, so that the values of different frames never run into each other. */
const SEPARATOR = "\u001f";

export function hashContribution({ values }: Contribution): string {
  return fingerprintOf(values.join(SEPARATOR));
}

/** Events of an issue say the same of themselves. */
const fingerprintOf = remember((text) => digest("sha256", text).slice(0, FINGERPRINT_LENGTH), {
  entriesMax: 1_024,
  textLengthMax: 4_096,
});

export function combine(contributions: readonly Contribution[]): Contribution {
  const [first] = contributions;
  return {
    strategy: first?.strategy ?? "fallback",
    values: contributions.flatMap((one) => one.values),
    parts: limitParts(contributions.flatMap((one) => one.parts)),
  };
}

/** The parts as they are shown. Keeps the last: what is nearest to the place that failed. */
export function limitParts(parts: readonly GroupingPart[]): readonly GroupingPart[] {
  const shown = parts.every(isShowable) ? parts : parts.map(toShowable);
  if (shown.length <= PARTS_MAX) return shown;
  const leftOut = shown.length - (PARTS_MAX - 1);
  return [{ kind: "left out", value: `${leftOut} more parts` }, ...shown.slice(leftOut)];
}

/** What is hashed may end in half a character, where a text was cut by version 1's rules; PostgreSQL would refuse to show it. */
function isShowable({ value }: GroupingPart): boolean {
  return value.length <= PART_LENGTH_MAX && value.isWellFormed();
}

function toShowable(part: GroupingPart): GroupingPart {
  return isShowable(part) ? part : { kind: part.kind, value: cleanText(shorten(part.value, PART_LENGTH_MAX)) };
}
