import { CommandError } from "./command.ts";
import type { Terminal } from "./terminal.ts";

/** Longer than any password may be, and any address. */
const LINE_BYTES_MAX = 4_096;

/**
 * The first line of standard input, or asked for where somebody types: for what should stand in no list of processes and in no
 * history of a shell. `name`: what is read, for people.
 */
export async function readSecret(terminal: Terminal, name: string): Promise<string> {
  const typed = await terminal.askSecret?.(`${name}: `);
  if (typed === "") throw new CommandError(`No ${name} was given.`);
  const line = typed ?? (await readFirstLine(terminal));
  if (line === "") throw new CommandError(`No ${name} was given: it is the first line of standard input.`);
  return line;
}

async function readFirstLine(terminal: Terminal): Promise<string> {
  // A character may come in two chunks.
  const decoder = new TextDecoder();
  let text = "";
  for await (const chunk of terminal.readInput()) {
    text += decoder.decode(chunk, { stream: true });
    if (text.includes("\n") || text.length > LINE_BYTES_MAX) break;
  }
  const [line = ""] = text.split(/\r?\n/);
  return line;
}
