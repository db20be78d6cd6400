/**
 * The frames of one client on their way to answers, which leave in the order in which the frames came. While too much is
 * unanswered the socket is not read: a client that sends faster than it can be taken waits, and loses nothing.
 */
import type { WebSocket } from "ws";

/** Frames, and bytes of them, that are taken at a time. What a read of the socket has brought beside them is taken too. */
export const UNANSWERED_MAX = 64;
const UNANSWERED_BYTES_MAX = 8 * 1024 * 1024;

export class FrameQueue {
  readonly #socket: WebSocket;
  readonly #take: (bytes: Buffer) => Promise<string>;
  #unanswered = 0;
  #unansweredBytes = 0;
  #answers: Promise<void> = Promise.resolve();
  #isFinishing = false;

  /** `take` gives the answer to a frame and never rejects. */
  constructor(socket: WebSocket, take: (bytes: Buffer) => Promise<string>) {
    this.#socket = socket;
    this.#take = take;
  }

  push(bytes: Buffer): void {
    this.#unanswered += 1;
    this.#unansweredBytes += bytes.length;
    if (this.#isFull) this.#socket.pause();
    this.#answers = this.#answer(this.#answers, this.#take(bytes), bytes.length);
  }

  /** Reads no more. Resolves when all that came is answered. */
  async finish(): Promise<void> {
    this.#isFinishing = true;
    this.#socket.pause();
    await this.#answers;
    // So that the client's answer to the close is heard.
    this.#socket.resume();
  }

  async #answer(before: Promise<void>, taken: Promise<string>, bytes: number): Promise<void> {
    await before;
    await this.#send(await taken);
    this.#unanswered -= 1;
    this.#unansweredBytes -= bytes;
    if (!this.#isFull && !this.#isFinishing) this.#socket.resume();
  }

  get #isFull(): boolean {
    return this.#unanswered >= UNANSWERED_MAX || this.#unansweredBytes >= UNANSWERED_BYTES_MAX;
  }

  /** Resolves when the answer has left, or cannot leave any more: a client that reads no answers is not read either. */
  #send(answer: string): Promise<void> {
    return new Promise((resolve) => this.#socket.send(answer, () => resolve()));
  }
}
