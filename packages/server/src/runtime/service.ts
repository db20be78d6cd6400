/** A part of the server that runs: listens, polls, or holds connections. */
export interface Service {
  readonly name: string;
  /** Resolves when the service is ready for use. */
  start(): Promise<void>;
  /** Finishes work in progress. Called once, and only after `start` has resolved. */
  stop(): Promise<void>;
}

/**
 * Starts services in order and returns how to stop them: in reverse, each one although another failed.
 * If one cannot start, those already started are stopped before the error is passed on.
 */
export async function startServices(services: readonly Service[]): Promise<() => Promise<void>> {
  const started: Service[] = [];
  const stopAll = async () => {
    const faults: unknown[] = [];
    for (let service = started.pop(); service !== undefined; service = started.pop()) {
      try {
        await service.stop();
      } catch (cause) {
        faults.push(new Error(`${service.name} did not stop cleanly`, { cause }));
      }
    }
    if (faults.length === 1) throw faults[0];
    if (faults.length > 1) throw new AggregateError(faults, "several services did not stop cleanly");
  };
  for (const service of services) {
    try {
      await service.start();
      started.push(service);
    } catch (cause) {
      const startFault = new Error(`${service.name} could not start`, { cause });
      await stopAll().catch((stopFault: unknown) => {
        throw new AggregateError([startFault, stopFault], startFault.message, { cause });
      });
      throw startFault;
    }
  }
  return stopAll;
}
