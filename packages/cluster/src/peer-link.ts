/** A connection to one peer, as frames, over whatever carries them. Knows nothing of who the peer is. */
import { FRAME, FRAME_HEADER_BYTES, FrameReader, isOfLink } from "./frame.ts";
import type { World } from "./world.ts";

/** Until a peer is welcomed it has nothing longer to say. */
export const HANDSHAKE_FRAME_BYTES_MAX = 16 * 1024;

/** Above this a sender that can wait should. */
const QUEUE_BYTES_WAIT = 1024 * 1024;

const NOTHING = Buffer.alloc(0);

/** Every call and answer asks whether it has to wait. */
const AT_ONCE = Promise.resolve();

export interface LinkLimits {
  /** Longest frame taken or sent once the peer is welcomed. */
  readonly frameBytesMax: number;
  /** Bytes that may wait for a peer that does not read. What comes on top is refused, but for what the link says of itself. */
  readonly queueBytesMax: number;
}

export interface LinkOptions extends LinkLimits {
  readonly world: World;
}

/** What went over a link so far, headers of frames included. */
export interface Traffic {
  readonly framesIn: number;
  readonly framesOut: number;
  readonly bytesIn: number;
  readonly bytesOut: number;
  /** Frames refused because too much waited already. */
  readonly refusedFrames: number;
}

export abstract class PeerLink {
  /** Called for every frame. What it throws closes the link. */
  onFrame: (type: number, body: Buffer) => void = () => {};
  /** Called once, with a reason for people. */
  onClose: (reason: string) => void = () => {};
  /** Called when what carries the link has a hint, not a proof, that the peer is gone. */
  onDoubt: () => void = () => {};
  /** Milliseconds between the latest ping that was answered and its answer. */
  roundTripMs: number | undefined;
  readonly #options: LinkOptions;
  readonly #reader = new FrameReader(HANDSHAKE_FRAME_BYTES_MAX);
  readonly #traffic = { framesIn: 0, framesOut: 0, bytesIn: 0, bytesOut: 0, refusedFrames: 0 };
  #closedFor: string | undefined;
  #pingedAtMs: number | undefined;
  /** Senders that wait until the queue is shorter. */
  #waiting: (() => void)[] = [];

  constructor(options: LinkOptions) {
    this.#options = options;
  }

  /** Bytes handed over that have not been taken. */
  abstract get queuedBytes(): number;

  /** Where the other end is, for people. */
  abstract get remoteAddress(): string;

  protected abstract write(type: number, body: Buffer): void;

  /** Lets go of what carries the link; what waits is lost. */
  protected abstract destroy(): void;

  /** Lets what waits go out. Resolves when it has, or the link is closed. */
  protected abstract finish(): Promise<void>;

  get isOpen(): boolean {
    return this.#closedFor === undefined;
  }

  get traffic(): Traffic {
    return this.#traffic;
  }

  /** Frames refused because too much waited already. */
  get refusedFrames(): number {
    return this.#traffic.refusedFrames;
  }

  /** Frames heard so far: any of them is a sign of life. */
  get heardFrames(): number {
    return this.#traffic.framesIn;
  }

  /** The peer has proved who it is: from now on it may send frames of full length. */
  welcome(): void {
    this.#reader.frameBytesMax = this.#options.frameBytesMax;
  }

  /** False: closed, or too much waits already; then nothing was sent. */
  send(type: number, body: Buffer): boolean {
    if (!this.isOpen) return false;
    // Without signs of life and confirmations a queue that is full would stay so.
    if (!isOfLink(type) && this.queuedBytes + body.length > this.#options.queueBytesMax) {
      this.#traffic.refusedFrames += 1;
      return false;
    }
    this.#traffic.framesOut += 1;
    this.#traffic.bytesOut += FRAME_HEADER_BYTES + body.length;
    this.write(type, body);
    return true;
  }

  sendJson(type: number, value: object): boolean {
    return this.send(type, Buffer.from(JSON.stringify(value)));
  }

  /** Asks for a sign of life. */
  ping(): void {
    if (this.send(FRAME.ping, NOTHING)) this.#pingedAtMs ??= this.#options.world.nowMs();
  }

  /** Resolves when the queue is short enough to go on, or the link is closed. */
  drained(): Promise<void> {
    if (!this.isOpen || !this.isFull) return AT_ONCE;
    return new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  /** Ends the link at once; what waits is lost. */
  close(reason: string): void {
    if (this.#closedFor !== undefined) return;
    this.#closedFor = reason;
    this.destroy();
    this.release();
    this.onClose(reason);
  }

  /** Sends a last frame, lets what waits go out for at most `waitMs`, and closes. */
  async closeWith(type: number, value: object, reason: string, waitMs: number): Promise<void> {
    if (!this.isOpen) return;
    this.sendJson(type, value);
    const isInTime = this.#options.world.after(waitMs, () => this.close(reason));
    await this.finish();
    isInTime();
    this.close(reason);
  }

  protected get isFull(): boolean {
    return this.queuedBytes >= QUEUE_BYTES_WAIT;
  }

  /** The queue is shorter. */
  protected release(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const go of waiting) go();
  }

  protected read(chunk: Buffer): void {
    if (!this.isOpen) return;
    this.#traffic.bytesIn += chunk.length;
    try {
      this.#reader.read(chunk, (type, body) => {
        if (!this.isOpen) return;
        this.#traffic.framesIn += 1;
        if (type === FRAME.ping) this.answerPing();
        else if (type === FRAME.pong) this.#hearPong();
        else this.hear(type, body);
      });
    } catch (error) {
      this.close(error instanceof Error ? error.message : String(error));
    }
  }

  protected answerPing(): void {
    this.send(FRAME.pong, NOTHING);
  }

  protected hear(type: number, body: Buffer): void {
    this.onFrame(type, body);
  }

  #hearPong(): void {
    if (this.#pingedAtMs === undefined) return;
    this.roundTripMs = this.#options.world.nowMs() - this.#pingedAtMs;
    this.#pingedAtMs = undefined;
  }
}
