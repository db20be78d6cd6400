/** What a command knows of the world around it. Tests bring their own. */
export interface Terminal {
  readonly print: (text: string) => void;
  readonly printError: (text: string) => void;
  /** Width of the window; absent where nobody watches: a pipe, a file, a CI log. */
  readonly columns?: number;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  readonly readInput: () => AsyncIterable<Uint8Array>;
  /** From the call on, the first Ctrl-C aborts the signal instead of ending the program; the second ends it. */
  readonly catchInterrupt: () => AbortSignal;
}

/** The terminal of this process. */
export function processTerminal(): Terminal {
  return {
    print: (text) => void process.stdout.write(text),
    printError: (text) => void process.stderr.write(text),
    ...(process.stdout.isTTY ? { columns: process.stdout.columns } : {}),
    env: process.env,
    cwd: process.cwd(),
    readInput: () => process.stdin,
    catchInterrupt: () => {
      const controller = new AbortController();
      for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => controller.abort());
      return controller.signal;
    },
  };
}
