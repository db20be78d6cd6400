import type { Category, Outcome } from "@mesher/protocol";
import type { FindProjectKey } from "../../organizations/project-key.ts";
import type { EntrySink } from "../journal/entry.ts";
import type { ReceiveLimits } from "./limits.ts";
import type { RateLimiter } from "./rate-limiter.ts";

/** What receiving needs from outside. */
export interface IngestDependencies {
  readonly findProjectKey: FindProjectKey;
  readonly journal: EntrySink;
  readonly rateLimiter: RateLimiter;
  /** Called once for every item whose way ends here. */
  readonly countOutcome: (ended: EndedItems) => void;
  /** Called for events that the client was told are accepted, sampled ones among them. */
  readonly countAccepted: (accepted: AcceptedItems) => void;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** 32 lowercase hex digits. */
  readonly makeEventId: () => string;
  readonly limits: ReceiveLimits;
  /** Whose word in `X-Forwarded-For` counts. Absent: nobody's. */
  readonly isTrustedProxy?: (address: string) => boolean;
  readonly log: { error(fields: Readonly<Record<string, unknown>>, message: string): void };
}

export interface EndedItems {
  /** Absent where no valid key came. */
  readonly projectId?: string;
  readonly outcome: Outcome;
  readonly category: Category;
  readonly quantity: number;
  /** A word out of few. */
  readonly reason?: string;
}

export interface AcceptedItems {
  readonly projectId: string;
  readonly category: Category;
  readonly quantity: number;
}
