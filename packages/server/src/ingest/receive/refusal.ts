import { OUTCOMES } from "@mesher/protocol";

export type RefusedOutcome =
  | "missing_auth"
  | "unknown_key"
  | "forbidden_page"
  | "malformed"
  | "too_large"
  | "rate_limited"
  | "overloaded";

export interface RefusalOptions {
  /** Of the HTTP answer, where it is not the outcome's own. */
  readonly status?: number;
  /** Stable for programs; the outcome where nothing finer is said. */
  readonly code?: string;
  /** For the counters: a word out of few. */
  readonly reason?: string;
  /** Items that are refused with the request. */
  readonly quantity?: number;
  readonly retryAfterSeconds?: number;
  readonly details?: unknown;
  readonly cause?: unknown;
}

/** A request that is refused as a whole. Answered and counted in one place, `ingest-handler.ts`. */
export class Refusal extends Error {
  override readonly name = "Refusal";
  readonly outcome: RefusedOutcome;
  readonly status: number;
  readonly options: RefusalOptions;

  constructor(outcome: RefusedOutcome, message: string, options: RefusalOptions = {}) {
    super(message, { cause: options.cause });
    this.outcome = outcome;
    this.status = options.status ?? OUTCOMES[outcome].status;
    this.options = options;
  }
}

/** The client went away before its body was complete: nobody is there to be answered, and nothing was accepted. */
export class ClientGoneError extends Error {
  override readonly name = "ClientGoneError";
}
