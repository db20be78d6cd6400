/** One client of a project's feed, over whatever it is connected. */
import type { StreamMessage } from "@mesher/protocol";
import type { Subscriber } from "./channel.ts";
import type { Feed } from "./feed.ts";
import type { Wanted } from "./filters.ts";
import { Outbox, type Outgoing, outgoing, type Wire } from "./outbox.ts";
import type { SeenOrigins } from "./position.ts";

export interface ConnectionOptions {
  readonly feed: Feed;
  readonly wire: Wire;
  readonly projectId: string;
  readonly wanted: Wanted;
  /** That the project is watched, and the search in `wanted`. Disposed of when the connection has another, or none. */
  readonly watching: Disposable;
  /** A message was left out because the client did not keep up. */
  readonly onDropped: () => void;
}

export class Connection implements Subscriber {
  readonly #feed: Feed;
  readonly #projectId: string;
  readonly #outbox: Outbox;
  #wanted: Wanted;
  #watching: Disposable;
  #isClosed = false;

  constructor({ feed, wire, projectId, wanted, watching, onDropped }: ConnectionOptions) {
    this.#feed = feed;
    this.#projectId = projectId;
    this.#wanted = wanted;
    this.#watching = watching;
    this.#outbox = new Outbox(wire, onDropped);
  }

  get wanted(): Wanted {
    return this.#wanted;
  }

  /**
   * Joins the feed of a project that is watched: `subscribed`, then what was missed, then what comes. `seen`: where the client
   * was before; absent: it is new.
   */
  open(seen: SeenOrigins | undefined): void {
    if (this.#isClosed) return;
    const { start, position, missed } = this.#feed.subscribe(this.#projectId, this, seen);
    const subscribed = outgoing({
      type: "subscribed",
      id: position,
      project_id: this.#projectId,
      start,
      filters: this.#wanted.filters,
    });
    this.#outbox.begin([subscribed, ...missed]);
    this.#feed.askCount(this.#projectId, this);
  }

  push(message: Outgoing): void {
    this.#outbox.push(message);
  }

  say(message: StreamMessage): void {
    this.push(outgoing(message));
  }

  /** Of a connection that was opened. Resolves when they hold. Throws a TooManySearchesError. */
  async setFilters(wanted: Wanted): Promise<void> {
    if (this.#isClosed) return;
    using watching = await this.#feed.watch(this.#projectId, wanted.search);
    if (this.#isClosed) return;
    this.#watching[Symbol.dispose]();
    this.#watching = watching.move();
    this.#wanted = wanted;
    this.say({ type: "filters_updated", filters: wanted.filters });
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#outbox.close();
    this.#feed.unsubscribe(this.#projectId, this);
    this.#watching[Symbol.dispose]();
  }
}
