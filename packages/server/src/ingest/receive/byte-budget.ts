import { OVERLOAD_RETRY_SECONDS } from "./limits.ts";
import { Refusal } from "./refusal.ts";

/** The memory that bodies under way may take, over all requests of the node. */
export class ByteBudget {
  readonly #bytesMax: number;
  #bytes = 0;

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  /** For one request. */
  open(): HeldBytes {
    return new HeldBytes(this);
  }

  get bytesHeld(): number {
    return this.#bytes;
  }

  take(bytes: number): void {
    if (this.#bytes + bytes > this.#bytesMax) throw overloaded("too many bytes in flight", "in_flight");
    this.#bytes += bytes;
  }

  give(bytes: number): void {
    this.#bytes -= bytes;
  }
}

/** One request's part of the budget. Must be released in the end, once. */
export class HeldBytes {
  readonly #budget: ByteBudget;
  #bytes = 0;

  constructor(budget: ByteBudget) {
    this.#budget = budget;
  }

  /** Throws a Refusal if the node holds too much already. */
  take(bytes: number): void {
    this.#budget.take(bytes);
    this.#bytes += bytes;
  }

  release(): void {
    this.#budget.give(this.#bytes);
    this.#bytes = 0;
  }
}

export function overloaded(message: string, reason: string, options: { cause?: unknown; quantity?: number } = {}) {
  return new Refusal("overloaded", message, { reason, retryAfterSeconds: OVERLOAD_RETRY_SECONDS, ...options });
}
