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
  const done = new AbortController();
  const ended = once(child, "exit", done).then(([code, signal]): never => {
    throw new Error(`${child.spawnargs.join(" ")} ended (${String(signal ?? code)})`);
  });
  try {
    return await Promise.race([once(child, event, done), ended]);
  } finally {
    // Of the two that were waited for, the other is not any more.
    done.abort();
    ended.catch(() => {});
  }
}
