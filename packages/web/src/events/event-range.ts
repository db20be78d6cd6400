import { PERIODS, type Period } from "../issues/issues-search.ts";

/** When the events of a list were received, as an address says it: a period until now, or two moments. */
export interface EventRange {
  readonly period?: Period | undefined;
  /** ISO 8601. */
  readonly from?: string | undefined;
  readonly to?: string | undefined;
}

/** From the search of an address: what makes no sense in it is left out. */
export function parseEventRange({ period, from, to }: Readonly<Record<string, unknown>>): EventRange {
  if (isTime(from) && isTime(to) && Date.parse(from) < Date.parse(to)) return { from, to };
  return { period: typeof period === "string" && period in PERIODS ? (period as Period) : undefined };
}

function isTime(value: unknown): value is string {
  return typeof value === "string" && !Number.isNaN(Date.parse(value));
}
