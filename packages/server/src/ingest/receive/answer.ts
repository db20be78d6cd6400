import type { ServerResponse } from "node:http";
import type { Refusal } from "./refusal.ts";

export interface Answer {
  readonly status: number;
  /** JSON unless `contentType` says otherwise. */
  readonly body?: string | Buffer;
  readonly contentType?: string;
  /** Further headers: name, value, name, value, … */
  readonly headers?: readonly string[];
}

export function sendAnswer(response: ServerResponse, { status, body, contentType, headers }: Answer): void {
  const length = body === undefined ? 0 : Buffer.byteLength(body);
  const head = [...CORS, "content-length", String(length)];
  if (body !== undefined) head.push("content-type", contentType ?? "application/json");
  if (headers !== undefined) head.push(...headers);
  response.writeHead(status, head);
  response.end(body);
}

/** Answers to SDKs: `{"id"}`. */
export function acceptedAnswer(eventId: string | undefined, headers?: readonly string[]): Answer {
  const body = eventId === undefined ? "{}" : `{"id":"${eventId}"}`;
  return headers === undefined ? { status: 200, body } : { status: 200, body, headers };
}

/** As Sentry words errors: `{"detail","causes"}` and `X-Sentry-Error`. */
export function sentryRefusal(refusal: Refusal): Answer {
  const detail = headerText(refusal.message);
  const headers = ["x-sentry-error", detail, ...retryHeaders(refusal)];
  return { status: refusal.status, body: JSON.stringify({ detail, causes: causes(refusal) }), headers };
}

/** As the native API words errors: `{"error","code","details"}`. */
export function nativeRefusal(refusal: Refusal): Answer {
  const { code = refusal.outcome, details } = refusal.options;
  const body = JSON.stringify({ error: refusal.message, code, details });
  return { status: refusal.status, body, headers: retryHeaders(refusal) };
}

export function preflightAnswer(methods: string): Answer {
  return {
    status: 204,
    headers: [
      "access-control-allow-methods",
      methods,
      "access-control-allow-headers",
      CORS_HEADERS_ALLOWED,
      "access-control-max-age",
      "3600",
    ],
  };
}

export function wrongMethodAnswer(methods: string): Answer {
  return {
    status: 405,
    body: '{"detail":"method not allowed","error":"method not allowed","code":"method_not_allowed"}',
    headers: ["allow", methods],
  };
}

/** Tells SDKs to keep back everything we would keep, for this key. They take the longest of several limits. */
export function rateLimitHeaders(retryAfterSeconds: number, reason: string): string[] {
  const seconds = String(retryAfterSeconds);
  return ["retry-after", seconds, "x-sentry-rate-limits", `${seconds}:default;error;security:key:${reason}`];
}

function retryHeaders({ outcome, options }: Refusal): string[] {
  return options.retryAfterSeconds === undefined ? [] : rateLimitHeaders(options.retryAfterSeconds, outcome);
}

function causes({ options }: Refusal): string[] {
  return options.cause instanceof Error ? [headerText(options.cause.message)] : [];
}

/** A header takes no line breaks and only Latin letters. */
function headerText(text: string): string {
  return text.replaceAll(/[^\x20-\x7e]/g, "?").slice(0, HEADER_TEXT_LENGTH_MAX);
}

const HEADER_TEXT_LENGTH_MAX = 500;
/** On every answer: without the exposed headers browser SDKs cannot see limits. As relay's `middlewares/cors.rs`. */
const CORS = [
  "access-control-allow-origin",
  "*",
  "access-control-expose-headers",
  "x-sentry-error, x-sentry-rate-limits, retry-after",
];
const CORS_HEADERS_ALLOWED =
  "x-sentry-auth, x-requested-with, x-forwarded-for, origin, referer, accept, content-type, authentication, " +
  "authorization, content-encoding, transfer-encoding, sentry-trace, baggage";
