import { randomBytes } from "node:crypto";
import type { WebSocket } from "ws";

export interface Heartbeat {
  readonly pingMs: number;
  /** How long the other side may take to answer a ping. */
  readonly pongMs: number;
}

export const HEARTBEAT: Heartbeat = { pingMs: 30_000, pongMs: 10_000 };

/** "Going away": the server stops, or believes that the client has gone. */
export const GOING_AWAY = 1001;

/** Closes the socket of a client that gives no sign of life. */
export function keepAlive(socket: WebSocket, { pingMs, pongMs }: Heartbeat): void {
  let overdue: NodeJS.Timeout | undefined;
  const heard = () => {
    clearTimeout(overdue);
    overdue = undefined;
  };
  const beat = setInterval(() => {
    socket.ping(randomBytes(4));
    overdue ??= setTimeout(() => {
      // It is this side that does not read: what the other says is not heard.
      if (socket.isPaused && socket.bufferedAmount === 0) return heard();
      socket.close(GOING_AWAY, "no pong");
      // It has not answered for long: it is not waited for once more.
      socket.terminate();
    }, pongMs).unref();
  }, pingMs).unref();
  socket.on("pong", heard);
  socket.once("close", () => {
    clearInterval(beat);
    heard();
  });
}
