/**
 * What `ws` alone does: each message it is given goes to every socket, from one buffer. No filters, no queues, no positions.
 *
 *     node bench/bare-fan-out.ts
 */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { WebSocketServer } from "ws";

export interface FanOutOrder {
  readonly text: string;
}

export type FanOutNews = { readonly port: number } | { readonly toldAtMs: number };

const http = createServer();
const server = new WebSocketServer({ server: http, perMessageDeflate: false });

process.on("disconnect", () => process.exit());
process.on("message", ({ text }: FanOutOrder) => {
  const toldAtMs = performance.timeOrigin + performance.now();
  const message = Buffer.from(text);
  for (const client of server.clients) client.send(message, { binary: false });
  const news: FanOutNews = { toldAtMs };
  process.send?.(news);
});
http.listen(0, "127.0.0.1", () => {
  const news: FanOutNews = { port: (http.address() as AddressInfo).port };
  process.send?.(news);
});
