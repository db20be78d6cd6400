import { wholeOption } from "./number-option.ts";

/** What both fuzzers take, for `parseArgs`. */
export const FUZZ_OPTIONS = { count: { type: "string" }, seed: { type: "string" }, first: { type: "string" } } as const;

/** How many cases, of which seed, beginning with which; what is not given is not in it. Throws a `RangeError`. */
export function readFuzzOptions({ count, seed, first }: { count?: string; seed?: string; first?: string }) {
  return {
    ...(count === undefined ? {} : { count: wholeOption("--count", count, { min: 1 }) }),
    ...(seed === undefined ? {} : { seed: wholeOption("--seed", seed) }),
    ...(first === undefined ? {} : { first: wholeOption("--first", first) }),
  };
}
