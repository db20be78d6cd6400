import { parseArguments } from "./arguments.ts";
import { type Command, CommandError, UsageError } from "./command.ts";
import { demoCommand } from "./demo/demo-command.ts";
import { helpOfCommand, helpOfProgram } from "./help.ts";
import { jobsCommand } from "./jobs-command.ts";
import { sendCommand } from "./send-command.ts";
import { statusCommand } from "./status-command.ts";
import type { Terminal } from "./terminal.ts";
import { VERSION } from "./version.ts";

const COMMANDS: readonly Command[] = [demoCommand, statusCommand, jobsCommand, sendCommand];

const EXIT_DONE = 0;
const EXIT_FAILED = 1;
const EXIT_USAGE = 2;

/** Runs one command line and gives the exit code: 0 done, 1 it did not work, 2 the command line is wrong. */
export async function runProgram(args: readonly string[], terminal: Terminal): Promise<number> {
  try {
    return await runCommand(args, terminal);
  } catch (error) {
    if (!(error instanceof UsageError) && !(error instanceof CommandError)) throw error;
    terminal.printError(`${error.message}\n`);
    return error instanceof UsageError ? EXIT_USAGE : EXIT_FAILED;
  }
}

async function runCommand([name, ...rest]: readonly string[], terminal: Terminal): Promise<number> {
  if (name === undefined) throw new UsageError(helpOfProgram(COMMANDS).trimEnd());
  if (name === "--version" || name === "-V") {
    terminal.print(`mesher ${VERSION}\n`);
    return EXIT_DONE;
  }
  if (name === "--help" || name === "-h" || (name === "help" && rest.length === 0)) {
    terminal.print(helpOfProgram(COMMANDS));
    return EXIT_DONE;
  }

  const command = COMMANDS.find((each) => each.name === name);
  if (command === undefined) {
    const kind = name.startsWith("-") ? "option" : "command";
    const known = COMMANDS.map((each) => each.name).join(", ");
    throw new UsageError(`mesher has no ${kind} ${name}. Commands: ${known}. See: mesher --help`);
  }
  const parsed = parseArguments(command, rest);
  if (parsed.wants === "run") return command.run(parsed.given, terminal);
  terminal.print(helpOfCommand(command));
  return EXIT_DONE;
}
