/** What ends a program in a terminal: Ctrl-C, whoever stops it, and the terminal that is closed. */
export const STOP_SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/**
 * Aborted at the first of them, and heard however often they come: what a program has started, as a database, would otherwise go on
 * without anybody.
 */
export function interruption(reason?: Error): AbortSignal {
  const interrupted = new AbortController();
  for (const signal of STOP_SIGNALS) process.on(signal, () => interrupted.abort(reason));
  return interrupted.signal;
}
