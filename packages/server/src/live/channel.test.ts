import type { StreamChange, StreamMessage } from "@mesher/protocol";
import { waitUntil } from "@mesher/testkit";
import { expect, test } from "vitest";
import { Channel, MESSAGES_PER_TURN, WAITING_MAX } from "./channel.ts";
import { parsePosition } from "./position.ts";

const alertsOf = (count: number): StreamChange[] =>
  Array.from({ length: count }, (_, n) => ({
    type: "alert",
    project_id: "p",
    alert_id: String(n),
    rule_id: "r",
    rule_name: "",
    condition: "",
    message: "",
  }));

function setUp() {
  const channel = new Channel(
    "p",
    async () => 0,
    () => expect.fail("it can be counted"),
  );
  const heard: StreamMessage[] = [];
  const subscriber = {
    wanted: { filters: {} },
    push: ({ text }: { readonly text: Buffer }) => void heard.push(JSON.parse(text.toString()) as StreamMessage),
  };
  channel.join(subscriber, undefined);
  return { channel, heard, subscriber };
}

test("a flood is given out in turns, and other work has its own in between", async () => {
  const { channel, heard } = setUp();
  channel.hear({ origin: "a", first: 1, changes: alertsOf(5 * MESSAGES_PER_TURN) });
  expect(heard).toHaveLength(MESSAGES_PER_TURN);
  await new Promise((resolve) => setImmediate(resolve));
  expect(heard.length).toBeLessThanOrEqual(2 * MESSAGES_PER_TURN);
  await waitUntil("all of it", async () => heard.length === 5 * MESSAGES_PER_TURN);
});

test("[STREAM-05] what is more than may wait for its turn is left out, the oldest first, and told", async () => {
  const { channel, heard } = setUp();
  channel.hear({ origin: "a", first: 1, changes: alertsOf(1) });
  channel.hear({ origin: "a", first: 2, changes: alertsOf(WAITING_MAX + 7) });
  await waitUntil("all of it", async () => heard.length === WAITING_MAX + 2);
  expect(heard[1]).toEqual({ type: "dropped", count: 7 });
});

test("[STREAM-01] a node that may have told nobody says so: clients hear a gap, and who was there before it comes back to one", () => {
  const { channel, heard, subscriber } = setUp();
  channel.hear({ origin: "a", first: 1, changes: alertsOf(1) });
  channel.hear({ origin: "a", first: 2, changes: [], isGap: true });
  channel.hear({ origin: "a", first: 2, changes: alertsOf(1) });
  expect(heard.map(({ type }) => type)).toEqual(["alert", "gap", "alert"]);
  channel.leave(subscriber);
  expect(channel.join(subscriber, new Map([["a", 1]])).start).toBe("gap");
  const after = heard.at(-1) as { readonly id: string };
  expect(channel.join(subscriber, parsePosition(after.id)).start).toBe("resumed");
});

test("a message that comes by two ways, or was seen at another node, is given out once", () => {
  const { channel, heard, subscriber } = setUp();
  channel.hear({ origin: "a", first: 1, changes: alertsOf(2) });
  channel.hear({ origin: "a", first: 1, changes: alertsOf(2) });
  expect(heard).toHaveLength(2);
  channel.leave(subscriber);
  // It was at a node that is ahead of this one.
  expect(channel.join(subscriber, new Map([["a", 4]]))).toMatchObject({ start: "resumed", position: "a.4" });
  channel.hear({ origin: "a", first: 3, changes: alertsOf(3) });
  expect(heard).toHaveLength(3);
});

test("how much was told is held against what came when all of that was given out, and who is told of a gap is not told twice", async () => {
  const { channel, heard } = setUp();
  channel.hear({ origin: "a", first: 1, changes: alertsOf(3 * MESSAGES_PER_TURN) });
  channel.hear({ origin: "a", first: 3 * MESSAGES_PER_TURN + 3, changes: [] });
  expect(heard).toHaveLength(MESSAGES_PER_TURN);
  await waitUntil("all of it", async () => heard.length === 3 * MESSAGES_PER_TURN + 1);
  expect(heard.at(-1)).toEqual({ type: "dropped", count: 2 });
  channel.hear({ origin: "a", first: 3 * MESSAGES_PER_TURN + 3, changes: [] });
  channel.breakOff();
  channel.hear({ origin: "a", first: 1_000, changes: [] });
  channel.hear({ origin: "b", first: 1_000, changes: [] });
  expect(heard.slice(3 * MESSAGES_PER_TURN + 1).map(({ type }) => type)).toEqual(["gap"]);
});
