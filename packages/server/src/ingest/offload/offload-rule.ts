/** When a node lets its peers help, and which of them: pure. */

/** What the rule needs to know of a node's load; see `cluster/load.ts`. */
export interface OffloadLoad {
  /** Events accepted since the last measurement. */
  readonly acceptedEvents: number;
  readonly waitingEntries: number;
  readonly lagMs: number;
  readonly cpu: number;
}

/** Peers that help at the same time. */
export const HELPERS_MAX = 4;

/** A node with fewer waiting entries than this needs no help. */
export const BACKLOG_MIN = 500;

/** Measurements in a row without a backlog after which the helpers are sent home. */
export const CALM_MEASUREMENTS = 3;

/** Too much comes in, and what waits gets older and more. */
export function isOverloaded(now: OffloadLoad, before: OffloadLoad, eventsMax: number): boolean {
  return (
    now.acceptedEvents > eventsMax &&
    now.waitingEntries >= BACKLOG_MIN &&
    now.waitingEntries > before.waitingEntries &&
    now.lagMs > before.lagMs
  );
}

export interface Candidate {
  readonly node: string;
  /** What it said lately; a peer of which nothing is known is not asked. */
  readonly load: OffloadLoad | undefined;
}

/**
 * The less loaded of two peers picked at random, so that several nodes that need help do not all ask the same one. Only one
 * that waits for less than half as long helps. `random` gives numbers from 0 up to 1.
 */
export function chooseHelper(
  own: OffloadLoad,
  candidates: readonly Candidate[],
  random: () => number,
): string | undefined {
  const able = candidates.flatMap(({ node, load }) =>
    load !== undefined && load.lagMs < own.lagMs / 2 ? [{ node, load }] : [],
  );
  const picked = pickTwo(able, random);
  return picked.sort((a, b) => a.load.lagMs - b.load.lagMs || a.load.cpu - b.load.cpu)[0]?.node;
}

function pickTwo<T>(items: readonly T[], random: () => number): T[] {
  const left = [...items];
  const picked: T[] = [];
  while (picked.length < 2 && left.length > 0) picked.push(...left.splice(Math.floor(random() * left.length), 1));
  return picked;
}
