import { once } from "node:events";
import { createServer } from "node:http";
import { type AddressInfo, connect, type Socket } from "node:net";
import { afterEach, expect, test, vi } from "vitest";
import { type WebSocket, WebSocketServer } from "ws";
import { CLOSE_MS_MAX, closeAll } from "./close-all.ts";
import { GOING_AWAY } from "./keep-alive.ts";

afterEach(() => vi.useRealTimers());

const HELLO = [
  "GET / HTTP/1.1",
  "Host: mesher",
  "Connection: Upgrade",
  "Upgrade: websocket",
  "Sec-WebSocket-Version: 13",
  "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==",
].join("\r\n");

/** Not masked, and of a kind there is not. */
const BAD_FRAME = Buffer.from([0x83, 0x00]);

/** Clients that answer nothing by themselves. */
async function setUp() {
  const sockets = new WebSocketServer({ noServer: true });
  const http = createServer().on("upgrade", (request, socket, head) =>
    sockets.handleUpgrade(request, socket, head, (client) => sockets.emit("connection", client)),
  );
  http.listen(0, "127.0.0.1");
  await once(http, "listening");
  return {
    sockets,
    connect: async (): Promise<{ client: Socket; served: WebSocket }> => {
      const client = connect((http.address() as AddressInfo).port, "127.0.0.1");
      client.on("error", () => {}).write(`${HELLO}\r\n\r\n`);
      const [served] = (await once(sockets, "connection")) as [WebSocket];
      served.on("error", () => {});
      await once(client, "data");
      return { client: client.resume(), served };
    },
    [Symbol.dispose]: () => void http.close(),
  };
}

test("a client's bad frame keeps nobody else from being closed, or cut off", async () => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  using server = await setUp();
  const bad = await server.connect();
  const deaf = await server.connect();
  const closing = closeAll(server.sockets.clients, GOING_AWAY, "the server stops");
  bad.client.write(BAD_FRAME);
  await once(bad.served, "error");
  await vi.advanceTimersByTimeAsync(CLOSE_MS_MAX);
  await expect(closing).resolves.toBeUndefined();
  expect([bad.served.readyState, deaf.served.readyState]).toEqual([deaf.served.CLOSED, deaf.served.CLOSED]);
});
