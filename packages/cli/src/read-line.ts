import { CommandError } from "./command.ts";
import type { Terminal } from "./terminal.ts";

/** Longer than any password may be, and any address. */
const LINE_BYTES_MAX = 4_096;

/** The first line of standard input: for what should stand in no list of processes and in no history of a shell. */
export async function readLine(terminal: Terminal, whenMissing: string): Promise<string> {
  // A character may come in two chunks.
  const decoder = new TextDecoder();
  let text = "";
  for await (const chunk of terminal.readInput()) {
    text += decoder.decode(chunk, { stream: true });
    if (text.includes("\n") || text.length > LINE_BYTES_MAX) break;
  }
  const [line = ""] = text.split(/\r?\n/);
  if (line === "") throw new CommandError(`${whenMissing}: it is the first line of standard input.`);
  return line;
}
