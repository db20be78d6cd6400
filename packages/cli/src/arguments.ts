import { parseArgs } from "node:util";
import { type Arguments, type Command, UsageError } from "./command.ts";

export type ParsedArguments = { readonly wants: "help" } | { readonly wants: "run"; readonly given: Arguments };

/** Reads what stands behind a command's name. Throws a UsageError. */
export function parseArguments(command: Command, args: readonly string[]): ParsedArguments {
  const { tokens } = parseArgs({
    args: [...args],
    options: {
      help: { type: "boolean", short: "h" },
      ...Object.fromEntries(
        Object.entries(command.options).map(([name, { value }]) => [
          name,
          { type: value === undefined ? ("boolean" as const) : ("string" as const) },
        ]),
      ),
    },
    // The parser's own messages are for programmers; ours are made below.
    strict: false,
    allowPositionals: true,
    tokens: true,
  });
  const seeHelp = `See: mesher ${command.name} --help`;
  const positionals: string[] = [];
  const options = new Map<string, string[]>();
  if (tokens.some((token) => token.kind === "option" && token.name === "help")) return { wants: "help" };

  for (const token of tokens) {
    if (token.kind === "positional") positionals.push(token.value);
    if (token.kind !== "option") continue;
    // Own keys only: `--constructor` is no option either.
    const rule = Object.hasOwn(command.options, token.name) ? command.options[token.name] : undefined;
    if (rule === undefined) throw new UsageError(`mesher ${command.name} has no option ${token.rawName}. ${seeHelp}`);
    if (rule.value === undefined) {
      if (token.value !== undefined) throw new UsageError(`${token.rawName} takes no value. ${seeHelp}`);
      options.set(token.name, []);
      continue;
    }
    if (token.value === undefined)
      throw new UsageError(`${token.rawName} needs a value: ${token.rawName} ${rule.value}. ${seeHelp}`);
    // The value was forgotten, and the next option would be taken for it.
    if (!token.inlineValue && token.value.startsWith("--")) {
      throw new UsageError(
        `${token.rawName} needs a value: ${token.rawName} ${rule.value}. If it is "${token.value}": ${token.rawName}=${token.value}.`,
      );
    }
    const values = options.get(token.name) ?? [];
    if (values.length > 0 && rule.repeatable !== true) throw new UsageError(`${token.rawName} may be given only once.`);
    options.set(token.name, [...values, token.value]);
  }

  const positionalsMax = command.positional === undefined ? 0 : (command.positionalsMax ?? 1);
  const surplus = positionals[positionalsMax];
  if (surplus !== undefined) {
    throw new UsageError(`mesher ${command.name} does not know what to do with "${surplus}". ${seeHelp}`);
  }
  return { wants: "run", given: { positionals, options } };
}

/** A number option within its bounds, which are part of the message. */
export function parseNumberOption(
  given: Arguments,
  name: string,
  { fallback, min, max }: { readonly fallback: number; readonly min: number; readonly max: number },
): number {
  const text = given.options.get(name)?.at(-1);
  if (text === undefined) return fallback;
  const number = Number(text);
  if (!/^\d+(\.\d+)?$/.test(text) || number < min || number > max) {
    throw new UsageError(`--${name} is "${text}", but must be a number from ${min} to ${max}.`);
  }
  return number;
}
