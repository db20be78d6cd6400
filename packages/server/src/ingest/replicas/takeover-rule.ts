/** What to do with the copy of another node's journal: pure. */

/** How long an owner may be away before its copy is stored from here: a restart is quicker. */
export const TAKEOVER_AFTER_MS = 3_000;

export interface OwnerState {
  /** How long the owner is not connected to this node; `undefined` while it is. */
  readonly awayMs: number | undefined;
  /** What the owner says, while it is connected: the journal it has, and who keeps copies of it. */
  readonly answer?: { readonly journalId: string; readonly holders: readonly string[] } | undefined;
  /** The node that stores the journal's entries, as the database knows it, and whether it is alive. */
  readonly claimedBy: { readonly node: string; readonly isAlive: boolean } | undefined;
}

/** Reads what an owner answers. Throws a `TypeError`. */
export function parseOwnerAnswer(value: unknown): { readonly journalId: string; readonly holders: readonly string[] } {
  const { journalId, holders } = (value ?? {}) as { journalId?: unknown; holders?: unknown };
  if (typeof journalId !== "string" || !Array.isArray(holders)) throw new TypeError("not what an owner answers");
  return { journalId, holders: holders.map(String) };
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
    claimedBy !== undefined && claimedBy.isAlive && claimedBy.node !== owner && claimedBy.node !== self;
  return isTakenByAnother ? "keep" : "take_over";
}
