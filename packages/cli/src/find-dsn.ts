import { type Dsn, parseDsn } from "@mesher/protocol";
import { type Arguments, CommandError, type OptionRule, optionOf, UsageError } from "./command.ts";
import { findServerAccess, listProjects } from "./server-access.ts";
import type { Terminal } from "./terminal.ts";

/** Where events go, and where a person sees them. */
export interface Destination {
  readonly dsn: Dsn;
  readonly pagesUrl: string;
}

export const DSN_OPTION = {
  value: "DSN",
  help: "Where to send. Default: the server is asked for its default project.",
} as const satisfies OptionRule;

/** The DSN that was given, or that of the server's default project. */
export async function findDestination(given: Arguments, terminal: Terminal): Promise<Destination> {
  const text = optionOf(given, "dsn");
  if (text !== undefined) {
    const dsn = parseDsn(text);
    if (dsn === undefined) throw new UsageError(`"${text}" is no DSN. A DSN looks like http://key@localhost:8080/1.`);
    return { dsn, pagesUrl: baseUrlOf(dsn) };
  }

  const access = await findServerAccess(given, terminal);
  const projects = await listProjects(access);
  const project = projects.find(({ slug }) => slug === "default") ?? projects[0];
  if (project === undefined) throw new CommandError(`The server at ${access.url} has no project yet.`);
  if (project.dsn === "")
    throw new CommandError(
      `The project "${project.slug}" has no key that is valid. Give it one: mesher keys create ${project.slug}`,
    );
  const dsn = parseDsn(project.dsn);
  if (dsn === undefined) throw new CommandError(`The server at ${access.url} gave "${project.dsn}", which is no DSN.`);
  // The token behind # stays in the browser; with it the pages need no login.
  return { dsn, pagesUrl: `${access.url}/#token=${access.token}` };
}

/** The server of a DSN, without a slash at its end. */
export function baseUrlOf({ protocol, host, port, prefix }: Dsn): string {
  return `${protocol}://${host}${port === undefined ? "" : `:${port}`}${prefix === "" ? "" : `/${prefix}`}`;
}
