/**
 * What scrubbing costs an event, beside parsing and normalizing it: the sample events as they are, and with secrets in them.
 *
 *     npm run bench:scrubbing
 */
import { SCRUBBING_DEFAULT } from "@mesher/protocol";
import { parseEventJson } from "../packages/server/src/ingest/event-json.ts";
import { normalizeEvent } from "../packages/server/src/ingest/normalize/normalize.ts";
import { createScrubber } from "../packages/server/src/ingest/scrub/scrub-event.ts";
import { BODIES, SIZE_NAMES, type SizeName, sampleEvent } from "./sample-events.ts";

/** The best of them counts: what disturbs only makes slower. */
const ROUNDS = 30;
const NOW_MS = Date.parse("2026-11-21T12:00:00Z");
const EVENT_ID = "0".repeat(32);

const scrub = createScrubber(SCRUBBING_DEFAULT);
console.log("µs an event          parse   normalize   scrub: nothing   scrub: 3 secrets");
for (const size of SIZE_NAMES) {
  const texts = Array.from({ length: BODIES }, (_, body) => Buffer.from(sampleEvent(size, body, NOW_MS)));
  const clean = texts.map(parseEventJson);
  const secret = clean.map((event) => withSecrets(event as Record<string, unknown>));
  const found = clean.filter((event) => scrub(event).removed.length > 0).length;
  if (found > 0) throw new Error(`${found} of the sample events have secrets; this would not measure what it says`);
  const figures = [
    time(texts, parseEventJson),
    time(clean, (event) => normalizeEvent(event, { receivedAtMs: NOW_MS, eventId: EVENT_ID, source: "sentry" })),
    time(clean, scrub),
    time(secret, scrub),
  ];
  console.log(`${label(size, texts)} ${figures.map((figure) => figure.toFixed(1).padStart(12)).join(" ")}`);
}

function withSecrets(event: Record<string, unknown>): Record<string, unknown> {
  return {
    ...event,
    request: {
      headers: { Cookie: "a=b", Authorization: "Bearer abcdef123456" },
      url: "https://shop.example/?token=abc",
    },
  };
}

function time<T>(items: readonly T[], work: (item: T) => unknown): number {
  let best = Number.POSITIVE_INFINITY;
  for (let round = 0; round < ROUNDS; round += 1) {
    const start = performance.now();
    for (const item of items) work(item);
    best = Math.min(best, performance.now() - start);
  }
  return (best * 1000) / items.length;
}

function label(size: SizeName, texts: readonly Buffer[]): string {
  const bytes = texts.reduce((sum, text) => sum + text.length, 0) / texts.length;
  return `${size} (${(bytes / 1000).toFixed(1)} KB)`.padEnd(14);
}
