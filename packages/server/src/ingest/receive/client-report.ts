import { CATEGORIES, type Category } from "@mesher/protocol";

/** What an SDK says it dropped before sending. */
export interface DiscardedEvents {
  readonly category: Category;
  readonly reason: string;
  readonly quantity: number;
}

/** `undefined` if it is no client report. https://develop.sentry.dev/sdk/client-reports/ */
export function parseClientReport(bytes: Uint8Array): DiscardedEvents[] | undefined {
  const report = parseObject(bytes);
  const discarded = report?.discarded_events;
  if (!Array.isArray(discarded)) return undefined;
  return discarded.flatMap((element: unknown) => readDiscarded(element) ?? []);
}

/** Counters have a series per reason, so a client may not invent any. */
const REASONS: ReadonlySet<unknown> = new Set([
  "queue_overflow",
  "cache_overflow",
  "buffer_overflow",
  "ratelimit_backoff",
  "network_error",
  "sample_rate",
  "before_send",
  "event_processor",
  "send_error",
  "internal_sdk_error",
  "insufficient_data",
  "backpressure",
  "ignored",
  "invalid",
  "no_parent_span",
]);
const QUANTITY_MAX = 1_000_000;

function readDiscarded(element: unknown): DiscardedEvents | undefined {
  if (typeof element !== "object" || element === null) return undefined;
  const { category, reason, quantity } = element as Record<string, unknown>;
  if (typeof quantity !== "number" || !Number.isSafeInteger(quantity) || quantity < 1) return undefined;
  return {
    category: CATEGORIES.find((known) => known === category) ?? "default",
    reason: REASONS.has(reason) ? (reason as string) : "other",
    quantity: Math.min(quantity, QUANTITY_MAX),
  };
}

function parseObject(bytes: Uint8Array): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(bytes).toString("utf8"));
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}
