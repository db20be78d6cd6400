import type { ApiError } from "@mesher/protocol";
import { currentToken, refuseToken } from "./token.ts";

const ANSWER_WITHIN_MS = 20_000;

/** The server refused, failed, or could not be reached (then `status` is 0). The message is for people. */
export class ApiFailure extends Error {
  override readonly name = "ApiFailure";
  readonly status: number;
  readonly code: string;

  constructor(message: string, status: number, code: string, cause?: unknown) {
    super(message, { cause });
    this.status = status;
    this.code = code;
  }
}

export type Query = Readonly<Record<string, string | number | undefined>>;

/** Reads from the API; `path` is relative to the document's base. */
export async function getJson<Answer>(path: string, query: Query, signal: AbortSignal): Promise<Answer> {
  const url = new URL(path, document.baseURI);
  for (const [name, value] of Object.entries(query)) if (value !== undefined) url.searchParams.set(name, String(value));

  const token = currentToken();
  const response = await request(url, {
    headers: { accept: "application/json", ...(token !== null && { authorization: `Bearer ${token}` }) },
    signal: AbortSignal.any([signal, AbortSignal.timeout(ANSWER_WITHIN_MS)]),
  });
  if (response.ok && isJson(response)) return (await response.json()) as Answer;
  // A token that was replaced while this request was under way says nothing about the new one.
  if (response.status === 401 && token === currentToken()) refuseToken();
  throw await failureOf(response);
}

async function request(url: URL, init: RequestInit): Promise<Response> {
  try {
    return await fetch(url, init);
  } catch (error) {
    if (init.signal?.reason instanceof DOMException && init.signal.reason.name === "TimeoutError") {
      throw new ApiFailure("The server did not answer in time.", 0, "timeout", error);
    }
    if (init.signal?.aborted) throw error;
    throw new ApiFailure("The server cannot be reached.", 0, "unreachable", error);
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
  );
}

/** The API words its errors as parts of a line, pages show them alone. */
function asSentence(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1) + (/[.!?…]$/.test(text) ? "" : ".");
}

function isJson(response: Response): boolean {
  return response.headers.get("content-type")?.includes("json") ?? false;
}
