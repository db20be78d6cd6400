/** Parts of a benchmark that are processes of their own. */
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";

/** A module of this folder as a process that ends with the block, and with us. */
export function forkChild(module: string, args: readonly string[]): Disposable & { readonly child: ChildProcess } {
  const child = fork(join(import.meta.dirname, module), args);
  return {
    child,
    [Symbol.dispose]: () => {
      if (child.connected) child.disconnect();
    },
  };
}

/** Rejects if the process ends before. */
export async function firstOf(child: ChildProcess, event: string): Promise<unknown[]> {
  const ended = once(child, "exit").then(([code, signal]): never => {
    throw new Error(`${child.spawnargs.join(" ")} ended (${String(signal ?? code)})`);
  });
  return Promise.race([once(child, event), ended]);
}
