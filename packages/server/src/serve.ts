/** The life of a server, from its start to its end. */
import type { Log } from "./runtime/log.ts";

export interface ServeOptions {
  /** The signal: it is to stop before it has started. */
  readonly start: (signal: AbortSignal) => Promise<{ readonly stop: () => Promise<void> }>;
  readonly stopSignal: Promise<NodeJS.Signals>;
  readonly log: Log;
}

/** Starts the server, and stops it at the signal. Resolves with the exit code. */
export async function serve({ start, stopSignal, log }: ServeOptions): Promise<0 | 1> {
  const stopping = new AbortController();
  void stopSignal.then(() => stopping.abort());
  let failed = "cannot start";
  try {
    const server = await start(stopping.signal);
    failed = "did not stop in order";
    log.info(`${await stopSignal} received; draining`);
    await server.stop();
    log.info("Mesher stopped");
    return 0;
  } catch (error) {
    // Whatever failed then, also the programs it was waiting for, which hear a Ctrl-C too.
    if (stopping.signal.aborted && failed === "cannot start") {
      log.info("Mesher stopped before it had started");
      log.debug("Fault", { stack: error instanceof Error ? error.stack : undefined });
      return 0;
    }
    log.error(`Mesher ${failed}: ${sentenceOf(error)}`);
    log.debug("Fault", { stack: error instanceof Error ? error.stack : undefined });
    return 1;
  }
}

/** The sentence a person needs, and every cause below it. */
function sentenceOf(fault: unknown): string {
  if (!(fault instanceof Error)) return String(fault);
  const causes = causesOf(fault).map(sentenceOf).join("; ");
  return [fault.message, causes].filter((part) => part !== "").join(": ") || String(fault);
}

function causesOf(fault: Error): readonly unknown[] {
  if (fault.cause instanceof Error) return [fault.cause];
  return fault instanceof AggregateError ? fault.errors : [];
}
