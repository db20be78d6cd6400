/** One WebSocket per project and filters, however many parts of a page listen to it. It comes back by itself. */
import type { StreamMessage, StreamPosition, StreamRequest, StreamTicket } from "@mesher/protocol";
import { sendJson } from "../api/client.ts";

export type FeedState = "connecting" | "connected" | "away";

const RETRY_FIRST_MS = 1_000;
const RETRY_MS_MAX = 30_000;
/** Browsers whose node went away do not all come back in the same moment. */
const RETRY_JITTER = 0.1;
/** A connection over which nothing came for so long is asked whether it still is one. */
const SILENT_MS = 30_000;
/** How long it may take to answer. */
const ANSWER_MS_MAX = 10_000;

export class Feed {
  readonly #path: string;
  readonly #query: string;
  readonly #listeners = new Set<(message: StreamMessage) => void>();
  readonly #stateListeners = new Set<() => void>();
  #state: FeedState = "connecting";
  #socket: WebSocket | undefined;
  #retry: ReturnType<typeof setTimeout> | undefined;
  #silence: ReturnType<typeof setTimeout> | undefined;
  #failures = 0;
  #lastId: StreamPosition | undefined;
  /** Which attempt is under way: an answer to an earlier one is nothing to us. */
  #attempt = 0;

  /** `query`: filters, as in an address. */
  constructor(projectSlug: string, query: string) {
    this.#path = `ws/stream/projects/${encodeURIComponent(projectSlug)}`;
    this.#query = query;
  }

  get state(): FeedState {
    return this.#state;
  }

  get hasListeners(): boolean {
    return this.#listeners.size + this.#stateListeners.size > 0;
  }

  /** It is connected as long as somebody listens, to messages or to its state. */
  listen(listener: (message: StreamMessage) => void): () => void {
    return this.#add(this.#listeners, listener);
  }

  listenToState(listener: () => void): () => void {
    return this.#add(this.#stateListeners, listener);
  }

  #add<Listener>(listeners: Set<Listener>, listener: Listener): () => void {
    const isFirst = !this.hasListeners;
    listeners.add(listener);
    if (isFirst) void this.#connect();
    return () => {
      listeners.delete(listener);
      if (!this.hasListeners) this.#close();
    };
  }

  async #connect(): Promise<void> {
    const attempt = ++this.#attempt;
    this.#become(this.#failures === 0 ? "connecting" : "away");
    try {
      const { ticket } = await sendJson<StreamTicket>("POST", "api/v1/stream-tickets");
      if (attempt === this.#attempt) this.#open(ticket, attempt);
    } catch {
      // Why does not matter here: the same server answers the rest of the page, which says it.
      if (attempt === this.#attempt) this.#retryLater();
    }
  }

  #open(ticket: string, attempt: number): void {
    const url = new URL(this.#path, document.baseURI);
    url.protocol = url.protocol.replace("http", "ws");
    url.search = this.#query;
    url.searchParams.set("ticket", ticket);
    if (this.#lastId !== undefined) url.searchParams.set("last_id", this.#lastId);
    const socket = new WebSocket(url);
    this.#socket = socket;
    this.#watch(socket);
    socket.addEventListener("message", ({ data }) => {
      if (attempt !== this.#attempt) return;
      this.#watch(socket);
      this.#hear(JSON.parse(String(data)) as StreamMessage);
    });
    socket.addEventListener("close", () => {
      if (attempt === this.#attempt) this.#retryLater();
    });
  }

  /** Of a connection that is cut on its way nobody hears. It is asked by setting the filters it has: that is answered. */
  #watch(socket: WebSocket): void {
    clearTimeout(this.#silence);
    this.#silence = setTimeout(() => {
      if (socket.readyState !== WebSocket.OPEN) return this.#giveUp(socket);
      const filters = Object.fromEntries(new URLSearchParams(this.#query));
      socket.send(JSON.stringify({ type: "filter", filters } satisfies StreamRequest));
      this.#silence = setTimeout(() => this.#giveUp(socket), ANSWER_MS_MAX);
    }, SILENT_MS);
  }

  /** The browser may take minutes to close it. */
  #giveUp(socket: WebSocket): void {
    this.#attempt++;
    socket.close();
    this.#retryLater();
  }

  #hear(message: StreamMessage): void {
    if ("id" in message) this.#lastId = message.id;
    if (message.type === "subscribed") {
      this.#failures = 0;
      this.#become("connected");
    }
    this.#listeners.forEach((listener) => listener(message));
  }

  #retryLater(): void {
    // A ticket's stream ends after some minutes, which is no failure: the first retry comes soon.
    const waitMs = Math.min(RETRY_FIRST_MS * 2 ** this.#failures, RETRY_MS_MAX);
    this.#failures++;
    this.#become("away");
    clearTimeout(this.#silence);
    this.#retry = setTimeout(() => void this.#connect(), waitMs * (1 + Math.random() * RETRY_JITTER));
  }

  #close(): void {
    this.#attempt++;
    clearTimeout(this.#retry);
    clearTimeout(this.#silence);
    this.#socket?.close();
    this.#socket = undefined;
    this.#failures = 0;
  }

  #become(state: FeedState): void {
    if (state === this.#state) return;
    this.#state = state;
    this.#stateListeners.forEach((notify) => notify());
  }
}

const feeds = new Map<string, Feed>();

/** The same for the same project and filters. */
export function feedOf(projectSlug: string, query = ""): Feed {
  const key = `${projectSlug}?${query}`;
  const feed = feeds.get(key) ?? new Feed(projectSlug, query);
  // Those that nobody listens to hold nothing that is worth keeping.
  for (const [other, { hasListeners }] of feeds) if (!hasListeners && other !== key) feeds.delete(other);
  feeds.set(key, feed);
  return feed;
}

/** Whether what happens to issues is told at once, and need not be asked for. Without a name: in the project that is looked at. */
export function isLive(projectSlug?: string): boolean {
  const heard = projectSlug === undefined ? [...feeds.values()] : [feeds.get(`${projectSlug}?`)];
  return heard.some((feed) => feed?.hasListeners === true && feed.state === "connected");
}
