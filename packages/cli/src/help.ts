import { alignColumns } from "./align-columns.ts";
import type { Command } from "./command.ts";

export function helpOfProgram(commands: readonly Command[]): string {
  return `mesher: the command line of Mesher, self-hosted error monitoring

Usage: mesher COMMAND [OPTIONS]

Commands:
${alignColumns(commands.map(({ name, summary }) => [`  ${name}`, summary]))}

mesher COMMAND --help tells more of one; mesher --version tells the version.
From the repository, "npm run mesher -- COMMAND" is the same as "mesher COMMAND".
`;
}

export function helpOfCommand({ name, summary, positional, options, examples = [], notes }: Command): string {
  const usage = ["mesher", name, ...(positional === undefined ? [] : [positional]), "[OPTIONS]"].join(" ");
  const rows = Object.entries(options).map(([option, { value, help, repeatable }]) => [
    value === undefined ? `  --${option}` : `  --${option} ${value}`,
    repeatable === true ? `${help} May be repeated.` : help,
  ]);
  return `${summary}

Usage: ${usage}

Options:
${alignColumns([...rows, ["  --help", "This text."]])}
${examples.length === 0 ? "" : `\nExamples:\n${examples.map((line) => `  ${line}\n`).join("")}`}${notes === undefined ? "" : `\n${notes}\n`}`;
}
