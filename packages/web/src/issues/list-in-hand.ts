import type { IssuesSearch } from "./issues-search.ts";

/** The list from which issues are being opened, so that the next one need not be looked for in it. */
export interface ListInHand {
  readonly projectSlug: string;
  readonly search: IssuesSearch;
  readonly shortIds: readonly string[];
}

let inHand: ListInHand | undefined;

export function takeInHand(list: ListInHand): void {
  inHand = list;
}

export function listInHand(): ListInHand | undefined {
  return inHand;
}
