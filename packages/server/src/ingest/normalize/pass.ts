import type { Cut, CutReason } from "@mesher/protocol";
import { CUTS_MAX, FREE_CHARACTERS_MAX } from "./limits.ts";
import { cleanText, shorten } from "./text.ts";

/** A kind of free-form values that share one allowance of characters. */
export type Allowance = keyof typeof FREE_CHARACTERS_MAX;

/**
 * One pass over one event: where it stands, what it has cut, and how much room is left.
 *
 * The path is a stack that is only put into words when something is cut, since most events are fine.
 */
export class Pass {
  readonly cuts: Cut[] = [];
  /** Characters left, by kind. */
  readonly charactersLeft: Record<Allowance, number> = { ...FREE_CHARACTERS_MAX };
  /** Milliseconds to add to every time the sender's clock has told. */
  readonly clockDriftMs: number;
  readonly #path: (string | number)[] = [];
  #depth = 0;

  constructor(clockDriftMs: number) {
    this.clockDriftMs = clockDriftMs;
  }

  enter(key: string | number): void {
    this.#path[this.#depth++] = key;
  }

  leave(): void {
    this.#depth--;
  }

  /** Notes that the value at the path was cut. `originalLength`: characters or elements it had. */
  cut(reason: CutReason, originalLength?: number): void {
    if (this.cuts.length >= CUTS_MAX) return;
    const path = cleanPath(this.#path.slice(0, this.#depth));
    this.cuts.push(originalLength === undefined ? { path, reason } : { path, reason, originalLength });
  }

  /** Notes that the value under `key` of the path was cut. */
  cutAt(key: string | number, reason: CutReason, originalLength?: number): void {
    this.enter(key);
    this.cut(reason, originalLength);
    this.leave();
  }
}

const PATH_PART_LENGTH_MAX = 100;

/** Cuts are stored as JSON in PostgreSQL, so a path must not hold what that refuses. */
function cleanPath(path: readonly (string | number)[]): string {
  return cleanText(
    path.map((part) => (typeof part === "number" ? part : shorten(part, PATH_PART_LENGTH_MAX))).join("."),
  );
}
