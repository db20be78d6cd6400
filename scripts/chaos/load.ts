/** Clients that send steadily through the balancer, and listeners of every node. They keep the account of what they saw. */
import { setTimeout as sleep } from "node:timers/promises";
import type { StreamMessage } from "@mesher/protocol";
import { newEventId, StreamClient, sendEvent } from "@mesher/testkit";

/** A request without an answer for this long has none, and is sent again. */
const ANSWER_MS_MAX = 10_000;

const ISSUES = 7;

export interface Sent {
  /** Ids that were answered with 2xx. */
  readonly answered: Set<string>;
  /** How often each status came. */
  readonly statuses: Map<number, number>;
  /** Requests that broke off or were not answered in time, and were sent again with the same id. */
  unanswered: number;
  /** The longest time a client waited for a 2xx, its repetitions among it. */
  slowestMs: number;
  stop(): Promise<void>;
}

export function startClients(
  dsn: string,
  { clients, everyMs }: { readonly clients: number; readonly everyMs: number },
): Sent {
  const stopping = new AbortController();
  const answered = new Set<string>();
  const statuses = new Map<number, number>();
  const sent = { answered, statuses, unanswered: 0, slowestMs: 0 };
  const sendOnce = async (event_id: string, message: string) => {
    const answer = sendEvent(dsn, { event_id, message, level: "error" }).then(async (response) => {
      await response.arrayBuffer();
      return response.status;
    });
    const overdue = new AbortController();
    const late = sleep(ANSWER_MS_MAX, undefined, { signal: overdue.signal }).catch(() => undefined);
    // Only what broke off has no status.
    const status = await Promise.race([answer.catch(() => undefined), late]);
    overdue.abort();
    return status;
  };
  const client = async (number: number) => {
    for (let n = 0; !stopping.signal.aborted; n += 1) {
      const event_id = newEventId();
      const message = `Delivery ${n} to ${"ABCDEFG"[(n + number) % ISSUES]} failed`;
      const startedMs = performance.now();
      let status = await sendOnce(event_id, message);
      while (status === undefined) {
        sent.unanswered += 1;
        await sleep(50);
        status = await sendOnce(event_id, message);
      }
      statuses.set(status, (statuses.get(status) ?? 0) + 1);
      if (status >= 200 && status < 300) {
        answered.add(event_id);
        sent.slowestMs = Math.max(sent.slowestMs, performance.now() - startedMs);
      }
      await sleep(everyMs);
    }
  };
  const running = Promise.all(Array.from({ length: clients }, (_, number) => client(number)));
  return Object.assign(sent, {
    stop: async () => {
      stopping.abort();
      await running;
    },
  });
}

export interface Listener {
  /** How often each event was heard. */
  readonly heard: Map<string, number>;
  /** When it was told that something may be missing, milliseconds since 1970: a gap, a drop, or a return that was no resumption. */
  readonly noticesMs: number[];
  /** Connections after the first. */
  reconnects: number;
  /** Of these, those that went on where the one before ended. */
  resumed: number;
  stop(): Promise<void>;
}

/** Listens, and comes back whenever the connection is lost, from where it was. Resolves when it listens. */
export async function startListener(url: string, token: string): Promise<Listener> {
  const stopping = new AbortController();
  const heard = new Map<string, number>();
  const noticesMs: number[] = [];
  const listener = { heard, noticesMs, reconnects: -1, resumed: 0 };
  let lastId: string | undefined;
  const hear = (message: StreamMessage) => {
    if ("id" in message) lastId = message.id;
    if (message.type === "event") heard.set(message.event_id, (heard.get(message.event_id) ?? 0) + 1);
    if (message.type === "subscribed" && message.start === "resumed") listener.resumed += 1;
    if (message.type === "subscribed" ? message.start === "gap" : message.type === "gap" || message.type === "dropped")
      noticesMs.push(Date.now());
  };
  const connect = () =>
    StreamClient.open(
      lastId === undefined ? url : `${url}?last_id=${encodeURIComponent(lastId)}`,
      { authorization: `Bearer ${token}` },
      hear,
    );
  const listen = async (first: StreamClient) => {
    let client: StreamClient | undefined = first;
    while (!stopping.signal.aborted) {
      if (client === undefined) await sleep(200);
      else {
        listener.reconnects += 1;
        while (client.closeCode === undefined && !stopping.signal.aborted) await sleep(50);
        await client[Symbol.asyncDispose]();
      }
      // The node is away, or another one stops just now.
      if (!stopping.signal.aborted) client = await connect().catch(() => undefined);
    }
    await client?.[Symbol.asyncDispose]();
  };
  const running = listen(await connect());
  return Object.assign(listener, {
    stop: async () => {
      stopping.abort();
      await running;
    },
  });
}
