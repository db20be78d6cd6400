import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { StreamClient, waitUntil } from "@mesher/testkit";
import { expect, test } from "vitest";
import { createLog } from "../runtime/log.ts";
import { HEARTBEAT } from "../runtime/web-sockets/keep-alive.ts";
import { Feed, type FeedNode } from "./feed.ts";
import { feedNode } from "./feed-testing.ts";
import { Seats } from "./seats.ts";
import { StreamDoor } from "./stream-door.ts";
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
  const streams = new StreamSockets({ feed, door, heartbeat: HEARTBEAT, onDropped: () => {}, log });
  const sockets: Socket[] = [];
  const server = createServer().on("upgrade", (request, socket, head) => {
    sockets.push(socket as Socket);
    streams.upgrade(request, socket, head);
  });
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

test("a client that sends filters faster than they can be followed is read no faster", async () => {
  const held: (() => void)[] = [];
  let isHeld = false;
  const tellPeer = () => new Promise<[]>((resolve) => (isHeld ? held.push(() => resolve([])) : resolve([])));
  await using streams = await setUp(feedNode({ list: () => ["peer"], tellPeer }));
  await using client = await StreamClient.open(streams.url);
  isHeld = true;
  for (let n = 0; n < 50_000; n += 1) client.say({ type: "subscribe", filters: { query: `word${n}` } });
  await waitUntil("a few to be followed", async () => {
    for (const release of held.splice(0)) release();
    return client.all("filters_updated").length >= 20;
  });
  // What waits to be followed, and what the socket reads ahead of it.
  expect(streams.sockets[0]?.bytesRead).toBeLessThan(4 * CHUNK_BYTES_MAX);
});
