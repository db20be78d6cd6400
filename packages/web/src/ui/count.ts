/** `999`, `1.2k`, `34k`, `5.6M`: short enough for a column. */
export function formatCount(count: number): string {
  return count < 1000 ? String(count) : COMPACT.format(count).replace("K", "k");
}

const COMPACT = new Intl.NumberFormat("en", { notation: "compact", maximumSignificantDigits: 3 });
