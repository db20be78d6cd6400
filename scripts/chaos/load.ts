/** Clients that send steadily through the balancer, and listeners of every node. They keep the account of what they saw. */
import { setTimeout as sleep } from "node:timers/promises";
import type { ApiFoundEvent, ApiPage, StreamMessage } from "@mesher/protocol";
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

/** After it is told that something may be missing, a client waits for what belongs to it before it reads. */
const READ_AFTER_MS = 2_000;

/** It reads from so long before its last reading began: what was received in that time may have been stored since. */
const READ_BACK_MS = 60_000;

const READ_PAGE = 100;

/** How long a node that is away may keep the last reading waiting. */
const LAST_READ_MS_MAX = 60_000;

export interface Listener {
  /** How often each event was heard. */
  readonly heard: Map<string, number>;
  /** Events that were read over the API after it was told that something may be missing, as `docs/live.md` says a client should. */
  readonly read: Set<string>;
  /** When it was told that something may be missing, milliseconds since 1970: a gap, a drop, or a return that was no resumption. */
  readonly noticesMs: number[];
  /** Connections after the first. */
  reconnects: number;
  /** Of these, those that went on where the one before ended. */
  resumed: number;
  /** Ends it after a reading that is due. Rejects if that cannot be done in time. */
  stop(): Promise<void>;
}

export interface ListenOptions {
  /** A host with its port; whoever answers there is also read from. */
  readonly host: string;
  readonly project: string;
  readonly token: string;
}

/**
 * Listens, and comes back whenever the connection is lost, from where it was. When something may be missing it reads the events of
 * that time. Resolves when it listens.
 */
export async function startListener({ host, project, token }: ListenOptions): Promise<Listener> {
  const stopping = new AbortController();
  const heard = new Map<string, number>();
  const noticesMs: number[] = [];
  const listener = { heard, read: new Set<string>(), noticesMs, reconnects: -1, resumed: 0 };
  const headers = { authorization: `Bearer ${token}` };
  let lastId: string | undefined;
  const hear = (message: StreamMessage) => {
    if ("id" in message) lastId = message.id;
    if (message.type === "event") heard.set(message.event_id, (heard.get(message.event_id) ?? 0) + 1);
    if (message.type === "subscribed" && message.start === "resumed") listener.resumed += 1;
    if (message.type === "subscribed" ? message.start === "gap" : message.type === "gap" || message.type === "dropped")
      noticesMs.push(Date.now());
  };
  const url = `ws://${host}/ws/stream/projects/${project}`;
  const connect = () =>
    StreamClient.open(lastId === undefined ? url : `${url}?last_id=${encodeURIComponent(lastId)}`, headers, hear);
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

  let readFromMs = Date.now();
  let noticesRead = 0;
  let readByMs = Number.POSITIVE_INFINITY;
  /** Rejects if the node is away; then it is read again. */
  const readMissing = async () => {
    const [startedMs, notices] = [Date.now(), noticesMs.length];
    for await (const { id } of readEvents(`http://${host}/api/v1/projects/${project}/events`, headers, readFromMs))
      if (!heard.has(id)) listener.read.add(id);
    [readFromMs, noticesRead] = [startedMs - READ_BACK_MS, notices];
  };
  const keepReading = async () => {
    while (!stopping.signal.aborted || noticesRead < noticesMs.length) {
      await sleep(READ_AFTER_MS);
      if (noticesRead === noticesMs.length) continue;
      await readMissing().catch((error: unknown) => {
        if (Date.now() > readByMs) throw error;
      });
    }
  };
  const running = Promise.all([listen(await connect()), keepReading()]);
  return Object.assign(listener, {
    stop: async () => {
      readByMs = Date.now() + LAST_READ_MS_MAX;
      stopping.abort();
      await running;
    },
  });
}

/** All events of a project that were received since a moment, page after page. Rejects when an answer is no page. */
async function* readEvents(url: string, headers: Readonly<Record<string, string>>, fromMs: number) {
  const search = new URLSearchParams({ from: new Date(fromMs).toISOString(), limit: String(READ_PAGE) });
  for (;;) {
    const answer = await fetch(`${url}?${search.toString()}`, { headers, signal: AbortSignal.timeout(ANSWER_MS_MAX) });
    if (!answer.ok) throw new Error(`events were answered with ${answer.status}`);
    const page = (await answer.json()) as ApiPage<ApiFoundEvent>;
    yield* page.data;
    if (page.next_cursor === undefined || page.next_cursor_id === undefined) return;
    search.set("cursor", page.next_cursor);
    search.set("cursor_id", page.next_cursor_id);
  }
}
