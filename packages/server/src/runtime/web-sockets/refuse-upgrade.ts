import { STATUS_CODES } from "node:http";
import type { Duplex } from "node:stream";

/** Whoever does not read the answer is cut off. */
const ANSWER_MS_MAX = 5_000;

export interface UpgradeRefusal {
  readonly status: number;
  /** Words the refusal as the API does. */
  readonly body: { readonly error: string; readonly code: string; readonly details?: unknown };
  readonly retryAfterSeconds?: number | undefined;
}

/** Answers a WebSocket's upgrade as an HTTP request that is refused, and closes the socket. */
export function refuseUpgrade(socket: Duplex, { status, body, retryAfterSeconds }: UpgradeRefusal): void {
  const text = JSON.stringify(body);
  const head = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ""}`,
    "Connection: close",
    "Content-Type: application/json",
    `Content-Length: ${Buffer.byteLength(text)}`,
    ...(retryAfterSeconds === undefined ? [] : [`Retry-After: ${retryAfterSeconds}`]),
  ];
  const cutOff = setTimeout(() => socket.destroy(), ANSWER_MS_MAX);
  socket.once("close", () => clearTimeout(cutOff));
  socket.once("finish", () => socket.destroy());
  socket.end(`${head.join("\r\n")}\r\n\r\n${text}`);
}
