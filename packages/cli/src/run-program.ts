import { alertCommands } from "./alerts/alerts-commands.ts";
import { parseArguments } from "./arguments.ts";
import { backupCommands } from "./backup-commands.ts";
import { clusterStatusCommand } from "./cluster-status-command.ts";
import { type Command, CommandError, UsageError } from "./command.ts";
import { DELIVERIES_COMMANDS } from "./deliveries/deliveries-commands.ts";
import { demoCommand } from "./demo/demo-command.ts";
import { doctorCommand } from "./doctor/doctor-command.ts";
import { helpOfCommand, helpOfProgram } from "./help.ts";
import { issuesCommands } from "./issues/issues-commands.ts";
import { jobsCommand } from "./jobs-command.ts";
import { keyCommands } from "./key-commands.ts";
import { ORGS_COMMANDS } from "./people/orgs-commands.ts";
import { TOKENS_COMMANDS } from "./people/tokens-commands.ts";
import { USERS_COMMANDS } from "./people/users-commands.ts";
import { printableLines } from "./printable.ts";
import { projectCommands } from "./project-commands.ts";
import { sendCommand } from "./send-command.ts";
import { statusCommand } from "./status-command.ts";
import { tailCommand } from "./tail/tail-command.ts";
import type { Terminal } from "./terminal.ts";
import { VERSION } from "./version.ts";

const COMMANDS: readonly Command[] = [
  demoCommand,
  statusCommand,
  doctorCommand,
  // What there is to see and change, by name.
  clusterStatusCommand,
  jobsCommand,
  ...issuesCommands,
  ...alertCommands,
  ...projectCommands,
  ...keyCommands,
  ...USERS_COMMANDS,
  ...ORGS_COMMANDS,
  ...TOKENS_COMMANDS,
  ...DELIVERIES_COMMANDS,
  sendCommand,
  tailCommand,
  // What is done with the server's files, on its machine.
  ...backupCommands,
];

const EXIT_DONE = 0;
const EXIT_FAILED = 1;
const EXIT_USAGE = 2;

/** Runs one command line and gives the exit code: 0 done, 1 it did not work, 2 the command line is wrong. */
export async function runProgram(args: readonly string[], terminal: Terminal): Promise<number> {
  try {
    return await runCommand(args, terminal);
  } catch (error) {
    if (!(error instanceof UsageError) && !(error instanceof CommandError)) throw error;
    terminal.printError(`${printableLines(error.message)}\n`);
    return error instanceof UsageError ? EXIT_USAGE : EXIT_FAILED;
  }
}

async function runCommand(args: readonly string[], terminal: Terminal): Promise<number> {
  const [name] = args;
  if (name === undefined) throw new UsageError(helpOfProgram(COMMANDS).trimEnd());
  if (name === "--version" || name === "-V") {
    terminal.print(`mesher ${VERSION}\n`);
    return EXIT_DONE;
  }
  if (name === "help") return runCommand([...args.slice(1), "--help"], terminal);
  if (isHelp(name)) {
    terminal.print(helpOfProgram(COMMANDS));
    return EXIT_DONE;
  }

  const command = findCommand(args);
  if (command === undefined) {
    const kind = name.startsWith("-") ? "option" : "command";
    const ofThing = COMMANDS.filter((each) => each.name.startsWith(`${name} `));
    if (ofThing.length > 0 && isHelp(args[1])) {
      terminal.print(helpOfProgram(ofThing));
      return EXIT_DONE;
    }
    const known = (ofThing.length > 0 ? ofThing : COMMANDS).map((each) => each.name).join(", ");
    const given = ofThing.length > 0 ? args.slice(0, 2).join(" ") : name;
    throw new UsageError(`mesher has no ${kind} ${given}. Commands: ${known}. See: mesher --help`);
  }
  const parsed = parseArguments(command, args.slice(command.name.split(" ").length));
  if (parsed.wants === "run") return command.run(parsed.given, terminal);
  terminal.print(helpOfCommand(command));
  return EXIT_DONE;
}

function isHelp(word: string | undefined): boolean {
  return word === "--help" || word === "-h";
}

/** Of two words if there is one, else of one. */
function findCommand(args: readonly string[]): Command | undefined {
  const named = (words: number) => COMMANDS.find((each) => each.name === args.slice(0, words).join(" "));
  return named(2) ?? named(1);
}
