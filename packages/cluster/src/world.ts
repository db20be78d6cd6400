/**
 * What a mesh needs of the machine it runs on: time, chance and the network. They are an argument, so that a test can be
 * all three and run a thousand histories of a cluster in a second, each again by its seed.
 */
import { type ConnectionOptions, connect, createServer, type Server, type TLSSocket, type TlsOptions } from "node:tls";

export interface World {
  /** Milliseconds from any beginning; never goes back. */
  readonly nowMs: () => number;
  /** From 0 up to 1. */
  readonly random: () => number;
  /** Calls `run` once, after so long. Gives back how to call it off. */
  readonly after: (waitMs: number, run: () => void) => () => void;
  readonly connect: (options: ConnectionOptions) => TLSSocket;
  readonly createServer: (options: TlsOptions, onConnection: (socket: TLSSocket) => void) => Server;
}

export const MACHINE: World = {
  nowMs: () => performance.now(),
  random: Math.random,
  after: (waitMs, run) => {
    const timer = setTimeout(run, waitMs);
    return () => clearTimeout(timer);
  },
  connect,
  createServer,
};

export function sleepIn({ after }: World, waitMs: number): Promise<void> {
  return new Promise((resolve) => void after(waitMs, resolve));
}
