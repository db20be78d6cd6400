/** Texts and clients that break what is put together carelessly. */
import { connect } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import { endpointOf, newEventId, sendEvent } from "../src/send.ts";
import { type ServerProcess, TEST_TOKEN } from "../src/server-process.ts";
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

test("numbers that JavaScript cannot hold are answered as they were sent, and ids that are numbers stay apart", async () => {
  const { envelopeUrl, publicKey } = endpointOf(server.dsn);
  const id = newEventId();
  const json = `{"event_id":"${id}","message":"odd","user":{"id":18446744073709551615},"extra":{"order":9007199254740993}}`;
  const body = `{"event_id":"${id}"}\n{"type":"event"}\n${json}`;
  const sent = await fetch(`${envelopeUrl}?sentry_key=${publicKey}`, { method: "POST", body });
  expect(sent.status).toBe(200);
  await waitUntil("the event to be stored", () => server.get(`/api/v1/events/${id}`));
  const answer = await fetch(`${server.url}/api/v1/events/${id}`, {
    headers: { authorization: `Bearer ${TEST_TOKEN}` },
  });
  const text = await answer.text();
  expect(text).toContain(`"payload":${json}`);
  expect(text).toContain('"user_context":{"id":"18446744073709551615"}');
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

/** What stands where an address should. The server may refuse it or break off; it may not fall over it. */
const ODD_REQUEST_LINES = [
  "GET //",
  "GET ///",
  "GET //[/stream/projects/default",
  "GET //:99999/ingest",
  "GET *",
  "OPTIONS *",
  "OPTIONS //",
  "GET http://[",
  "GET http://[/api/v1/projects/default/stream",
  "GET http://x:99999/api/v1/projects/default/issues",
  "GET http://x:99999/api/v1/projects/default/stream",
  "GET /%",
  "GET /api/v1/projects/%zz/issues",
  "GET /stream/projects/%ff",
  "GET /ingest?%zz=%",
  "POST /api/v1/auth/sign-in/email?%",
  "CONNECT x:1",
  "CONNECT //",
];
const UPGRADE = "connection: upgrade, close\r\nupgrade: websocket";

/** That of HTTP, and the one for WebSockets only. */
function bothPorts(): readonly URL[] {
  return [new URL(server.url), new URL(server.socketUrl)];
}

const ALIVE = { health: 200, sockets: ["404", "404"], isRunning: true };

/** Whether it answers on both ports. */
async function signsOfLife(): Promise<typeof ALIVE> {
  const { status } = await fetch(`${server.url}/healthz`);
  const request = `GET /nope HTTP/1.1\r\nhost: x\r\n${UPGRADE}\r\n\r\n`;
  const answers = await Promise.all(bothPorts().map((port) => answerTo(port, request)));
  return { health: status, sockets: answers.map(statusOf), isRunning: server.isRunning };
}

function statusOf(answer: string): string {
  return /^HTTP\/1.1 (\d+) /.exec(answer)?.[1] ?? "none";
}

test("[RESIL-02] a WebSocket at an address that is none is refused on both ports", async () => {
  for (const port of bothPorts()) {
    const answer = await answerTo(port, `GET // HTTP/1.1\r\nhost: x\r\n${UPGRADE}\r\n\r\n`);
    expect(answer).toMatch(/^HTTP\/1.1 400 Bad Request\r\n/);
    expect(JSON.parse(answer.slice(answer.indexOf("{")))).toEqual({
      error: "the address cannot be read",
      code: "bad_request",
    });
  }
  expect(await signsOfLife()).toEqual(ALIVE);
});

const ODD_HEADERS: Readonly<Record<string, string>> = {
  "": "connection: close",
  " of the owner": `connection: close\r\nauthorization: Bearer ${TEST_TOKEN}`,
  " as a WebSocket": UPGRADE,
  " that waits for 100": "connection: close\r\nexpect: 100-continue\r\ncontent-length: 0",
  " that expects what nobody does": "connection: close\r\nexpect: more",
  " of a host that is none": "connection: close\r\nhost: [",
};

test.for(Object.keys(ODD_HEADERS))("[RESIL-02] no request line%s ends the server or is its fault", async (how) => {
  const statuses: Record<string, string> = {};
  for (const port of bothPorts()) {
    for (const line of ODD_REQUEST_LINES) {
      const host = how.includes("host") ? "" : "host: x\r\n";
      const answer = await answerTo(port, `${line} HTTP/1.1\r\n${host}${ODD_HEADERS[how]}\r\n\r\n`);
      statuses[`${port.port} ${line}`] = statusOf(answer);
    }
  }
  expect(Object.entries(statuses).filter(([, status]) => status.startsWith("5"))).toEqual([]);
  expect(await signsOfLife()).toEqual(ALIVE);
});

test("[RESIL-02] who asks for a WebSocket and breaks the connection off at once harms nobody", async () => {
  for (const port of bothPorts()) {
    for (const path of ["/nope", "//", "/ingest", "/stream/projects/default"]) {
      const request = `GET ${path} HTTP/1.1\r\nhost: x\r\n${UPGRADE}\r\n\r\n`;
      // Some say something else first, whose answer is still on its way.
      for (const first of ["", "GET /readyz HTTP/1.1\r\nhost: x\r\n\r\n"])
        await Promise.all(Array.from({ length: 60 }, () => resetAfter(port, first + request)));
    }
  }
  expect(await signsOfLife()).toEqual(ALIVE);
});

/** What the server says until it ends the connection. */
function answerTo({ hostname, port }: URL, bytes: string): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect({ port: Number(port), host: hostname }, () => socket.write(bytes));
    const chunks: string[] = [];
    socket.setEncoding("utf8").on("data", (chunk: string) => chunks.push(chunk));
    socket.on("error", () => undefined);
    socket.once("close", () => resolve(chunks.join("")));
  });
}

/** Says something and takes the connection away with an RST before the answer can come. */
function resetAfter({ hostname, port }: URL, bytes: string): Promise<void> {
  return new Promise((resolve) => {
    const socket = connect({ port: Number(port), host: hostname }, () =>
      socket.write(bytes, () => socket.resetAndDestroy()),
    );
    socket.on("error", () => undefined);
    socket.once("close", () => resolve());
  });
}

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
