import type { Random } from "./random.ts";
import type { Problem, Service } from "./shop/service.ts";
import { SHOP } from "./shop/shop.ts";

/** Something that goes wrong in the shop, and where. */
export interface Occurrence {
  readonly service: Service;
  readonly problem: Problem;
}

export const OCCURRENCES: readonly Occurrence[] = SHOP.flatMap((service) =>
  service.problems.map((problem) => ({ service, problem })),
);

/**
 * What goes wrong next, without end: first everything once, so that all of the shop is seen at once; then the frequent
 * often and the rare rarely, with a burst now and then.
 */
export function* happenInShop(random: Random): Generator<Occurrence, never> {
  yield* shuffle(OCCURRENCES, random);
  while (true) {
    const next = random.pickWeighted(OCCURRENCES, ({ problem }) => problem.weight);
    const times = next.problem.comesInBursts && random.chance(BURST_CHANCE) ? random.integer(BURST_MIN, BURST_MAX) : 1;
    for (let time = 0; time < times; time++) yield next;
  }
}

/** Of an occurrence that comes in bursts. */
const BURST_CHANCE = 0.05;
const BURST_MIN = 10;
const BURST_MAX = 20;

function shuffle<T>(all: readonly T[], random: Random): T[] {
  return all
    .map((each) => ({ each, at: random.fraction() }))
    .sort((a, b) => a.at - b.at)
    .map(({ each }) => each);
}
