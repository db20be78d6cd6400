import { readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import type { ApiProject } from "@mesher/protocol";
import { type Arguments, CommandError, type OptionRule, optionOf, UsageError } from "./command.ts";
import type { Terminal } from "./terminal.ts";

/** Which server a command talks to, and with which token. */
export interface ServerAccess {
  /** Without a slash at its end. */
  readonly url: string;
  readonly token?: string;
  /** Aborted, nobody waits for an answer any more. */
  readonly signal?: AbortSignal;
}

export const SERVER_OPTIONS = {
  url: { value: "URL", help: "The server. Default: MESHER_URL, or http://localhost:8080." },
  token: {
    value: "TOKEN",
    help: "API token. Default: MESHER_BOOTSTRAP_TOKEN, or the file bootstrap-token in the data directory.",
  },
} as const satisfies Record<string, OptionRule>;

export const SERVER_NOTES = `The data directory is MESHER_DATA_DIR, or ./data.`;

export async function findServerAccess(given: Arguments, terminal: Terminal): Promise<ServerAccess> {
  const url = (optionOf(given, "url") ?? (terminal.env.MESHER_URL || URL_DEFAULT)).trim();
  // Not quoted: the address of the pages, as the server prints it, has the token behind the #.
  if (/[?#]|^https?:\/\/[^/]*@/i.test(url))
    throw new UsageError("The server's URL must have no user, query or fragment: nothing with @, ? or #.");
  if (!/^https?:\/\//i.test(url) || !URL.canParse(url)) {
    throw new UsageError(`The server's URL is "${url}", but must start with http:// or https://.`);
  }
  const token =
    optionOf(given, "token") ?? (terminal.env.MESHER_BOOTSTRAP_TOKEN?.trim() || (await readTokenFile(terminal)));
  // No header can hold anything else.
  if (token !== undefined && !/^[\x21-\x7e]*$/.test(token))
    throw new UsageError("The API token has characters that are in no token: was it copied whole?");
  return { url: url.replace(/\/+$/, ""), ...(token === undefined ? {} : { token }) };
}

export function listProjects(access: ServerAccess): Promise<readonly ApiProject[]> {
  return fetchAnswer(access, "/api/v1/projects", isProjects);
}

/** What the API answers to a GET, if it is of the form that was expected. Throws a CommandError. */
export async function fetchAnswer<Answer>(
  access: ServerAccess,
  path: string,
  isAnswer: (value: unknown) => value is Answer,
): Promise<Answer> {
  return readAnswer(access, await fetchFrom(access, path, authorizationOf(access)), isAnswer);
}

/** The same for a POST of JSON. */
export function postFor<Answer>(
  access: ServerAccess,
  path: string,
  body: unknown,
  isAnswer: (value: unknown) => value is Answer,
): Promise<Answer> {
  return sendFor(access, { method: "POST", path, body }, isAnswer);
}

/** The same for a PATCH. */
export function patchFor<Answer>(
  access: ServerAccess,
  path: string,
  body: unknown,
  isAnswer: (value: unknown) => value is Answer,
): Promise<Answer> {
  return sendFor(access, { method: "PATCH", path, body }, isAnswer);
}

async function sendFor<Answer>(
  access: ServerAccess,
  { method, path, body }: { readonly method: string; readonly path: string; readonly body: unknown },
  isAnswer: (value: unknown) => value is Answer,
): Promise<Answer> {
  const headers = { ...authorizationOf(access), "content-type": "application/json" };
  const response = await fetchFrom(access, path, headers, { method, body: JSON.stringify(body) });
  return readAnswer(access, response, isAnswer);
}

export function authorizationOf({ token }: ServerAccess): Record<string, string> {
  if (token === undefined) throw new CommandError(`No API token was found. ${WHERE_TOKENS_ARE}`);
  return { authorization: `Bearer ${token}` };
}

async function readAnswer<Answer>(
  { url }: ServerAccess,
  response: Response,
  isAnswer: (value: unknown) => value is Answer,
): Promise<Answer> {
  if (response.status === 401) {
    throw new CommandError(`The server at ${url} does not accept the API token. ${WHERE_TOKENS_ARE}`);
  }
  const answer: unknown = await response.json().catch(() => undefined);
  if (response.ok && isAnswer(answer)) return answer;
  const { error } = (answer ?? {}) as { error?: unknown };
  if (!response.ok && typeof error === "string") throw new CommandError(`The server refuses: ${error}.`);
  throw new CommandError(`${url} answered ${response.status}, but not as a Mesher server does.`);
}

/** Sends a GET, unless `request` says otherwise. Throws a CommandError if the server cannot be reached. */
export async function fetchFrom(
  { url, signal }: ServerAccess,
  path: string,
  headers: Readonly<Record<string, string>> = {},
  request: { readonly method?: string; readonly body?: string } = {},
): Promise<Response> {
  const timeout = AbortSignal.timeout(ANSWER_WAIT_MS);
  const ended = signal === undefined ? timeout : AbortSignal.any([signal, timeout]);
  try {
    // Followed, a redirect loses the token, and makes a GET of a POST.
    const response = await fetch(url + path, { ...request, headers, signal: ended, redirect: "manual" });
    const redirected = redirectErrorOf(url, response);
    if (redirected === undefined) return response;
    throw redirected;
  } catch (cause) {
    if (cause instanceof CommandError) throw cause;
    throw new CommandError(
      `No Mesher server answers at ${url}${reasonOf(cause)}. Start it with "npm start", or name another with --url URL.`,
      { cause },
    );
  }
}

/** Where a server sends us on to; `undefined`: it does not. */
export function redirectOf({ status, headers }: Response): string | undefined {
  return status >= 300 && status < 400 ? (headers.get("location") ?? "nowhere") : undefined;
}

export function redirectErrorOf(url: string, response: Response): CommandError | undefined {
  const elsewhere = redirectOf(response);
  if (elsewhere === undefined) return undefined;
  return new CommandError(`${url} redirects to ${elsewhere}: name the server there with --url URL.`);
}

/** Why a request got no answer, to be put behind a sentence. That nobody listens is what the sentence says. */
export function reasonOf(fault: unknown): string {
  if (!(fault instanceof Error)) return "";
  if (fault.name === "TimeoutError") return " (it is silent)";
  const { cause = fault } = fault as { cause?: unknown };
  const { code, message } = cause as { code?: unknown; message?: unknown };
  return code === "ECONNREFUSED" || typeof message !== "string" || message === "" ? "" : ` (${message.trim()})`;
}

const URL_DEFAULT = "http://localhost:8080";
const ANSWER_WAIT_MS = 30_000;
const WHERE_TOKENS_ARE = "Give it with --token TOKEN, or in MESHER_BOOTSTRAP_TOKEN.";

async function readTokenFile({ env, cwd }: Terminal): Promise<string | undefined> {
  const path = join(resolve(cwd, env.MESHER_DATA_DIR || "data"), "bootstrap-token");
  try {
    return (await readFile(path, "utf8")).trim() || undefined;
  } catch {
    // Not here, or not ours to read: the same as no token, of which the caller tells the person.
    return undefined;
  }
}

function isProjects(value: unknown): value is readonly ApiProject[] {
  return Array.isArray(value) && value.every((each) => typeof (each as { dsn?: unknown } | null)?.dsn === "string");
}
