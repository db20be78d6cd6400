import type { StreamChange, StreamMessage } from "@mesher/protocol";
import { waitUntil } from "@mesher/testkit";
import { afterEach, expect, test, vi } from "vitest";
import { createLog } from "../runtime/log.ts";
import { parseStreamSearch, STREAM_SEARCHES_MAX } from "../search/stream-search.ts";
import { Feed, SAY_AGAIN_MS, SAY_AGAIN_TIMES, SEARCHES_MAX, TooManySearchesError } from "./feed.ts";
import { feedNode, feedNodes } from "./feed-testing.ts";
import { parsePosition } from "./position.ts";
import { change } from "./recent-testing.ts";

const log = createLog({ level: "error", format: "json" });
const countUnresolved = async () => 0;

const PROJECT = "p";

/** What NATS takes in one message. */
const MESSAGE_BYTES_MAX = 1024 * 1024;

afterEach(() => vi.useRealTimers());

/** Two feeds; somebody listens to what the second one hears. `wire.takes`: what passes between them. */
async function setUpTwo() {
  const wire = { takes: (_bytes: number) => true };
  const nodes = feedNodes((message) => wire.takes(Buffer.byteLength(JSON.stringify(message))));
  const [telling, hearing] = nodes.map((node) => new Feed({ node, countUnresolved, log })) as [Feed, Feed];
  await Promise.all([telling.start(), hearing.start()]);
  const watching = await hearing.watch(PROJECT);
  const heard: StreamMessage[] = [];
  const subscriber = {
    wanted: { filters: {} },
    push: ({ text }: { readonly text: Buffer }) => void heard.push(JSON.parse(text.toString()) as StreamMessage),
  };
  hearing.subscribe(PROJECT, subscriber, undefined);
  return {
    wire,
    telling,
    hearing,
    subscriber,
    heard,
    summary: () => heard.map((message) => ("alert_id" in message ? message.alert_id : message)),
    async [Symbol.asyncDispose]() {
      watching.dispose();
      await telling.stop();
      await hearing.stop();
    },
  };
}

test("a node asks no more searches than it may, however many come at once", async () => {
  const told = Promise.withResolvers<[]>();
  const node = feedNode({ list: () => ["peer"], tellPeer: () => told.promise });
  const feed = new Feed({ node, countUnresolved, log });
  const watching = Promise.allSettled(
    Array.from({ length: SEARCHES_MAX + 1 }, (_, n) =>
      feed.watch(`project${Math.floor(n / STREAM_SEARCHES_MAX)}`, parseStreamSearch(`word${n}`)),
    ),
  );
  told.resolve([]);
  const refused = (await watching).filter(({ status }) => status === "rejected");
  expect(refused).toEqual([{ status: "rejected", reason: expect.any(TooManySearchesError) }]);
  expect(feed.watched.flatMap(({ searches }) => searches)).toHaveLength(SEARCHES_MAX);
  await feed.stop();
});

test("what is told at once reaches other nodes whole and in order, however much it is", async () => {
  await using feeds = await setUpTwo();
  feeds.wire.takes = (bytes) => bytes <= MESSAGE_BYTES_MAX;
  const texts = Array.from({ length: 2_000 }, (_, n) => `${n} ${"é".repeat(500)}`);
  feeds.telling.tell(PROJECT, texts.map(change));
  feeds.telling.tell(PROJECT, [change("last")]);
  await waitUntil("the last of it", async () => feeds.summary().at(-1) === "last");
  expect(feeds.summary()).toEqual([...texts, "last"]);
});

test("of parts that are told one by one each event keeps what it matches", async () => {
  await using feeds = await setUpTwo();
  const search = parseStreamSearch("found");
  if (search === undefined) expect.fail("it asks for something");
  using watching = await feeds.hearing.watch(PROJECT, search);
  feeds.hearing.subscribe(PROJECT, { ...feeds.subscriber, wanted: { filters: {}, search } }, undefined);
  feeds.wire.takes = (bytes) => bytes <= MESSAGE_BYTES_MAX;
  const texts = Array.from({ length: 1_000 }, (_, n) => `${n} ${"x".repeat(1_000)}`);
  const found = texts.map((_text, n) => (n % 7 === 0 ? [0] : []));
  feeds.telling.tell(PROJECT, texts.map(eventOf), { asked: [search.id], found });
  const expected = texts.filter((_text, n) => n % 7 === 0);
  await waitUntil("the last of it", async () => feeds.heard.length === texts.length + expected.length);
  const counts = Map.groupBy(feeds.heard, (message) => ("event_id" in message ? message.event_id : ""));
  expect([...counts].flatMap(([id, { length }]) => (length === 2 ? [id] : []))).toEqual(expected);
  expect(watching.disposed).toBe(false);
});

test("what did not come and was the last to be told is missed in the end, and told as dropped", async () => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  await using feeds = await setUpTwo();
  feeds.telling.tell(PROJECT, [change("heard")]);
  const { id } = feeds.heard[0] as { readonly id: string };
  feeds.wire.takes = () => false;
  feeds.telling.tell(PROJECT, ["lost", "lost", "lost"].map(change));
  await vi.advanceTimersByTimeAsync(SAY_AGAIN_MS);
  feeds.wire.takes = () => true;
  expect(feeds.summary()).toEqual(["heard"]);
  await vi.advanceTimersByTimeAsync(SAY_AGAIN_MS);
  expect(feeds.summary()).toEqual(["heard", { type: "dropped", count: 3 }]);
  feeds.telling.tell(PROJECT, [change("heard too")]);
  expect(feeds.summary()).toEqual(["heard", { type: "dropped", count: 3 }, "heard too"]);
  expect(feeds.hearing.subscribe(PROJECT, feeds.subscriber, parsePosition(id)).start).toBe("gap");
});

test("of a node of which nothing else was heard it is missed, too", async () => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  await using feeds = await setUpTwo();
  feeds.wire.takes = () => false;
  feeds.telling.tell(PROJECT, ["lost", "lost"].map(change));
  feeds.wire.takes = () => true;
  await vi.advanceTimersByTimeAsync(SAY_AGAIN_MS);
  expect(feeds.summary()).toEqual([{ type: "dropped", count: 2 }]);
});

test("a node says how much it told for a while, and then is quiet; who heard all of it is told nothing", async () => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  await using feeds = await setUpTwo();
  let sent = 0;
  feeds.wire.takes = () => (sent += 1) > 0;
  feeds.telling.tell(PROJECT, [change("heard")]);
  await vi.advanceTimersByTimeAsync(2 * SAY_AGAIN_TIMES * SAY_AGAIN_MS);
  expect(sent).toBe(1 + SAY_AGAIN_TIMES);
  expect(feeds.summary()).toEqual(["heard"]);
});

function eventOf(text: string): StreamChange {
  return {
    type: "event",
    project_id: PROJECT,
    event_id: text,
    issue_id: "i",
    occasion: "repeat",
    issue_event_count: 1,
    data: {
      id: text,
      level: "error",
      message: "",
      received_at: "2026-11-21T12:00:00.000Z",
      platform: "node",
      culprit: "",
      environment: null,
      release: null,
    },
  };
}
