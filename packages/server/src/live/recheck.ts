import type { Log } from "../runtime/log.ts";

/** How often it is asked whether a client may still listen. */
export const RECHECK_MS = 60_000;

export interface Recheck {
  readonly everyMs: number;
  readonly mayStay: () => Promise<boolean>;
  readonly sendAway: () => void;
  readonly log: Log;
}

/** Sends a client away once it may not listen any more. Gives back how to stop asking. */
export function recheckAgainAndAgain(recheck: Recheck): () => void {
  const timer = setInterval(() => void ask(recheck), recheck.everyMs).unref();
  return () => clearInterval(timer);
}

async function ask({ mayStay, sendAway, log }: Recheck): Promise<void> {
  try {
    if (!(await mayStay())) sendAway();
  } catch (error) {
    // The database is away: then nothing new is told, and it is asked again.
    log.debug("Stream could not be checked again", { error: String(error) });
  }
}
