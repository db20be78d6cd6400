/** What a supervisor decides when a child ends: pure. */
import { type ExitReason, isPeaceful } from "./exit-reason.ts";

/** Who else is restarted with a child: nobody, all, those started after it; or children are made from one template. */
export type Strategy = "one_for_one" | "one_for_all" | "rest_for_one" | "simple_one_for_one";

/** Whether a child that ended is started again: always, if it ended abnormally, never. */
export type Restart = "permanent" | "transient" | "temporary";

/** The children to stop, last one first, and to start, first one first, when `failed` is to be restarted. */
export function affectedBy(strategy: Strategy, ids: readonly string[], failed: string): string[] {
  if (strategy === "one_for_all") return [...ids];
  if (strategy === "rest_for_one") return ids.slice(ids.indexOf(failed));
  return [failed];
}

export function isRestarted(restart: Restart, reason: ExitReason): boolean {
  return restart === "permanent" || (restart === "transient" && !isPeaceful(reason));
}

/** The child did not fail: its node is gone. */
export function isNodeLoss({ kind }: ExitReason): boolean {
  return kind === "noconnection";
}

/** At most so many restarts in any window of so long; one more is a failure of the whole. */
export class Intensity {
  readonly #restartsMax: number;
  readonly #windowMs: number;
  #restartedAtMs: number[] = [];

  constructor(restartsMax: number, windowMs: number) {
    this.#restartsMax = restartsMax;
    this.#windowMs = windowMs;
  }

  /** Whether one more is allowed now; it counts if it is. */
  take(nowMs: number): boolean {
    this.#restartedAtMs = this.#restartedAtMs.filter((atMs) => atMs > nowMs - this.#windowMs);
    if (this.#restartedAtMs.length >= this.#restartsMax) return false;
    this.#restartedAtMs.push(nowMs);
    return true;
  }
}
