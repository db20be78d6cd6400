/**
 * Many clients of one live stream as a process of its own: it notes when each of them saw which event.
 *
 *     node bench/live-listeners.ts
 */
import { once } from "node:events";
import { WebSocket } from "ws";

export type ListenersOrder =
  | {
      readonly do: "listen";
      readonly url: string;
      readonly sockets: number;
      /** Sockets take turns with them. */
      readonly tokens: readonly string[];
      /** They read nothing once they are connected. */
      readonly areStalled?: boolean;
    }
  | { readonly do: "report" };

export type ListenersNews =
  | { readonly is: "listening" }
  /** By the event's id: milliseconds since 1970, one for each time that it was seen. */
  | { readonly is: "report"; readonly seenAtMs: Readonly<Record<string, readonly number[]>>; readonly others: number };

/** Sockets that are opened side by side. */
const OPENING = 50;

const EVENT = Buffer.from('{"type":"event"');
const EVENT_ID = Buffer.from('"event_id":"');
const EVENT_ID_LENGTH = 32;

const sockets: WebSocket[] = [];
let seenAtMs: Record<string, number[]> = {};
let others = 0;

/** Reading JSON a thousand times a message would be what is measured. */
function hear(data: Buffer): void {
  if (data.compare(EVENT, 0, EVENT.length, 0, EVENT.length) !== 0) {
    others += 1;
    return;
  }
  const at = data.indexOf(EVENT_ID) + EVENT_ID.length;
  const id = data.toString("latin1", at, at + EVENT_ID_LENGTH);
  (seenAtMs[id] ??= []).push(performance.timeOrigin + performance.now());
}

async function listen({ url, sockets: count, tokens, areStalled }: ListenersOrder & { do: "listen" }): Promise<void> {
  let opened = 0;
  const openOnes = async () => {
    while (opened < count) {
      const token = tokens[opened % tokens.length] ?? "";
      opened += 1;
      const socket = new WebSocket(url, { headers: { authorization: `Bearer ${token}` }, perMessageDeflate: false });
      sockets.push(socket);
      await once(socket, "open");
      socket.on("message", hear);
      if (areStalled === true) socket.pause();
    }
  };
  await Promise.all(Array.from({ length: OPENING }, openOnes));
}

const tell = (news: ListenersNews) => process.send?.(news);

process.on("disconnect", () => process.exit());
process.on("message", (order: ListenersOrder) => {
  if (order.do === "report") {
    tell({ is: "report", seenAtMs, others });
    seenAtMs = {};
    others = 0;
    return;
  }
  void listen(order).then(() => tell({ is: "listening" }));
});
