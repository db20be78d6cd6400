/** Helps another node: leases batches of its journal, digests and stores them here, and says what became of them. */
import { setTimeout as sleep } from "node:timers/promises";
import type { DigestPool } from "../digest/digest-pool.ts";
import type { StoredMessage } from "../digest/digest-worker.ts";
import { type HelperMessage, type LentBatch, parseLentBatch } from "./offload-messages.ts";

/** Batches of the other node at a time: one on its way while another is stored. */
const BATCHES = 2;

/** Wait when there is nothing to lease, or the workers here have no room. */
const IDLE_MS = 100;

export interface HelpOptions {
  /** This helper's name at the node it helps. */
  readonly helper: string;
  readonly pool: DigestPool;
  /** Rejects when the other node does not answer, or does not want this helper any more. */
  readonly tell: (message: HelperMessage) => Promise<unknown>;
  readonly onStored: (message: StoredMessage) => void;
  readonly signal: AbortSignal;
}

/** Resolves when `signal` is aborted. Rejects when the other node cannot be told. */
export async function help(options: HelpOptions): Promise<void> {
  await Promise.all(Array.from({ length: BATCHES }, () => helpWithOne(options)));
}

async function helpWithOne({ helper, pool, tell, onStored, signal }: HelpOptions): Promise<void> {
  const idle = () => sleep(IDLE_MS, undefined, { signal }).catch(() => undefined);
  while (!signal.aborted) {
    const batch = pool.hasRoom ? parseLentBatch(await tell({ kind: "lease", helper })) : undefined;
    if (batch === undefined) {
      await idle();
      continue;
    }
    while (!pool.hasRoom && !signal.aborted) await idle();
    const result = signal.aborted ? undefined : await digest(pool, batch);
    if (result?.kind === "stored") {
      onStored(result);
      await tell({ kind: "stored", helper, first_sequence: batch.first_sequence, events: result.stored });
      continue;
    }
    const reason = result === undefined ? "the helper ends" : result.kind === "failed" ? result.error : result.reason;
    await tell({ kind: "returned", helper, first_sequence: batch.first_sequence, reason });
    await idle();
  }
}

function digest(pool: DigestPool, batch: LentBatch) {
  // A buffer of its own, because it is transferred to the worker.
  const bytes = Uint8Array.from(Buffer.from(batch.bytes, "base64"));
  return pool.digest({
    journalId: batch.journal_id,
    epoch: batch.epoch,
    firstSequence: batch.first_sequence,
    lastSequence: batch.last_sequence,
    doneThrough: batch.done_through,
    bytes,
  });
}
