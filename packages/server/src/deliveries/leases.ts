/**
 * The leases of what this node is sending. They are renewed together; an attempt whose lease was lost to another node, or
 * could not be renewed in time, is ended, so that it cannot go on beside that of another.
 */
import type { Database } from "../db/database.ts";
import type { Log } from "../runtime/log.ts";
import { type Claim, renewLeases } from "./claims.queries.ts";
import { LEASE_MS, LEASE_RENEWAL_MS } from "./limits.ts";
import { AttemptEndedError } from "./send-message.ts";

export interface HeldLease {
  /** Aborted with an `AttemptEndedError` when the attempt has to end. */
  readonly signal: AbortSignal;
  release(): void;
}

interface Held {
  readonly claim: Claim;
  readonly abort: AbortController;
  untilMs: number;
}

export class Leases {
  readonly #database: Database;
  readonly #log: Log;
  readonly #held = new Set<Held>();
  #timer: NodeJS.Timeout | undefined;
  #renewing = false;
  #stopped: AttemptEndedError | undefined;

  constructor(database: Database, log: Log) {
    this.#database = database;
    this.#log = log;
  }

  get size(): number {
    return this.#held.size;
  }

  hold(claim: Claim): HeldLease {
    const held: Held = { claim, abort: new AbortController(), untilMs: performance.now() + LEASE_MS };
    if (this.#stopped !== undefined) held.abort.abort(this.#stopped);
    this.#held.add(held);
    this.#timer ??= setInterval(() => void this.#renew(), LEASE_RENEWAL_MS).unref();
    return {
      signal: held.abort.signal,
      release: () => {
        this.#held.delete(held);
        if (this.#held.size > 0) return;
        clearInterval(this.#timer);
        this.#timer = undefined;
      },
    };
  }

  /** Ends every attempt, now and from now on. */
  endAll(): void {
    this.#stopped = new AttemptEndedError("the server stopped");
    for (const { abort } of this.#held) abort.abort(this.#stopped);
  }

  async #renew(): Promise<void> {
    // A node that was frozen finds out before it asks anybody.
    this.#endExpired();
    if (this.#renewing) return;
    this.#renewing = true;
    const renewed = [...this.#held];
    const askedMs = performance.now();
    try {
      const own = await renewLeases(
        this.#database,
        renewed.map(({ claim }) => claim),
      );
      for (const held of renewed) {
        if (own.has(held.claim.id)) held.untilMs = askedMs + LEASE_MS;
        else held.abort.abort(new AttemptEndedError("another node has taken the delivery over"));
      }
    } catch (error) {
      this.#log.warn("Deliveries: leases cannot be renewed", { error: String(error) });
      this.#endExpired();
    } finally {
      this.#renewing = false;
    }
  }

  #endExpired(): void {
    for (const { abort, untilMs } of this.#held) {
      if (performance.now() > untilMs) abort.abort(new AttemptEndedError("the lease could not be renewed in time"));
    }
  }
}
