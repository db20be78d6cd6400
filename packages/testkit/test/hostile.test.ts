/** Texts and clients that break what is put together carelessly. */
import { connect } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import { endpointOf, newEventId, sendEvent } from "../src/send.ts";
import type { ServerProcess } from "../src/server-process.ts";
import { openSocket, StreamClient } from "../src/stream-client.ts";
import { waitUntil } from "../src/wait-until.ts";
import { readEvent, startTestServer, type TestServer } from "./test-server.ts";

const NASTY =
  "Quotes \" and ' and `, \\ and \\n, a\nbreak, a\ttab, ||| and %s, 😀 and \u2028, <script>alert(1)</script>, {{ x }}";
/** Nearly the largest event that is taken. */
const BIG = `${NASTY} `.repeat(7_000).slice(0, 900_000);

let started: TestServer;
let server: ServerProcess;
let headers: Record<string, string>;
beforeAll(async () => {
  started = await startTestServer({ MESHER_RATE_LIMIT_MAX_EVENTS: "1000000" });
  server = started.server;
  headers = { authorization: `Bearer ${endpointOf(server.dsn).publicKey}`, "content-type": "application/json" };
});
afterAll(() => started[Symbol.asyncDispose]());

async function post(url: string, body: unknown): Promise<unknown> {
  const response = await fetch(url, { method: "POST", headers, body: JSON.stringify(body) });
  expect(response.ok).toBe(true);
  return response.json();
}

const ways: Readonly<Record<string, (event: { message: string; extra: { text: string } }) => Promise<string>>> = {
  "an envelope": async (event) => {
    const event_id = newEventId();
    expect((await sendEvent(server.dsn, { event_id, ...event })).status).toBe(200);
    return event_id;
  },
  "the store endpoint": async (event) => {
    const { storeUrl, publicKey } = endpointOf(server.dsn);
    return ((await post(`${storeUrl}?sentry_key=${publicKey}`, { event_id: newEventId(), ...event })) as { id: string })
      .id;
  },
  "the native API": async (event) => ((await post(`${server.url}/api/v1/events`, event)) as { id: string }).id,
  "the native API in bulk": async (event) => {
    const answer = (await post(`${server.url}/api/v1/events/bulk`, [event])) as { results: readonly { id: string }[] };
    return answer.results[0]?.id ?? "";
  },
  "a WebSocket": async (event) => {
    const socket = await openSocket(`${server.socketUrl}/ingest`, headers);
    const answered = new Promise<{ id: string }>((resolve) =>
      socket.once("message", (data: Buffer) => resolve(JSON.parse(data.toString()) as { id: string })),
    );
    socket.send(JSON.stringify(event));
    const { id } = await answered;
    socket.terminate();
    return id;
  },
};

test.for(Object.keys(ways))("[F.4-10] [C-133] every character of nearly a megabyte survives %s", async (way) => {
  const listener = await StreamClient.open(`${server.socketUrl}/stream/projects/default`, {
    authorization: `Bearer ${server.token}`,
  });
  await using _ = listener;
  const id = await ways[way]?.({ message: NASTY, extra: { text: BIG } });
  if (id === undefined) throw new Error("there is no such way");
  const event = await readEvent(server, id.replaceAll("-", ""));
  expect((event.payload as { extra: { text: string } }).extra.text === BIG).toBe(true);
  expect(JSON.stringify(event.normalized)).toContain(JSON.stringify(NASTY).slice(1, -1));
  // Lists show the first line.
  const [firstLine] = NASTY.split("\n");
  expect(event.message).toBe(firstLine);
  const told = await listener.next("event", ({ event_id }) => event_id === event.id);
  expect(told.data.message).toBe(firstLine);
  const found = await server.get<{ data?: { title: string }[] }>("/api/v1/projects/default/issues");
  expect(found.data?.some(({ title }) => title.startsWith('Quotes " and'))).toBe(true);
});

test("[RESIL-02] what one connection does wrong is its own trouble: others are served on as if nothing were", async () => {
  const authorization = `Bearer ${server.token}`;
  await using listener = await StreamClient.open(`${server.socketUrl}/stream/projects/default`, { authorization });
  const { hostname, port } = new URL(server.url);
  const garbage = [
    "GET / HTTP/1.1\r\n\0\0\0\r\n\r\n",
    "POST /api/v1/events HTTP/1.1\r\nhost: x\r\ncontent-length: 99999999999999999999\r\n\r\n",
    "\u0016\u0003\u0001 not a request at all",
    `POST /api/v1/events HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\nZZ\r\n`,
  ];
  for (const bytes of garbage) await ended(Number(port), hostname, bytes);
  // A frame that no client may send: reserved bits, and no mask.
  const broken = await openSocket(`${server.socketUrl}/ingest`, headers);
  const closed = new Promise<number>((resolve) => broken.once("close", resolve));
  broken.on("error", () => undefined);
  const wire = Reflect.get(broken, "_socket") as { write(bytes: Buffer): void };
  wire.write(Buffer.from([0xff, 0x05, 1, 2, 3]));
  expect(await closed).toBeGreaterThan(1_000);

  const event_id = newEventId();
  expect((await sendEvent(server.dsn, { event_id, message: "still here" })).status).toBe(200);
  expect((await listener.next("event", (each) => each.event_id === event_id)).event_id).toBe(event_id);
  expect(listener.closeCode).toBeUndefined();
  expect((await fetch(`${server.url}/readyz`)).status).toBe(200);
});

/** Sends bytes and waits until the server has ended the connection. */
function ended(port: number, host: string, bytes: string): Promise<void> {
  return waitUntil(
    "the server to end the connection",
    () =>
      new Promise<true>((resolve) => {
        const socket = connect({ port, host }, () => socket.end(bytes));
        socket.resume();
        socket.on("error", () => undefined);
        socket.once("close", () => resolve(true));
      }),
  ).then(() => undefined);
}
