/**
 * Events are read newest first, and a plan weighs every day that it cannot rule out: of 90 days it takes longer to make than a
 * page takes to read. So the newest days are read first, and mostly alone.
 */
import type { SearchedRange } from "../search/event-hours.queries.ts";
import { DAY_MS } from "./partitions.ts";

/** Days back from the newest moment; the last part is the rest. */
const PARTS_DAYS = [2, 14] as const;

/** The parts of a range, which do not overlap, the newest first. */
export function* partsNewestFirst({ fromMs, toMs }: SearchedRange, nowMs: number): Generator<SearchedRange> {
  const newestMs = Math.min(toMs ?? nowMs, nowMs);
  const firstMs = fromMs ?? Number.NEGATIVE_INFINITY;
  let endMs = toMs;
  for (const days of PARTS_DAYS) {
    const beginMs = newestMs - days * DAY_MS;
    if (beginMs <= firstMs) break;
    yield { fromMs: beginMs, toMs: endMs };
    endMs = beginMs;
  }
  yield { fromMs, toMs: endMs };
}

/** Up to `limit` rows of a range; `read` is asked for parts of it until there are so many. */
export async function readNewestFirst<Row>(
  range: SearchedRange & { readonly nowMs: number; readonly limit: number },
  read: (part: SearchedRange, limit: number) => Promise<readonly Row[]>,
): Promise<Row[]> {
  const rows: Row[] = [];
  for (const part of partsNewestFirst(range, range.nowMs)) {
    rows.push(...(await read(part, range.limit - rows.length)));
    if (rows.length >= range.limit) break;
  }
  return rows;
}
