/** What to do with the copy of another node's journal: pure. */

/** How long an owner may be away before its copy is stored from here: a restart is quicker. */
export const TAKEOVER_AFTER_MS = 3_000;

export interface OwnerState {
  /** How long the owner is not connected to this node; `undefined` while it is. */
  readonly awayMs: number | undefined;
  /** What the owner says, while it is connected. */
  readonly answer?: OwnerAnswer | undefined;
  /** The node that has the right to store the journal's entries, as the database knows it, and whether it is there and does. */
  readonly claimedBy: { readonly node: string; readonly isStoring: boolean } | undefined;
}

/** What a node says of journals. */
export interface OwnerAnswer {
  /** Its own. */
  readonly journalId: string;
  /** Who keeps copies of that. */
  readonly holders: readonly string[];
  /** Those of other nodes that it stores from its copies; `undefined`: a release that does not say. */
  readonly storing: readonly string[] | undefined;
}

/** Reads what a node answers. Throws a `TypeError`. */
export function parseOwnerAnswer(value: unknown): OwnerAnswer {
  const { journalId, holders, storing } = (value ?? {}) as Partial<Record<keyof OwnerAnswer, unknown>>;
  if (typeof journalId !== "string" || !Array.isArray(holders)) throw new TypeError("not what an owner answers");
  return { journalId, holders: holders.map(String), storing: Array.isArray(storing) ? storing.map(String) : undefined };
}

export interface CopyState {
  readonly journalId: string;
  readonly owner: string;
  /** This node. */
  readonly self: string;
}

/**
 * `keep`: its owner stores it, or somebody else does. `discard`: the owner has the journal and does not count on this copy.
 * `take_over`: nobody is left to store it. A wrong suspicion is harmless: the owner claims its journal back.
 */
export function decideOnCopy(
  { journalId, owner, self }: CopyState,
  state: OwnerState,
): "keep" | "discard" | "take_over" {
  const { awayMs, answer, claimedBy } = state;
  if (awayMs === undefined) {
    if (answer === undefined) return "keep";
    if (answer.journalId === journalId) return answer.holders.includes(self) ? "keep" : "discard";
    // It is another life of that node, which has lost its disk.
  } else if (awayMs < TAKEOVER_AFTER_MS) return "keep";
  const isTakenByAnother =
    claimedBy !== undefined && claimedBy.isStoring && claimedBy.node !== owner && claimedBy.node !== self;
  return isTakenByAnother ? "keep" : "take_over";
}
