/** The rows of a live feed, newest first. What comes is gathered, so that a page is painted once a frame, not once an event. */
import type { EventStored, StreamMessage } from "@mesher/protocol";
import { Ring } from "./ring.ts";

export const ROWS_MAX = 10_000;

/** Where something is missing, a row says so. */
export type LiveRow =
  | { readonly kind: "event"; readonly key: string; readonly event: EventStored }
  /** `dropped`: this browser did not keep up. `gap`: the connection was away for too long, or that between nodes was. */
  | { readonly kind: "dropped"; readonly key: string; readonly count: number }
  | { readonly kind: "gap"; readonly key: string };

/** Changes whenever something is to be painted anew. */
export interface LiveState {
  readonly size: number;
  /** How many rows were put in front of the others since the page is open: where a reader is moves by as many. */
  readonly added: number;
  /** Those that came while it is paused. */
  readonly waiting: number;
  readonly isPaused: boolean;
}

const EMPTY: LiveState = { size: 0, added: 0, waiting: 0, isPaused: false };

/** What is listened to. */
interface Source {
  listen(listener: (message: StreamMessage) => void): () => void;
}

/** When what came is shown: a browser's `requestAnimationFrame`, and how to call it off. */
export interface Frames {
  readonly request: (show: () => void) => number;
  readonly cancel: (frame: number) => void;
}

const BROWSER_FRAMES: Frames = {
  request: (show) => requestAnimationFrame(show),
  cancel: (frame) => cancelAnimationFrame(frame),
};

export class LiveRowStore {
  readonly #rows = new Ring<LiveRow>(ROWS_MAX);
  readonly #listeners = new Set<() => void>();
  readonly #source: Source;
  readonly #frames: Frames;
  #state = EMPTY;
  #fresh: LiveRow[] = [];
  #waiting = 0;
  #notices = 0;
  #frame: number | undefined;
  #stop: (() => void) | undefined;

  constructor(source: Source, frames: Frames = BROWSER_FRAMES) {
    this.#source = source;
    this.#frames = frames;
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    this.#stop ??= this.#source.listen((message) => this.#hear(message));
    return () => {
      this.#listeners.delete(listener);
      if (this.#listeners.size > 0) return;
      this.#stop?.();
      this.#stop = undefined;
      if (this.#frame !== undefined) this.#frames.cancel(this.#frame);
      this.#frame = undefined;
    };
  };

  readonly read = (): LiveState => this.#state;

  /** 0 is the newest. */
  rowAt(index: number): LiveRow | undefined {
    return this.#rows.at(index);
  }

  pause(isPaused: boolean): void {
    this.#state = { ...this.#state, isPaused };
    this.#show();
  }

  clear(): void {
    this.#rows.clear();
    this.#fresh = [];
    this.#waiting = 0;
    this.#state = { ...EMPTY, isPaused: this.#state.isPaused };
    this.#show();
  }

  #hear(message: StreamMessage): void {
    const row = this.#rowOf(message);
    if (row === undefined) return;
    this.#fresh.push(row);
    if (row.kind === "event") this.#waiting += 1;
    // In a tab that nobody looks at there are no frames; what would not be shown anyway is not kept.
    if (this.#fresh.length > 2 * ROWS_MAX) this.#fresh = this.#fresh.slice(-ROWS_MAX);
    this.#frame ??= this.#frames.request(() => {
      this.#frame = undefined;
      this.#show();
    });
  }

  #rowOf(message: StreamMessage): LiveRow | undefined {
    if (message.type === "event") return { kind: "event", key: message.event_id, event: message };
    if (message.type === "dropped") return { kind: "dropped", key: `notice ${++this.#notices}`, count: message.count };
    if (message.type === "gap" || (message.type === "subscribed" && message.start === "gap"))
      return { kind: "gap", key: `notice ${++this.#notices}` };
    return undefined;
  }

  #show(): void {
    const { isPaused, added } = this.#state;
    if (isPaused) {
      this.#state = { ...this.#state, waiting: this.#waiting };
    } else {
      for (const row of this.#fresh) this.#rows.add(row);
      this.#state = { size: this.#rows.size, added: added + this.#fresh.length, waiting: 0, isPaused };
      this.#fresh = [];
      this.#waiting = 0;
    }
    this.#listeners.forEach((notify) => notify());
  }
}
