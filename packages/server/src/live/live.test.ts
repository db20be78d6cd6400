import { once } from "node:events";
import type { EventStored } from "@mesher/protocol";
import { StreamClient, waitUntil } from "@mesher/testkit";
import { expect, test } from "vitest";
import { WebSocket } from "ws";
import { HEARTBEAT, type Heartbeat } from "../runtime/web-sockets/keep-alive.ts";
import { startTestLive, TEST_PROJECT } from "./live-testing.ts";
import { QUEUE_MAX } from "./outbox.ts";
import { CONNECTIONS_PER_HOLDER_MAX } from "./seats.ts";
import { COUNT_EVERY_MS } from "./unresolved-count.ts";

const PROJECT = TEST_PROJECT;

async function setUp({ heartbeat = HEARTBEAT, count = async () => 0 }: Setup = {}) {
  const dropped = { count: 0 };
  const onDropped = () => (dropped.count += 1);
  const feed = await startTestLive({ heartbeat, countUnresolved: count, onDropped });
  return { ...feed, dropped, listen: () => StreamClient.open(feed.url, { authorization: "somebody" }) };
}

interface Setup {
  readonly heartbeat?: Heartbeat;
  readonly count?: () => Promise<number>;
}

function eventOf(n: number, message = ""): EventStored {
  const id = String(n);
  return {
    type: "event",
    project_id: PROJECT,
    event_id: id,
    issue_id: "issue",
    occasion: "repeat",
    issue_event_count: n,
    data: {
      id,
      level: "error",
      message,
      received_at: "2026-11-21T12:00:00.000Z",
      platform: "node",
      culprit: "",
      environment: null,
      release: null,
    },
  };
}

test("[STREAM-05] [C-40] [C-151] who stalls loses the oldest and is told how many; the others lose nothing", async () => {
  await using feed = await setUp();
  await using stalled = await feed.listen();
  await using reading = await feed.listen();
  stalled.socket.pause();

  // More than the buffers of both sockets take, in steps that a reader keeps up with.
  const text = "x".repeat(10_000);
  const total = 4_000;
  for (let n = 0; n < total; n += 50) {
    const changes = Array.from({ length: 50 }, (_, index) => eventOf(n + index, text));
    feed.live.tellStored({ projectId: PROJECT, changes });
    await reading.next("event", ({ event_id }) => event_id === String(n + 49));
  }
  expect(reading.eventIds).toEqual(Array.from({ length: total }, (_, n) => String(n)));
  expect(reading.all("dropped")).toEqual([]);
  expect(feed.dropped.count).toBeGreaterThan(0);

  stalled.socket.resume();
  await stalled.next("event", ({ event_id }) => event_id === String(total - 1));
  const [notice, ...more] = stalled.all("dropped");
  expect(more).toEqual([]);
  expect(notice?.count).toBe(feed.dropped.count);
  const events = stalled.eventIds.map(Number);
  expect(events.length + (notice?.count ?? 0)).toBe(total);
  // The hole is where the notice stands, and what waited behind it was no more than may wait.
  const before = stalled.heard.slice(
    0,
    stalled.heard.findIndex(({ type }) => type === "dropped"),
  );
  const after = stalled.heard.slice(before.length + 1).filter(({ type }) => type === "event");
  expect(events).toEqual([
    ...Array.from({ length: total - after.length - (notice?.count ?? 0) }, (_, n) => n),
    ...Array.from({ length: after.length }, (_, n) => total - after.length + n),
  ]);
  expect(after).toHaveLength(QUEUE_MAX);
});

test("a flood comes to a client that reads, whole and in order", async () => {
  await using feed = await setUp();
  await using client = await feed.listen();
  const flood = Array.from({ length: 5_000 }, (_, n) => eventOf(n));
  feed.live.tellStored({ projectId: PROJECT, changes: flood });
  await client.next("event", ({ event_id }) => event_id === "4999");
  expect(client.eventIds).toEqual(flood.map(({ event_id }) => event_id));
  expect(client.all("dropped")).toEqual([]);
});

test("what was missed is told when the client comes back, however much it is, and before what is new", async () => {
  await using feed = await setUp();
  const before = await feed.listen();
  const { id } = await before.next("subscribed");
  await before[Symbol.asyncDispose]();
  await using witness = await feed.listen();
  feed.live.tellStored({ projectId: PROJECT, changes: Array.from({ length: 700 }, (_, n) => eventOf(n)) });
  await witness.next("event", ({ event_id }) => event_id === "699");
  await using back = await StreamClient.open(`${feed.url}?last_id=${id}`, { authorization: "somebody" });
  feed.live.tellStored({ projectId: PROJECT, changes: [eventOf(700)] });
  await back.next("event", ({ event_id }) => event_id === "700");
  expect((await back.next("subscribed")).start).toBe("resumed");
  expect(back.eventIds).toEqual(Array.from({ length: 701 }, (_, n) => String(n)));
});

test("[STREAM-03] [C-103] what a person does is told, with who did it", async () => {
  await using feed = await setUp();
  await using client = await feed.listen();
  const actor = { kind: "user", id: "u", name: "Ada" } as const;
  for (const action of ["resolved", "archived", "unresolved", "assigned", "deleted"] as const) {
    feed.live.tellIssue({ projectId: PROJECT, issueId: "i", action, actor, details: { by: action } });
    expect(await client.next("issue", (message) => message.action === action)).toEqual({
      type: "issue",
      id: expect.any(String),
      action,
      project_id: PROJECT,
      issue_id: "i",
      actor,
      details: { by: action },
    });
  }
  const alert = {
    project_id: PROJECT,
    alert_id: "a",
    rule_id: "r",
    rule_name: "R",
    condition: "new_issue",
    message: "m",
  };
  feed.live.tellAlert(alert);
  expect(await client.next("alert")).toEqual({ type: "alert", id: expect.any(String), ...alert });
});

test("[STREAM-04] [C-154] many changes at once are counted once, and a count that stays is not told again", async () => {
  const counts = { asked: 0, value: 7, atMs: [] as number[] };
  await using feed = await setUp({
    count: async () => {
      counts.asked += 1;
      counts.atMs.push(performance.now());
      return counts.value;
    },
  });
  await using client = await feed.listen();
  await client.next("issue_count", ({ count }) => count === 7);
  const actor = { kind: "system", id: null, name: "Mesher" } as const;
  const tellMany = () => {
    for (let n = 0; n < 500; n += 1)
      feed.live.tellIssue({ projectId: PROJECT, issueId: String(n), action: "resolved", actor, details: {} });
  };
  tellMany();
  await waitUntil("a second count", async () => counts.asked === 2);
  counts.value = 3;
  tellMany();
  await client.next("issue_count", ({ count }) => count === 3);
  expect(counts.asked).toBe(3);
  expect(client.all("issue_count").map(({ count }) => count)).toEqual([7, 3]);
  // A timer may be a little early by its own clock.
  for (const [index, atMs] of counts.atMs.slice(1).entries())
    expect(atMs - (counts.atMs[index] ?? 0)).toBeGreaterThan(COUNT_EVERY_MS - 10);
});

test("who gives no sign of life is closed with 1001, who answers stays", async () => {
  // Who answers has to be quicker on a busy machine, too.
  await using feed = await setUp({ heartbeat: { pingMs: 40, pongMs: 2_000 } });
  await using alive = await feed.listen();
  const silent = new WebSocket(feed.url, { headers: { authorization: "somebody" }, autoPong: false });
  const [code] = (await once(silent, "close")) as [number];
  expect(code).toBe(1001);
  for (let ping = 0; ping < 3; ping += 1) await once(alive.socket, "ping");
  feed.live.tellStored({ projectId: PROJECT, changes: [eventOf(1)] });
  await alive.next("event");
});

test("one who connects too often is refused, until one of the connections has gone", async () => {
  await using feed = await setUp();
  const clients = await Promise.all(Array.from({ length: CONNECTIONS_PER_HOLDER_MAX }, () => feed.listen()));
  await expect(feed.listen()).rejects.toMatchObject({ status: 429, body: { code: "too_many_connections_of_yours" } });
  await using other = await StreamClient.open(feed.url, { authorization: "somebody else" });
  expect(other.all("subscribed")).toHaveLength(1);
  await clients[0]?.[Symbol.asyncDispose]();
  await using again = await waitUntil("a free seat", () => feed.listen());
  expect(again.all("subscribed")).toHaveLength(1);
  await Promise.all(clients.map((client) => client[Symbol.asyncDispose]()));
});

test("of a project that nobody watches nothing is told", async () => {
  await using feed = await setUp();
  expect(feed.live.feed.watched).toEqual([]);
  await using client = await feed.listen();
  expect(feed.live.feed.watched).toEqual([{ projectId: PROJECT, searches: [] }]);
  feed.live.tellStored({ projectId: "another project", changes: [eventOf(1)] });
  feed.live.tellStored({ projectId: PROJECT, changes: [eventOf(2)] });
  await client.next("event");
  expect(client.eventIds).toEqual(["2"]);
});
