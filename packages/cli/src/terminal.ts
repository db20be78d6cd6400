import { askSecret } from "./ask-secret.ts";

/** What a command knows of the world around it. Tests bring their own. */
export interface Terminal {
  readonly print: (text: string) => void;
  readonly printError: (text: string) => void;
  /** Width of the window; absent where nobody watches: a pipe, a file, a CI log. */
  readonly columns?: number;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  readonly readInput: () => AsyncIterable<Uint8Array>;
  /** Asks for a line that is not shown; absent where nobody types. */
  readonly askSecret?: (prompt: string) => Promise<string>;
  /**
   * From the call on, the first Ctrl-C aborts the signal instead of ending the program; the second ends it. Aborted too once
   * nobody reads any more what is printed.
   */
  readonly catchInterrupt: () => AbortSignal;
}

/** The terminal of this process. */
export function processTerminal(): Terminal {
  const unread = new AbortController();
  onClosedPipe(process.stdout, () => unread.abort());
  onClosedPipe(process.stderr, () => undefined);
  return {
    print: (text) => void process.stdout.write(text),
    printError: (text) => void process.stderr.write(text),
    ...(process.stdout.isTTY ? { columns: process.stdout.columns } : {}),
    env: process.env,
    cwd: process.cwd(),
    readInput: () => process.stdin,
    ...(process.stdin.isTTY ? { askSecret: askTyping } : {}),
    catchInterrupt: () => {
      const controller = new AbortController();
      for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => controller.abort());
      return AbortSignal.any([controller.signal, unread.signal]);
    },
  };
}

/** On the error output, since the other may go into a file. Ctrl-C and Ctrl-D end the program, as Ctrl-C would have at any other moment. */
async function askTyping(prompt: string): Promise<string> {
  try {
    return await askSecret(prompt, { input: process.stdin, output: process.stderr });
  } catch (error) {
    if (error instanceof Error && error.name === "AbortError") process.kill(process.pid, "SIGINT");
    throw error;
  }
}

/**
 * Whoever reads may stop at any line, as `head` does. That is no failure: what goes on without an end is ended, anything else
 * does what it was asked for, and nothing is left half done.
 */
function onClosedPipe(stream: NodeJS.WriteStream, onClosed: () => void): void {
  stream.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") throw error;
    onClosed();
  });
}
