import { createInterface } from "node:readline/promises";
import { Writable } from "node:stream";

export interface Typing {
  readonly input: NodeJS.ReadableStream;
  readonly output: NodeJS.WritableStream;
}

/** Asks whoever types for one line, and shows nothing of it. Rejects with an `AbortError` when they press Ctrl-C or Ctrl-D, or go away. */
export async function askSecret(prompt: string, { input, output }: Typing): Promise<string> {
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  const lines = createInterface({ input, output: nowhere, terminal: true });
  const gone = new AbortController();
  lines.once("close", () => gone.abort());
  output.write(prompt);
  try {
    return await lines.question("", { signal: gone.signal });
  } finally {
    lines.close();
    output.write("\n");
  }
}
