/** One client of a project's feed, over whatever it is connected. */
import type { StreamFilters, StreamMessage } from "@mesher/protocol";
import type { Subscriber } from "./channel.ts";
import type { Feed } from "./feed.ts";
import { Outbox, type Outgoing, outgoing, type Wire } from "./outbox.ts";
import type { SeenOrigins } from "./position.ts";

export interface ConnectionOptions {
  readonly feed: Feed;
  readonly wire: Wire;
  readonly projectId: string;
  readonly filters: StreamFilters;
  /** A message was left out because the client did not keep up. */
  readonly onDropped: () => void;
}

export class Connection implements Subscriber {
  readonly #feed: Feed;
  readonly #projectId: string;
  readonly #outbox: Outbox;
  #filters: StreamFilters;
  #isClosed = false;

  constructor({ feed, wire, projectId, filters, onDropped }: ConnectionOptions) {
    this.#feed = feed;
    this.#projectId = projectId;
    this.#filters = filters;
    this.#outbox = new Outbox(wire, onDropped);
  }

  get filters(): StreamFilters {
    return this.#filters;
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
      filters: this.#filters,
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

  setFilters(filters: StreamFilters): void {
    this.#filters = filters;
    this.say({ type: "filters_updated", filters });
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#outbox.close();
    this.#feed.unsubscribe(this.#projectId, this);
  }
}
