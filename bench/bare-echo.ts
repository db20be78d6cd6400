/**
 * What a TLS-PSK connection between two processes can do at most with data: frames of JSON, read, written and sent back. No
 * names, no deadlines, no errors.
 *
 *     node bench/bare-echo.ts serve          tells its port by a message
 *     node bench/bare-echo.ts call PORT      measures what it is sent, and tells the result
 */
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { connect, createServer, type TLSSocket } from "node:tls";
import { encodeHeader, FrameReader } from "../packages/cluster/src/frame.ts";
import { keepInFlight } from "./in-flight.ts";

export interface EchoOrder {
  readonly bytes: number;
  readonly inFlight: number;
  readonly seconds: number;
}

const TLS = { minVersion: "TLSv1.3", ciphers: "TLS_AES_128_GCM_SHA256" } as const;
const KEY = Buffer.alloc(32, 7);
const FRAME_BYTES_MAX = 16 * 1024 * 1024;
const DATA = 1;

interface Message {
  readonly id: number;
  readonly message: string;
}

/** What is written in one turn goes out as one record, as the cluster does it too. */
function writer(socket: TLSSocket): (message: Message) => void {
  let isCorked = false;
  return (message) => {
    if (!isCorked) {
      isCorked = true;
      socket.cork();
      process.nextTick(() => {
        isCorked = false;
        socket.uncork();
      });
    }
    const body = Buffer.from(JSON.stringify(message));
    socket.write(encodeHeader(DATA, body.length));
    socket.write(body);
  };
}

function reader(socket: TLSSocket, onMessage: (message: Message) => void): void {
  const frames = new FrameReader(FRAME_BYTES_MAX);
  socket.on("data", (chunk: Buffer) =>
    frames.read(chunk, (_type, body) => onMessage(JSON.parse(body.toString()) as Message)),
  );
}

async function serve(): Promise<void> {
  const server = createServer({ ...TLS, pskCallback: () => KEY }, (socket) => {
    socket.setNoDelay(true);
    socket.on("error", () => socket.destroy());
    reader(socket, writer(socket));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  process.send?.({ port: (server.address() as AddressInfo).port });
}

async function call(port: number): Promise<void> {
  const socket = connect({
    ...TLS,
    port,
    host: "127.0.0.1",
    pskCallback: () => ({ psk: KEY, identity: "bench" }),
    checkServerIdentity: () => undefined,
  });
  await once(socket, "secureConnect");
  socket.setNoDelay(true);
  const write = writer(socket);
  const waiting = new Map<number, () => void>();
  let lastId = 0;
  reader(socket, ({ id }) => {
    waiting.get(id)?.();
    waiting.delete(id);
  });
  process.on("message", ({ bytes, inFlight, seconds }: EchoOrder) => {
    const message = "x".repeat(bytes);
    const request = () =>
      new Promise<void>((resolve) => {
        lastId += 1;
        waiting.set(lastId, resolve);
        write({ id: lastId, message });
      });
    void keepInFlight(inFlight, seconds, request).then((result) => process.send?.(result));
  });
  process.send?.("ready");
}

process.on("disconnect", () => process.exit());
if (process.argv[2] === "serve") await serve();
else await call(Number(process.argv[3]));
