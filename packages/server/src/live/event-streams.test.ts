import { once } from "node:events";
import { createServer } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { waitUntil } from "@mesher/testkit";
import { afterEach, expect, test, vi } from "vitest";
import { createLog } from "../runtime/log.ts";
import { END_MS_MAX, EventStreams } from "./event-streams.ts";
import { Feed, type FeedNode } from "./feed.ts";
import { feedNode } from "./feed-testing.ts";
import { change } from "./recent-testing.ts";
import { RECHECK_MS } from "./recheck.ts";
import { Seats } from "./seats.ts";
import { StreamDoor } from "./stream-door.ts";

const PROJECT = "p";

/** Due after a recheck has sent a client away, and before that is cut off. */
const PING_MS = RECHECK_MS + END_MS_MAX / 2;

const TIMERS = ["setInterval", "clearInterval", "setTimeout", "clearTimeout"] as const;

afterEach(() => vi.useRealTimers());

/** Streams behind a port; whoever connects is let in, and sent away when `may.stay` is no more. */
async function setUp(node: FeedNode = feedNode()) {
  const log = createLog({ level: "error", format: "json" });
  const feed = new Feed({ node, countUnresolved: async () => 0, log });
  const dropped = { count: 0 };
  const may = { stay: true };
  const seats = new Seats();
  const door = new StreamDoor({
    findViewer: async () => expect.fail("the viewer is known"),
    redeemTicket: async () => undefined,
    findProjectId: async () => PROJECT,
    now: Date.now,
    seats,
  });
  const streams = new EventStreams({
    feed,
    door,
    pingMs: PING_MS,
    recheckMs: RECHECK_MS,
    onDropped: () => (dropped.count += 1),
    log,
  });
  const viewer = { organizationId: "o", holder: "h", mayStay: async () => may.stay };
  const server = createServer((request, response) => {
    const query = new URLSearchParams();
    void streams
      .open({ viewer, projectId: PROJECT, query, headers: request.headers, response })
      .then((refusal) => refusal && response.writeHead(refusal.status).end(refusal.body.code));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return {
    feed,
    streams,
    seats,
    may,
    dropped,
    /** Reads nothing until it is resumed. */
    connect: () => {
      const client = { text: "", socket: connect(port, "127.0.0.1") };
      client.socket.on("data", (bytes: Buffer) => (client.text += bytes.toString())).pause();
      client.socket.write("GET / HTTP/1.1\r\nHost: mesher\r\nConnection: close\r\n\r\n");
      return client;
    },
    async [Symbol.asyncDispose]() {
      await feed.stop();
      vi.useRealTimers();
      server.closeAllConnections();
      server.close();
    },
  };
}

type Streams = Awaited<ReturnType<typeof setUp>>;

/** One for whom the socket's buffers are full, and messages wait behind them. */
async function stalledClient({ feed, dropped, seats, connect: connectClient }: Streams) {
  const client = connectClient();
  await waitUntil("the client to be in", async () => seats.taken === 1 && feed.watched.length === 1);
  const message = change("x".repeat(8_000));
  await waitUntil("messages to be left out", async () => {
    feed.tell(
      PROJECT,
      Array.from({ length: 100 }, () => message),
    );
    return dropped.count > 0;
  });
  return client;
}

const LAST_CHUNK = "\r\n0\r\n\r\n";

test("a slow client that may not listen any more gets what is on its way, and no more", async () => {
  vi.useFakeTimers({ toFake: [...TIMERS] });
  await using streams = await setUp();
  const client = await stalledClient(streams);
  streams.may.stay = false;
  await vi.advanceTimersByTimeAsync(RECHECK_MS);
  streams.feed.tell(PROJECT, [change("later")]);
  await vi.advanceTimersByTimeAsync(PING_MS - RECHECK_MS);
  client.socket.resume();
  await once(client.socket, "close");
  expect(client.text.endsWith(LAST_CHUNK)).toBe(true);
  expect(client.text).not.toContain("later");
  expect(client.text).not.toContain("ping");
});

test("a slow client that is there when the node stops gets what is on its way, and no more", async () => {
  vi.useFakeTimers({ toFake: [...TIMERS] });
  await using streams = await setUp();
  const client = await stalledClient(streams);
  await streams.streams.stop();
  streams.feed.tell(PROJECT, [change("later")]);
  client.socket.resume();
  await once(client.socket, "close");
  expect(client.text.endsWith(LAST_CHUNK)).toBe(true);
  expect(client.text).not.toContain("later");
});

test("a client that does not even read its end is cut off", async () => {
  vi.useFakeTimers({ toFake: [...TIMERS] });
  await using streams = await setUp();
  const client = await stalledClient(streams);
  await streams.streams.stop();
  expect(streams.seats.taken).toBe(1);
  await vi.advanceTimersByTimeAsync(END_MS_MAX);
  await waitUntil("its seat to be free", async () => streams.seats.taken === 0);
  expect(client.socket.readableFlowing).toBe(false);
});

test("who comes while the node stops is sent to another one", async () => {
  const told = Promise.withResolvers<[]>();
  await using streams = await setUp(feedNode({ list: () => ["peer"], tellPeer: () => told.promise }));
  const client = streams.connect();
  client.socket.resume();
  await waitUntil("the client to be in", async () => streams.feed.watched.length === 1);
  await streams.streams.stop();
  told.resolve([]);
  await once(client.socket, "close");
  expect(client.text).toMatch(/^HTTP\/1\.1 503 .*stopping/s);
});
