import type { Cut, CutReason, ScrubRule } from "@mesher/protocol";

const WHAT: Record<CutReason, (length: string | undefined) => string> = {
  too_long: (length) => (length === undefined ? "shortened" : `shortened from ${length} characters`),
  too_many: (length) => (length === undefined ? "list shortened" : `shortened from ${length} entries`),
  too_deep: () => "nested too deep, left out below",
  invalid: () => "not of the expected type, left out or converted",
  clock_drift: () => "corrected for the sender's clock",
  past_timestamp: () => "too long ago, replaced by the time received",
  future_timestamp: () => "in the future, replaced by the time received",
  scrubbed: () => "taken out before it was stored",
};

const SCRUBBED: Record<ScrubRule, string> = {
  secret_field: "taken out for the field's name",
  named_field: "taken out, as the project's settings say",
  ip_address: "address taken out, as the project's settings say",
  card_number: "card number taken out",
  private_key: "private key taken out",
  token: "token taken out",
  url_password: "password taken out",
  too_deep: "nested too deep to be kept",
};

export function cutText(cut: Cut): string {
  if (cut.rule !== undefined) return SCRUBBED[cut.rule];
  return WHAT[cut.reason](cut.originalLength?.toLocaleString("en"));
}

/** What was done to one place, for a mark right beside it. */
export function cutsAt(cuts: readonly Cut[], path: string): Cut[] {
  return cuts.filter((cut) => cut.path === path || cut.path.startsWith(`${path}.`));
}
