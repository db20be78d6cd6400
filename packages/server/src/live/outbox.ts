/**
 * What waits for one client. A client that does not read holds up nobody: of what waits only so much is kept, the oldest goes
 * first, and the client is told how much that was.
 */
import type { StreamMessage, StreamPosition } from "@mesher/protocol";

/** Messages that wait for a client at most. */
export const QUEUE_MAX = 100;

/** Bytes handed to the socket that the client has not taken yet; what comes on top waits in the queue. */
const BUFFERED_BYTES_MAX = 128 * 1024;

/** A message on its way out, serialised. One buffer goes to all clients. */
export interface Outgoing {
  readonly text: Buffer;
  /** Absent: a client cannot go on from it. */
  readonly position?: StreamPosition;
}

/** The way to one client. */
export interface Wire {
  /** Bytes that were written and not taken yet. */
  readonly bufferedBytes: number;
  /** `onTaken` is called when the message has left. */
  write(message: Outgoing, onTaken: () => void): void;
}

export class Outbox {
  readonly #wire: Wire;
  readonly #onDropped: () => void;
  /** Read-only and bounded by its giver: it goes first, and nothing of it is dropped. */
  #backlog: readonly Outgoing[] = [];
  #backlogSent = 0;
  #queue: Outgoing[] = [];
  #dropped = 0;
  #isClosed = false;
  readonly #flushed = () => this.#flush();

  constructor(wire: Wire, onDropped: () => void) {
    this.#wire = wire;
    this.#onDropped = onDropped;
  }

  /** What the client gets before anything that is pushed later. Once, at the beginning. */
  begin(backlog: readonly Outgoing[]): void {
    this.#backlog = backlog;
    this.#flush();
  }

  push(message: Outgoing): void {
    if (this.#isClosed) return;
    this.#queue.push(message);
    this.#flush();
    if (this.#queue.length <= QUEUE_MAX) return;
    this.#queue.shift();
    this.#dropped += 1;
    this.#onDropped();
  }

  /** Forgets what waits. */
  close(): void {
    this.#isClosed = true;
    this.#backlog = [];
    this.#queue = [];
  }

  #flush(): void {
    while (!this.#isClosed && this.#wire.bufferedBytes < BUFFERED_BYTES_MAX) {
      const next = this.#next();
      if (next === undefined) return;
      this.#wire.write(next, this.#flushed);
    }
  }

  #next(): Outgoing | undefined {
    const old = this.#backlog[this.#backlogSent];
    if (old !== undefined) {
      this.#backlogSent += 1;
      return old;
    }
    this.#backlog = [];
    // What was dropped was older than everything in the queue.
    if (this.#dropped > 0) {
      const count = this.#dropped;
      this.#dropped = 0;
      return outgoing({ type: "dropped", count });
    }
    return this.#queue.shift();
  }
}

export function outgoing(message: StreamMessage): Outgoing {
  const text = Buffer.from(JSON.stringify(message));
  return "id" in message ? { text, position: message.id } : { text };
}
