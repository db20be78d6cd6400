import type { Cut, CutReason } from "@mesher/protocol";

const WHAT: Record<CutReason, (length: string | undefined) => string> = {
  too_long: (length) => (length === undefined ? "shortened" : `shortened from ${length} characters`),
  too_many: (length) => (length === undefined ? "list shortened" : `shortened from ${length} entries`),
  too_deep: () => "nested too deep, left out below",
  invalid: () => "not of the expected type, left out or converted",
  clock_drift: () => "corrected for the sender's clock",
  past_timestamp: () => "too long ago, replaced by the time received",
  future_timestamp: () => "in the future, replaced by the time received",
};

export function cutText(cut: Cut): string {
  return WHAT[cut.reason](cut.originalLength?.toLocaleString("en"));
}

/** What was done to one place, for a mark right beside it. */
export function cutsAt(cuts: readonly Cut[], path: string): Cut[] {
  return cuts.filter((cut) => cut.path === path || cut.path.startsWith(`${path}.`));
}
