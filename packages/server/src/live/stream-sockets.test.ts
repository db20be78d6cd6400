import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { StreamClient, waitUntil } from "@mesher/testkit";
import { expect, test } from "vitest";
import { createLog } from "../runtime/log.ts";
import { HEARTBEAT } from "../runtime/web-sockets/keep-alive.ts";
import { offerUpgrades, type Upgrade } from "../runtime/web-sockets/offer-upgrades.ts";
import { STREAM_SEARCHES_MAX } from "../search/stream-search.ts";
import { Feed, type FeedNode } from "./feed.ts";
import { feedNode } from "./feed-testing.ts";
import { RECHECK_MS } from "./recheck.ts";
import { Seats } from "./seats.ts";
import { StreamDoor, TOO_MANY_SEARCHES } from "./stream-door.ts";
import { StreamSockets } from "./stream-sockets.ts";

const PROJECT = "p";

/** What is read of a socket at once. */
const CHUNK_BYTES_MAX = 64 * 1024;

/** Streams behind a port; whoever connects is let in. */
async function setUp(node: FeedNode) {
  const log = createLog({ level: "error", format: "json" });
  const feed = new Feed({ node, countUnresolved: async () => 0, log });
  const door = new StreamDoor({
    findViewer: async () => ({ organizationId: "o", holder: "h", mayStay: async () => true }),
    redeemTicket: async () => undefined,
    findProjectId: async () => PROJECT,
    now: Date.now,
    seats: new Seats(),
  });
  const streams = new StreamSockets({
    feed,
    door,
    heartbeat: HEARTBEAT,
    recheckMs: RECHECK_MS,
    onDropped: () => {},
    log,
  });
  const sockets: Socket[] = [];
  const takeSocket = (upgrade: Upgrade) => {
    sockets.push(upgrade.socket as Socket);
    return streams.upgrade(upgrade);
  };
  const server = createServer().on("upgrade", offerUpgrades([takeSocket]));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    feed,
    sockets,
    url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}/stream/projects/${PROJECT}`,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await feed.stop();
      server.close();
    },
  };
}

/** A node whose one peer hears of what is watched only when it is let. */
function slowPeer() {
  const held: (() => void)[] = [];
  const peer = {
    isSlow: false,
    release: () => {
      for (const hear of held.splice(0)) hear();
    },
    releaseAll: () => {
      peer.isSlow = false;
      peer.release();
    },
  };
  const tellPeer = () => new Promise<[]>((resolve) => (peer.isSlow ? held.push(() => resolve([])) : resolve([])));
  return { peer, node: feedNode({ list: () => ["peer"], tellPeer }) };
}

const searching = (url: string, word: string) => `${url}?query=${word}`;
const words = (count: number, prefix = "word") => Array.from({ length: count }, (_, n) => `${prefix}${n}`);

/** Resolves when so many clients wait for the peer to hear of their searches. */
async function knocked({ sockets }: Awaited<ReturnType<typeof setUp>>, count: number): Promise<void> {
  await waitUntil("all to knock", async () => sockets.length === count);
  await new Promise((resolve) => setImmediate(resolve));
}

test("a client that sends filters faster than they can be followed is read no faster", async () => {
  const { peer, node } = slowPeer();
  await using streams = await setUp(node);
  await using client = await StreamClient.open(streams.url);
  peer.isSlow = true;
  for (let n = 0; n < 50_000; n += 1) client.say({ type: "subscribe", filters: { query: `word${n}` } });
  await waitUntil("a few to be followed", async () => {
    peer.release();
    return client.all("filters_updated").length >= 20;
  });
  // What waits to be followed, and what the socket reads ahead of it.
  expect(streams.sockets[0]?.bytesRead).toBeLessThan(4 * CHUNK_BYTES_MAX);
});

test("of clients that come at once with too many searches some are refused, and all others are asked for", async () => {
  const { peer, node } = slowPeer();
  await using streams = await setUp(node);
  peer.isSlow = true;
  const coming = words(STREAM_SEARCHES_MAX + 2).map((word) => StreamClient.open(searching(streams.url, word)));
  const settled = Promise.allSettled(coming);
  await knocked(streams, coming.length);
  peer.releaseAll();
  const results = await settled;
  const refused = results.filter(({ status }) => status === "rejected");
  expect(refused.map((each) => each.status === "rejected" && each.reason)).toMatchObject(
    Array.from({ length: 2 }, () => ({ status: 429, body: { code: TOO_MANY_SEARCHES } })),
  );
  const clients = results.flatMap((each) => (each.status === "fulfilled" ? [each.value] : []));
  const searches = clients.map((client) => client.all("subscribed")[0]?.filters.query);
  expect(streams.feed.watched).toEqual([{ projectId: PROJECT, searches }]);
  await Promise.all(clients.map((client) => client[Symbol.asyncDispose]()));
});

test("a client that goes before it is let in gives its search back", async () => {
  const { peer, node } = slowPeer();
  await using streams = await setUp(node);
  peer.isSlow = true;
  const going = Promise.allSettled(
    words(STREAM_SEARCHES_MAX, "gone").map((word) => StreamClient.open(searching(streams.url, word))),
  );
  await knocked(streams, STREAM_SEARCHES_MAX);
  for (const socket of streams.sockets) socket.destroy();
  peer.releaseAll();
  await going;
  const clients = await Promise.all(
    words(STREAM_SEARCHES_MAX).map((word) => StreamClient.open(searching(streams.url, word))),
  );
  expect(streams.feed.watched).toEqual([{ projectId: PROJECT, searches: words(STREAM_SEARCHES_MAX) }]);
  await Promise.all(clients.map((client) => client[Symbol.asyncDispose]()));
});

test("a search that its last client changes for another, or leaves, makes room; one that somebody has does not", async () => {
  const { node } = slowPeer();
  await using streams = await setUp(node);
  const all = words(STREAM_SEARCHES_MAX);
  const clients = await Promise.all(all.map((word) => StreamClient.open(searching(streams.url, word))));
  await using another = await StreamClient.open(searching(streams.url, "word0"));
  const [first, second] = clients;
  first?.say({ type: "subscribe", filters: {} });
  await first?.next("filters_updated");
  await expect(StreamClient.open(searching(streams.url, "more"))).rejects.toMatchObject({ status: 429 });
  await second?.[Symbol.asyncDispose]();
  await using more = await waitUntil("room", () => StreamClient.open(searching(streams.url, "more")));
  another.say({ type: "subscribe", filters: { query: "other" } });
  // Its search is still asked while it asks for the other.
  expect(await another.next("error")).toMatchObject({ code: TOO_MANY_SEARCHES });
  another.say({ type: "subscribe", filters: { query: "more" } });
  await another.next("filters_updated");
  await using other = await StreamClient.open(searching(streams.url, "other"));
  expect(streams.feed.watched[0]?.searches).toEqual([...all.slice(2), "more", "other"]);
  expect([more.closeCode, other.closeCode]).toEqual([undefined, undefined]);
  await Promise.all(clients.map((client) => client[Symbol.asyncDispose]()));
});
