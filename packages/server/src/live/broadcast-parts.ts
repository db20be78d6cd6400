/** What is told at once, in parts that every transport takes. Pure. */
import type { StreamChange } from "@mesher/protocol";
import type { Verdicts } from "../search/stream-search.ts";

/** Of one part, as JSON. NATS takes a megabyte in one message, what the cluster puts around it included. */
const PART_BYTES_MAX = 256 * 1024;

/** Changes that follow each other, and what they match. */
export interface BroadcastPart {
  readonly changes: readonly StreamChange[];
  readonly verdicts?: Verdicts;
}

/** In their order. A change that alone is longer is a part of its own. */
export function partsOf(changes: readonly StreamChange[], verdicts: Verdicts | undefined): BroadcastPart[] {
  const bytesOfAsked = verdicts === undefined ? 0 : bytesOf(verdicts.asked);
  const starts: number[] = [];
  let bytes = Number.POSITIVE_INFINITY;
  for (const [index, change] of changes.entries()) {
    const more = bytesOf(change) + (verdicts === undefined ? 0 : bytesOf(verdicts.found[index] ?? []));
    if (bytes + more > PART_BYTES_MAX) {
      starts.push(index);
      bytes = bytesOfAsked;
    }
    bytes += more;
  }
  return starts.map((start, index) => cut(changes, verdicts, start, starts[index + 1]));
}

function cut(
  changes: readonly StreamChange[],
  verdicts: Verdicts | undefined,
  start: number,
  end: number | undefined,
): BroadcastPart {
  const part = { changes: changes.slice(start, end) };
  if (verdicts === undefined) return part;
  return { ...part, verdicts: { asked: verdicts.asked, found: verdicts.found.slice(start, end) } };
}

/** And the comma behind it. */
function bytesOf(value: unknown): number {
  return Buffer.byteLength(JSON.stringify(value)) + 1;
}
