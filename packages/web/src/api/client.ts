import { type ApiError, parseExactJson } from "@mesher/protocol";
import { currentToken, demandSignIn } from "./token.ts";

const ANSWER_WITHIN_MS = 20_000;
/** Since the page was opened. What was asked for then is no answer to what is asked later. */
const EARLY_WITHIN_MS = 10_000;
/** Of a file, its last byte. */
const FILE_WITHIN_MS = 5 * 60_000;

/** The server refused, failed, or could not be reached (then `status` is 0). The message is for people. */
export class ApiFailure extends Error {
  override readonly name = "ApiFailure";
  readonly status: number;
  readonly code: string;
  readonly details: unknown;

  constructor(message: string, status: number, code: string, more: { cause?: unknown; details?: unknown } = {}) {
    super(message, { cause: more.cause });
    this.status = status;
    this.code = code;
    this.details = more.details;
  }
}

export type Query = Readonly<Record<string, string | number | undefined>>;

/** Reads from the API; `path` is relative to the document's base. */
export async function getJson<Answer>(path: string, query: Query, signal: AbortSignal): Promise<Answer> {
  return answerOf<Answer>(await respond(urlOf(path, query), {}, { signal }));
}

/** As `getJson`, of what was sent by others: numbers that JavaScript cannot hold are kept as they are written. */
export async function getExactJson<Answer>(path: string, query: Query, signal: AbortSignal): Promise<Answer> {
  const response = await respond(urlOf(path, query), {}, { signal });
  if (!response.ok || !isJson(response)) throw await failureOf(response);
  const text = await response.text();
  return (LONG_NUMBER.test(text) ? parseExactJson(text) : JSON.parse(text)) as Answer;
}

/** All numbers of fewer digits are exact, before and behind a point together. */
const LONG_NUMBER = /\d[\d.]{15}/;

/** What was read, and the tag that tells it from what somebody else makes of it meanwhile. */
export interface Tagged<Answer> {
  readonly answer: Answer;
  readonly tag: string | null;
}

/** Reads what is to be changed. */
export async function getTagged<Answer>(path: string, signal: AbortSignal): Promise<Tagged<Answer>> {
  const response = await respond(urlOf(path, {}), {}, { signal });
  return { answer: await answerOf<Answer>(response), tag: response.headers.get("etag") };
}

function urlOf(path: string, query: Query): URL {
  const url = new URL(path, document.baseURI);
  for (const [name, value] of Object.entries(query)) if (value !== undefined) url.searchParams.set(name, String(value));
  return url;
}

interface Sending {
  readonly isSignIn?: boolean;
  /** Refused with 412 if what has this tag was changed since. */
  readonly ifMatch?: string | null;
}

/** Changes something. A browser sends the page's `Origin` with it, by which the server knows its own pages. */
export async function sendJson<Answer>(
  method: "POST" | "PATCH",
  path: string,
  body: object = {},
  { isSignIn = false, ifMatch = null }: Sending = {},
): Promise<Answer> {
  const headers = { "content-type": "application/json", ...(ifMatch !== null && { "if-match": ifMatch }) };
  const init = { method, body: JSON.stringify(body), headers };
  return answerOf<Answer>(await respond(new URL(path, document.baseURI), init, { isSignIn }));
}

interface Ask {
  readonly method?: string;
  readonly body?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Reads what is text, for people and programs to go on with. */
export async function getText(path: string): Promise<string> {
  const response = await respond(new URL(path, document.baseURI), { headers: { accept: "text/*" } });
  if (response.ok && !isJson(response)) return response.text();
  throw await failureOf(response);
}

/** Reads what is to be kept as a file. */
export async function getFile(path: string, query: Query): Promise<Blob> {
  const response = await respond(urlOf(path, query), { headers: { accept: "*/*" } }, { withinMs: FILE_WITHIN_MS });
  if (response.ok) return response.blob();
  throw await failureOf(response);
}

interface Manner {
  readonly signal?: AbortSignal;
  /** The request proves who somebody is, so that its 401 is an answer and no reason to ask them again. */
  readonly isSignIn?: boolean;
  readonly withinMs?: number;
}

async function answerOf<Answer>(response: Response): Promise<Answer> {
  if (response.ok && isJson(response)) return (await response.json()) as Answer;
  throw await failureOf(response);
}

async function respond(
  url: URL,
  init: Ask,
  { signal, isSignIn = false, withinMs = ANSWER_WITHIN_MS }: Manner = {},
): Promise<Response> {
  const token = isSignIn ? null : currentToken();
  const timeout = AbortSignal.timeout(withinMs);
  const asked = {
    ...init,
    headers: {
      accept: "application/json",
      ...(token !== null && { authorization: `Bearer ${token}` }),
      ...init.headers,
    },
    signal: signal === undefined ? timeout : AbortSignal.any([signal, timeout]),
  };
  const early = init.method === undefined && init.headers === undefined ? takeEarly(url, token) : undefined;
  const response = await request(
    () => (early === undefined ? fetch(url, asked) : until(early, asked.signal)),
    asked.signal,
  );
  // A token that was replaced while this request was under way says nothing about the new one.
  if (response.status === 401 && !isSignIn && token === currentToken()) demandSignIn();
  return response;
}

/** The answer to what `early.ts` has asked for, once. */
function takeEarly({ href }: URL, token: string | null): Promise<Response> | undefined {
  const early = window.mesherEarly;
  if (early === undefined || early.token !== token || performance.now() > EARLY_WITHIN_MS) return undefined;
  const answer = early.answers.get(href);
  early.answers.delete(href);
  return answer;
}

function until<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason as Error), { once: true });
    promise.then(resolve, reject);
  });
}

async function request(send: () => Promise<Response>, signal: AbortSignal): Promise<Response> {
  try {
    return await send();
  } catch (error) {
    if (signal.reason instanceof DOMException && signal.reason.name === "TimeoutError") {
      throw new ApiFailure("The server did not answer in time.", 0, "timeout", { cause: error });
    }
    if (signal.aborted) throw error;
    throw new ApiFailure("The server cannot be reached.", 0, "unreachable", { cause: error });
  }
}

async function failureOf(response: Response): Promise<ApiFailure> {
  const body: Partial<ApiError> | undefined = isJson(response)
    ? await response.json().catch(() => undefined)
    : undefined;
  return new ApiFailure(
    (body?.error && asSentence(body.error)) ??
      (response.ok ? "The server's answer is not one of Mesher's." : "The server could not answer."),
    response.status,
    body?.code ?? "",
    { details: body?.details },
  );
}

/** The API words its errors as parts of a line, pages show them alone. */
function asSentence(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1) + (/[.!?…]$/.test(text) ? "" : ".");
}

function isJson(response: Response): boolean {
  return response.headers.get("content-type")?.includes("json") ?? false;
}
