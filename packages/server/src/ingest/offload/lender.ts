/** Lends batches of this node's journal to helpers on other nodes. A lease ends with its holder. */
import type { Batch, Journal } from "../journal/journal.ts";
import { type HelperMessage, LENT_BYTES_MAX, LENT_RECORDS_MAX, type LentBatch } from "./offload-messages.ts";
import { BACKLOG_MIN } from "./offload-rule.ts";

export interface LenderOptions {
  readonly journal: Journal;
  /** Under which the journal's entries may be stored now. */
  readonly epoch: () => number;
  readonly onReturned: (helper: string, reason: string) => void;
}

export interface HelperCount {
  batches: number;
  events: number;
}

export class Lender {
  readonly #options: LenderOptions;
  readonly #leases = new Map<string, Map<number, Batch>>();
  readonly #counts = new Map<string, HelperCount>();

  constructor(options: LenderOptions) {
    this.#options = options;
  }

  /** From now on this helper may lease. */
  admit(helper: string): void {
    this.#leases.set(helper, new Map());
    this.#counts.set(helper, { batches: 0, events: 0 });
  }

  /** Takes back what the helper has not finished. */
  dismiss(helper: string): void {
    const leases = this.#leases.get(helper);
    this.#leases.delete(helper);
    this.#counts.delete(helper);
    for (const batch of leases?.values() ?? []) this.#options.journal.returned(batch);
  }

  countOf(helper: string): HelperCount {
    return this.#counts.get(helper) ?? { batches: 0, events: 0 };
  }

  /** What a helper says. Throws if it is none, or names a batch that it does not have. */
  async hear(message: HelperMessage): Promise<LentBatch | null> {
    const leases = this.#leases.get(message.helper);
    if (leases === undefined) throw new Error("this helper is not needed any more");
    if (message.kind === "lease") return this.#lend(message.helper, leases);
    const batch = leases.get(message.first_sequence);
    if (batch === undefined) throw new Error(`this helper has no batch ${message.first_sequence}`);
    leases.delete(message.first_sequence);
    if (message.kind === "returned") {
      this.#options.journal.returned(batch);
      this.#options.onReturned(message.helper, message.reason);
      return null;
    }
    const count = this.countOf(message.helper);
    count.batches += 1;
    count.events += message.events;
    await this.#options.journal.done(batch);
    return null;
  }

  async #lend(helper: string, leases: Map<number, Batch>): Promise<LentBatch | null> {
    const { journal, epoch } = this.#options;
    // Those of this node have enough to do with less.
    if (journal.unreadRecords < BACKLOG_MIN) return null;
    const batch = await journal.leaseUnread(LENT_RECORDS_MAX, LENT_BYTES_MAX);
    if (batch === undefined) return null;
    // Gone meanwhile, or a single entry too large for a message.
    if (this.#leases.get(helper) !== leases || batch.bytes.length > LENT_BYTES_MAX) {
      journal.returned(batch);
      return null;
    }
    leases.set(batch.firstSequence, batch);
    return {
      journal_id: journal.id,
      epoch: epoch(),
      first_sequence: batch.firstSequence,
      last_sequence: batch.lastSequence,
      done_through: journal.doneThrough,
      bytes: batch.bytes.toString("base64"),
    };
  }
}
