/** How an attempt ended, and what follows from it. Pure. */
import { backoffMs } from "../runtime/backoff.ts";
import { PAUSE_MAX_MS, RETRY_FIRST_MS, RETRY_MAX_MS } from "./limits.ts";

/** `status`: of the HTTP answer or the SMTP server's, if there was one. */
export type AttemptResult =
  | { readonly outcome: "sent"; readonly status: number | null }
  | AttemptFailure
  /** Nobody is there to get it. */
  | { readonly outcome: "cancelled"; readonly error: string };

export interface AttemptFailure {
  readonly outcome: "failed";
  readonly status: number | null;
  readonly error: string;
  /** The same would come of every further attempt. */
  readonly isFinal: boolean;
  /** The receiver asks to be left alone for so long. */
  readonly pauseMs?: number;
  /** Addresses that have the mail all the same: no further attempt goes to them. */
  readonly reached?: readonly string[];
  /** This node stops: others go on at once. */
  readonly isInterrupted?: boolean;
}

/**
 * Statuses by which a receiver says that this very message will never be taken. Everything else may be different in a
 * while, 404 and 403 too: proxies say so while what is behind them is replaced.
 */
const FINAL_STATUSES: ReadonlySet<number> = new Set([400, 410, 413, 422]);

/** By which receivers ask to wait. */
const PAUSING_STATUSES: ReadonlySet<number> = new Set([429, 503]);

/** Where a receiver asks for a pause without saying for how long. */
const PAUSE_DEFAULT_MS = 60_000;

export interface Answer {
  readonly status: number;
  readonly excerpt: string;
  readonly retryAfterMs: number | undefined;
}

export function resultOf({ status, excerpt, retryAfterMs }: Answer): AttemptResult {
  if (status >= 200 && status < 300) return { outcome: "sent", status };
  const said = excerpt === "" ? "" : `: ${excerpt}`;
  const error =
    status < 400 ? `it answered ${status}, a redirect that is not followed` : `it answered ${status}${said}`;
  const isPausing = PAUSING_STATUSES.has(status) && (status === 429 || retryAfterMs !== undefined);
  return {
    outcome: "failed",
    status,
    error,
    isFinal: FINAL_STATUSES.has(status),
    ...(isPausing && { pauseMs: Math.min(retryAfterMs ?? PAUSE_DEFAULT_MS, PAUSE_MAX_MS) }),
  };
}

/** `undefined`: it is dead. `failures`: how many attempts in a row have failed, this one included. */
export function waitAfterMs(
  { isFinal, isInterrupted, pauseMs = 0 }: AttemptFailure,
  { triesLeft, failures }: { readonly triesLeft: number; readonly failures: number },
  random: () => number = Math.random,
): number | undefined {
  if (isInterrupted === true) return 0;
  if (isFinal || triesLeft <= 0) return undefined;
  return Math.max(pauseMs, backoffMs(Math.max(failures - 1, 0), RETRY_FIRST_MS, RETRY_MAX_MS, random));
}
