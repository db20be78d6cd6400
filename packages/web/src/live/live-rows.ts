/** The events of a live feed, newest first, gathered so that a page is not painted for each. */
import type { EventStored, StreamMessage } from "@mesher/protocol";
import type { Feed } from "./feed.ts";

export const ROWS_MAX = 10_000;
const GATHER_MS = 200;

export interface LiveRows {
  readonly rows: readonly EventStored[];
  /** How many were put in front of the others since the page is open: where a reader is moves by as many. */
  readonly added: number;
  /** Those that came while it is paused. */
  readonly waiting: number;
  /** Those that the server left out, because this browser did not keep up. */
  readonly dropped: number;
  readonly isPaused: boolean;
}

const EMPTY: LiveRows = { rows: [], added: 0, waiting: 0, dropped: 0, isPaused: false };

export class LiveRowStore {
  #shown = EMPTY;
  #fresh: EventStored[] = [];
  #dropped = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  readonly #listeners = new Set<() => void>();
  readonly #feed: Feed;
  #stop: (() => void) | undefined;

  constructor(feed: Feed) {
    this.#feed = feed;
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    this.#stop ??= this.#feed.listen((message) => this.#hear(message));
    return () => {
      this.#listeners.delete(listener);
      if (this.#listeners.size > 0) return;
      this.#stop?.();
      this.#stop = undefined;
      clearTimeout(this.#timer);
      this.#timer = undefined;
    };
  };

  readonly read = (): LiveRows => this.#shown;

  pause(isPaused: boolean): void {
    this.#shown = { ...this.#shown, isPaused };
    this.#show();
  }

  clear(): void {
    this.#fresh = [];
    this.#dropped = 0;
    this.#shown = { ...EMPTY, isPaused: this.#shown.isPaused };
    this.#show();
  }

  #hear(message: StreamMessage): void {
    if (message.type === "dropped") this.#dropped += message.count;
    else if (message.type === "event") this.#fresh.push(message);
    else return;
    if (this.#fresh.length > ROWS_MAX) this.#fresh = this.#fresh.slice(-ROWS_MAX);
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.#show();
    }, GATHER_MS);
  }

  #show(): void {
    const { rows, added, isPaused } = this.#shown;
    if (isPaused) {
      this.#shown = { ...this.#shown, waiting: this.#fresh.length, dropped: this.#dropped };
    } else {
      const next = [...this.#fresh.toReversed(), ...rows].slice(0, ROWS_MAX);
      this.#shown = { rows: next, added: added + this.#fresh.length, waiting: 0, dropped: this.#dropped, isPaused };
      this.#fresh = [];
    }
    this.#listeners.forEach((notify) => notify());
  }
}
