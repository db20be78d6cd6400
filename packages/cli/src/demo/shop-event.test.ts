import { parseEventId } from "@mesher/protocol";
import { describe, expect, test } from "vitest";
import { readEnvelope } from "../test-server.ts";
import { Random } from "./random.ts";
import { envelopeOf, makeShopEvent } from "./shop-event.ts";
import { happenInShop, OCCURRENCES } from "./shop-stream.ts";

const NOW_MS = Date.parse("2026-11-21T12:00:00Z");
const EVENT_ID = "9ec79c33ec9942ab8353589fcb2e04dc";
const AT = { eventId: EVENT_ID, nowMs: NOW_MS };

function manyEvents(seed: number, count: number) {
  const random = new Random(seed);
  const shop = happenInShop(random);
  return Array.from({ length: count }, () => {
    const occurrence = shop.next().value;
    return { ...occurrence, event: makeShopEvent(occurrence, random, AT) };
  });
}

test("the same seed makes the same events, another seed makes others", () => {
  expect(manyEvents(7, 100)).toEqual(manyEvents(7, 100));
  expect(manyEvents(7, 100)).not.toEqual(manyEvents(8, 100));
});

test("each problem has a name of its own, and there are many", () => {
  const names = new Set(OCCURRENCES.map(({ service, problem }) => `${service.name}/${problem.key}`));
  expect(names.size).toBe(OCCURRENCES.length);
  expect(names.size).toBeGreaterThanOrEqual(20);
});

test("everything happens once, then the frequent often and the rare rarely", () => {
  const events = manyEvents(1, 3000);
  const keys = events.map(({ service, problem }) => `${service.name}/${problem.key}`);
  expect(new Set(keys.slice(0, OCCURRENCES.length)).size).toBe(OCCURRENCES.length);

  const countOf = (name: string) => keys.filter((key) => key === name).length;
  expect(countOf("storefront/offer-without-price")).toBeGreaterThan(20 * countOf("billing/out-of-memory"));
});

describe.each(
  OCCURRENCES.map((occurrence) => [`${occurrence.service.name}/${occurrence.problem.key}`, occurrence] as const),
)("%s", (_, occurrence) => {
  const { service, problem } = occurrence;
  const event = makeShopEvent(occurrence, new Random(3), AT);

  test("is one event in an envelope, as the server reads it", () => {
    const envelope = readEnvelope(envelopeOf(service, event, { publicKey: "key", nowMs: NOW_MS }));
    expect(envelope.header).toMatchObject({
      event_id: EVENT_ID,
      sent_at: "2026-11-21T12:00:00.000Z",
      sdk: { name: service.sdk.name },
      trace: { public_key: "key", release: event.release },
    });
    expect(envelope.event).toEqual(event);
    expect(parseEventId(envelope.event.event_id)).toBe(EVENT_ID);
  });

  test("says something, and leaves no template unfilled", () => {
    const { exceptions, message, logentry } = problem;
    expect([exceptions, message, logentry].filter((each) => each !== undefined)).toHaveLength(1);
    expect(JSON.stringify(event)).not.toMatch(/\{\{\w+\}\}/);
  });

  test("has 8 to 30 breadcrumbs, all before it, oldest first", () => {
    const list = event.breadcrumbs as { timestamp: string | number }[] | { values: { timestamp: string | number }[] };
    const times = (Array.isArray(list) ? list : list.values).map(({ timestamp }) =>
      typeof timestamp === "number" ? timestamp * 1000 : Date.parse(timestamp),
    );
    expect(times.length).toBeGreaterThanOrEqual(8);
    expect(times.length).toBeLessThanOrEqual(30);
    expect(times).toEqual(times.toSorted((a, b) => a - b));
    expect(times.at(-1)).toBeLessThan(NOW_MS);
  });
});

test("a name stands for one value in all of an event", () => {
  const occurrence = OCCURRENCES.find(({ problem }) => problem.key === "payment-declined");
  if (occurrence === undefined) throw new Error("there is no such problem any more");
  const event = makeShopEvent(occurrence, new Random(5), AT) as unknown as {
    exception: { values: [{ value: string }] };
    request: { url: string };
  };
  const order = /\/orders\/(\d+)\/pay/.exec(event.request.url)?.[1];
  expect(event.exception.values[0].value).toBe(`Card declined for order ${order}: insufficient_funds`);
});

test("messages differ between events of one problem", () => {
  const values = manyEvents(2, 500)
    .filter(({ problem }) => problem.key === "feature-missing")
    .map(({ event }) => JSON.stringify(event.exception));
  expect(new Set(values).size).toBeGreaterThan(3);
});
