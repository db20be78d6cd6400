import type { Terminal } from "./terminal.ts";

/** What stands after `mesher`. Its help is printed from this. */
export interface Command {
  /** One word, or two: a thing and what to do with it, as in `cluster status`. */
  readonly name: string;
  /** For the list of commands. */
  readonly summary: string;
  /** Positional arguments as the help shows them, for example `MESSAGE`. None: the command takes none. */
  readonly positional?: string;
  /** How many it takes at most. Default: 1. */
  readonly positionalsMax?: number;
  readonly options: Readonly<Record<string, OptionRule>>;
  /** Command lines that show what it is for. */
  readonly examples?: readonly string[];
  /** Further lines of its help: what a person needs to know beside the options. */
  readonly notes?: string;
  /** Gives the exit code. */
  readonly run: (given: Arguments, terminal: Terminal) => Promise<number>;
}

export interface OptionRule {
  /** What stands for the value in the help. Absent: a switch, which takes none. */
  readonly value?: string;
  readonly help: string;
  readonly repeatable?: boolean;
}

export interface Arguments {
  readonly positionals: readonly string[];
  /** Only options that were given, their values in order; more than one only where they are repeatable. */
  readonly options: ReadonlyMap<string, readonly string[]>;
}

export function optionOf(given: Arguments, name: string): string | undefined {
  return given.options.get(name)?.at(-1);
}

/** Whether a switch was given. */
export function isGiven(given: Arguments, name: string): boolean {
  return given.options.has(name);
}

/** The command line is wrong. One sentence; exit code 2. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/** The command could not do what was asked. One sentence; exit code 1. */
export class CommandError extends Error {
  override readonly name = "CommandError";
}
