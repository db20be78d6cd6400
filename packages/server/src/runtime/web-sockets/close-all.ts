import { WebSocket } from "ws";

/** How long clients may take to answer a close. */
export const CLOSE_MS_MAX = 2_000;

/** Closes them with the code; those that do not answer in time are cut off. Resolves when all are closed. */
export async function closeAll(sockets: Iterable<WebSocket>, code: number, reason: string): Promise<void> {
  const open = [...sockets].filter(({ readyState }) => readyState !== WebSocket.CLOSED);
  const closed = open.map(closeOf);
  for (const socket of open) socket.close(code, reason);
  const cutOff = setTimeout(() => {
    for (const socket of open) socket.terminate();
  }, CLOSE_MS_MAX);
  await Promise.all(closed);
  clearTimeout(cutOff);
}

/** Whatever happens before: a client may break the protocol on its way out. */
function closeOf(socket: WebSocket): Promise<void> {
  return new Promise((resolve) => socket.once("close", () => resolve()));
}
