import { promisify } from "node:util";
import { gzip } from "node:zlib";
import type { Dsn } from "@mesher/protocol";
import { baseUrlOf } from "./find-dsn.ts";
import { redirectOf } from "./server-access.ts";

/** How a client makes itself known, which differs from SDK to SDK. */
export interface Wire {
  /** As in `sentry.python/2.44.0`. */
  readonly client: string;
  /** Browsers put the key into the query, since a header of their own would cost them a preflight request. */
  readonly auth: "header" | "query";
  readonly gzip: boolean;
}

export type Answer =
  | { readonly kind: "accepted" }
  | { readonly kind: "refused"; readonly status: number; readonly detail: string; readonly retryAfterMs?: number }
  /** No answer came, or none in time. */
  | { readonly kind: "unanswered"; readonly cause: unknown };

/** Posts an envelope as an SDK does. Never throws. */
export async function postEnvelope(dsn: Dsn, wire: Wire, envelope: Uint8Array): Promise<Answer> {
  const { url, headers } = addressOf(dsn, wire);
  const body = wire.gzip ? await compress(envelope) : envelope;
  try {
    const response = await fetch(url, {
      method: "POST",
      headers: { ...headers, ...(wire.gzip ? { "content-encoding": "gzip" } : {}) },
      body: new Uint8Array(body),
      signal: AbortSignal.timeout(ANSWER_WAIT_MS),
      // Followed, it would become a GET without an envelope, which any page answers with 200.
      redirect: "manual",
    });
    // Read to its end even where nobody needs it: the connection is free for the next envelope only then.
    const text = await response.text();
    if (response.ok) return { kind: "accepted" };
    const elsewhere = redirectOf(response);
    if (elsewhere !== undefined)
      return { kind: "refused", status: response.status, detail: `it redirects to ${elsewhere}` };
    return { kind: "refused", status: response.status, detail: detailOf(text), ...retryAfter(response) };
  } catch (cause) {
    return { kind: "unanswered", cause };
  }
}

/** Seconds, as SDKs read it; a date counts as no statement. */
export function parseRetryAfterMs(header: string | null): number | undefined {
  if (header === null || !/^\d{1,6}(\.\d+)?$/.test(header.trim())) return undefined;
  return Math.min(Number(header) * 1000, RETRY_AFTER_MS_MAX);
}

const ANSWER_WAIT_MS = 10_000;
const RETRY_AFTER_MS_MAX = 3_600_000;
/** Where a 429 does not say. As SDKs have it. */
const RETRY_AFTER_MS_DEFAULT = 60_000;

const compress = promisify(gzip);

function addressOf(dsn: Dsn, { client, auth }: Wire): { url: string; headers: Record<string, string> } {
  const url = `${baseUrlOf(dsn)}/api/${dsn.projectNumber}/envelope/`;
  if (auth === "query") {
    const query = new URLSearchParams({ sentry_version: "7", sentry_key: dsn.publicKey, sentry_client: client });
    return { url: `${url}?${query.toString()}`, headers: { "content-type": "text/plain;charset=UTF-8" } };
  }
  return {
    url,
    headers: {
      "content-type": "application/x-sentry-envelope",
      "user-agent": client,
      "x-sentry-auth": `Sentry sentry_version=7, sentry_client=${client}, sentry_key=${dsn.publicKey}`,
    },
  };
}

function retryAfter({ status, headers }: Response): { retryAfterMs?: number } {
  const saidMs = parseRetryAfterMs(headers.get("retry-after"));
  if (saidMs !== undefined) return { retryAfterMs: saidMs };
  return status === 429 ? { retryAfterMs: RETRY_AFTER_MS_DEFAULT } : {};
}

/** What the server says is wrong, or nothing. */
function detailOf(text: string): string {
  try {
    const { detail, error } = JSON.parse(text) as { detail?: unknown; error?: unknown };
    const said = detail ?? error;
    return typeof said === "string" ? said : "";
  } catch {
    return "";
  }
}
