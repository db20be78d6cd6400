/** One attempt at one delivery: claimed, sent, and written down how it ended. */
import { setTimeout as sleep } from "node:timers/promises";
import type { DestinationKind } from "@mesher/protocol";
import { isTransient } from "../db/errors.ts";
import { withTransaction } from "../db/transaction.ts";
import { backoffMs } from "../runtime/backoff.ts";
import { type AttemptResult, waitAfterMs } from "./attempt-result.ts";
import { type Aftermath, recordAttempt } from "./attempts.queries.ts";
import { type Claim, claimDelivery } from "./claims.queries.ts";
import type { DeliveryKey } from "./delivery.ts";
import type { Leases } from "./leases.ts";
import { TRIES_MAX } from "./limits.ts";
import { type Sending, sendMessage } from "./send-message.ts";

export interface Delivering extends Sending {
  readonly node: string;
  readonly leases: Leases;
  /** Hears of every attempt. */
  readonly onAttempt: (kind: DestinationKind, outcome: DeliveryOutcome, seconds: number) => void;
}

/** `retried`: it failed, and will be tried again. */
export type DeliveryOutcome = "sent" | "retried" | "dead" | "cancelled" | "taken_over";

export async function deliver(delivering: Delivering, key: DeliveryKey): Promise<void> {
  const { database, node, leases, onAttempt } = delivering;
  const claim = await withTransaction(database, (tx) => claimDelivery(tx, key, node));
  if (claim === undefined) return;
  const startedMs = performance.now();
  const lease = leases.hold(claim);
  try {
    const result = await attempt(delivering, claim, lease.signal);
    const durationMs = performance.now() - startedMs;
    const aftermath = aftermathOf(claim, result);
    const isOurs = await recorded(delivering, claim, result, durationMs, aftermath);
    onAttempt(claim.kind, isOurs ? outcomeOf(aftermath) : "taken_over", durationMs / 1000);
  } finally {
    lease.release();
  }
}

async function attempt(delivering: Delivering, claim: Claim, signal: AbortSignal): Promise<AttemptResult> {
  try {
    return await sendMessage(delivering, claim, signal);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return { outcome: "failed", status: null, error: reason, isFinal: false, isInterrupted: signal.aborted };
  }
}

function aftermathOf({ triesLeft }: Claim, result: AttemptResult): Aftermath {
  if (result.outcome !== "failed") return { status: result.outcome };
  const waitMs = waitAfterMs(result, { triesLeft, failures: TRIES_MAX - triesLeft });
  return waitMs === undefined ? { status: "dead" } : { status: "waiting", waitMs };
}

function outcomeOf({ status }: Aftermath): DeliveryOutcome {
  return status === "waiting" ? "retried" : status;
}

/** What was sent and not written down is sent again, so that a database that is briefly away is waited for. */
const RECORD_TRIES = 6;
const RECORD_FIRST_MS = 200;
const RECORD_MAX_MS = 2_000;

async function recorded(
  { database }: Delivering,
  claim: Claim,
  result: AttemptResult,
  durationMs: number,
  aftermath: Aftermath,
): Promise<boolean> {
  for (let tried = 1; ; tried += 1) {
    try {
      return await withTransaction(database, (tx) => recordAttempt(tx, claim, result, durationMs, aftermath));
    } catch (error) {
      if (tried >= RECORD_TRIES || !isTransient(error)) throw error;
      await sleep(backoffMs(tried, RECORD_FIRST_MS, RECORD_MAX_MS));
    }
  }
}
