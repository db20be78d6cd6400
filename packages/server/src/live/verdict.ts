/** What is known of one change: which searches its event was held against, and which of them it matches. */
import type { Verdicts } from "../search/stream-search.ts";

export interface Verdict {
  /** Ids of searches. Shared by all changes that were told together. */
  readonly asked: readonly string[];
  /** Places in `asked`. */
  readonly found: readonly number[];
}

/** It was held against nothing. */
export const UNASKED: Verdict = { asked: [], found: [] };

export function verdictOf(verdicts: Verdicts | undefined, index: number): Verdict {
  const found = verdicts?.found[index];
  return verdicts === undefined || found === undefined ? UNASKED : { asked: verdicts.asked, found };
}

/** `undefined`: it was not held against this search. */
export function saysOf({ asked, found }: Verdict, searchId: string): boolean | undefined {
  const place = asked.indexOf(searchId);
  return place === -1 ? undefined : found.includes(place);
}
