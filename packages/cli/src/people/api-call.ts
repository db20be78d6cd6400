/** One call of the API for a command about people, organizations or tokens. */
import type { ApiMembership } from "@mesher/protocol";
import { type Arguments, type Command, CommandError, isGiven, type OptionRule, UsageError } from "../command.ts";
import { printableJson, printableLines } from "../printable.ts";
import {
  fetchAnswer,
  findServerAccess,
  patchFor,
  postFor,
  SERVER_NOTES,
  SERVER_OPTIONS,
  type ServerAccess,
} from "../server-access.ts";
import type { Terminal } from "../terminal.ts";

export const API_OPTIONS = {
  ...SERVER_OPTIONS,
  json: { help: "Prints the server's answer, for programs." },
} as const satisfies Record<string, OptionRule>;

export const API_NOTES = `It is about the organization of the token. ${SERVER_NOTES}`;

type Method = "GET" | "POST" | "PATCH";

/** The server, and the organization that the token belongs to. */
export interface Api {
  readonly access: ServerAccess;
  /** Throws a CommandError with the server's own sentence when it refuses. The caller knows the answer's shape. */
  readonly call: <Answer>(method: Method, path: string, body?: object) => Promise<Answer>;
  readonly organization: ApiMembership;
}

export async function openApi(given: Arguments, terminal: Terminal): Promise<Api> {
  const access = await findServerAccess(given, terminal);
  const call = <Answer>(method: Method, path: string, body: object = {}): Promise<Answer> => {
    const isAnswer = (value: unknown): value is Answer => typeof value === "object" && value !== null;
    if (method === "GET") return fetchAnswer(access, path, isAnswer);
    return (method === "POST" ? postFor : patchFor)(access, path, body, isAnswer);
  };
  const [organization] = await call<readonly ApiMembership[]>("GET", "/api/v1/orgs");
  if (organization === undefined) throw new CommandError("The token belongs to no organization.");
  return { access, call, organization };
}

/** For a person, or with `--json` for a program. */
export function show(given: Arguments, terminal: Terminal, answer: unknown, forPeople: () => string): number {
  terminal.print(`${isGiven(given, "json") ? printableJson(answer) : printableLines(forPeople())}\n`);
  return 0;
}

/** The one positional argument of a command. */
export function positionalOf(given: Arguments, what: string): string {
  const [value] = given.positionals;
  if (value === undefined || value === "") throw new UsageError(`${what} is missing.`);
  return value;
}

export const ROLE_OPTION = { value: "ROLE", help: "owner, admin or member. Default: member." } as const;

/** A command that revokes one thing of the organization by its id. `what`: as the path and people name it. */
export function revokeCommand(what: "token" | "invitation", summary: string): Command {
  return {
    name: `${what}s revoke`,
    summary,
    positional: "ID",
    options: API_OPTIONS,
    notes: API_NOTES,
    run: async (given, terminal) => {
      const id = encodeURIComponent(positionalOf(given, "ID"));
      const { call, organization } = await openApi(given, terminal);
      const answer = await call("POST", `/api/v1/orgs/${organization.id}/${what}s/${id}/revoke`);
      return show(given, terminal, answer, () => `The ${what} is revoked.`);
    },
  };
}
