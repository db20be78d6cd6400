/** One encrypted connection to one peer, as frames. Knows nothing of who the peer is. */
import type { TLSSocket } from "node:tls";
import { encodeHeader, FRAME, FrameReader } from "./frame.ts";
import type { World } from "./world.ts";

/** Until a peer is welcomed it has nothing longer to say. */
export const HANDSHAKE_FRAME_BYTES_MAX = 16 * 1024;

/** Above this a sender that can wait should. */
const QUEUE_BYTES_WAIT = 1024 * 1024;

export interface LinkLimits {
  /** Longest frame taken or sent once the peer is welcomed. */
  readonly frameBytesMax: number;
  /** Bytes that may wait for a peer that does not read. What comes on top is refused. */
  readonly queueBytesMax: number;
}

export interface LinkOptions extends LinkLimits {
  readonly world: World;
}

export class Link {
  /** Called for every frame. What it throws closes the link. */
  onFrame: (type: number, body: Buffer) => void = () => {};
  /** Called once, with a reason for people. */
  onClose: (reason: string) => void = () => {};
  /** Frames refused because too much waited already. */
  refusedFrames = 0;
  /** Frames heard so far: any of them is a sign of life. */
  heardFrames = 0;
  readonly #socket: TLSSocket;
  readonly #limits: LinkOptions;
  readonly #reader = new FrameReader(HANDSHAKE_FRAME_BYTES_MAX);
  #closedFor: string | undefined;
  #isCorked = false;
  /** Senders that wait until the queue is shorter. */
  #waiting: (() => void)[] = [];

  constructor(socket: TLSSocket, limits: LinkOptions) {
    this.#socket = socket;
    this.#limits = limits;
    socket.setNoDelay(true);
    socket.on("data", (chunk: Buffer) => this.#read(chunk));
    socket.on("drain", () => this.#release());
    socket.on("error", (error: Error) => this.close(error.message));
    socket.on("close", () => this.close("the connection was closed"));
  }

  get isOpen(): boolean {
    return this.#closedFor === undefined;
  }

  /** Bytes handed over that the network has not taken. */
  get queuedBytes(): number {
    return this.#socket.writableLength;
  }

  /** IP address and port of the other end. */
  get remoteAddress(): string {
    return `${this.#socket.remoteAddress ?? "?"}:${this.#socket.remotePort ?? "?"}`;
  }

  /** The peer has proved who it is: from now on it may send frames of full length. */
  welcome(): void {
    this.#reader.frameBytesMax = this.#limits.frameBytesMax;
  }

  /** False: closed, or too much waits already; then nothing was sent. */
  send(type: number, body: Buffer): boolean {
    if (!this.isOpen) return false;
    if (this.queuedBytes + body.length > this.#limits.queueBytesMax) {
      this.refusedFrames += 1;
      return false;
    }
    this.#cork();
    this.#socket.write(encodeHeader(type, body.length));
    if (body.length > 0) this.#socket.write(body);
    return true;
  }

  sendJson(type: number, value: object): boolean {
    return this.send(type, Buffer.from(JSON.stringify(value)));
  }

  /** Resolves when the queue is short enough to go on, or the link is closed. */
  async drained(): Promise<void> {
    if (!this.isOpen || this.queuedBytes < QUEUE_BYTES_WAIT || !this.#socket.writableNeedDrain) return;
    await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  /** Ends the link at once; what waits is lost. */
  close(reason: string): void {
    if (this.#closedFor !== undefined) return;
    this.#closedFor = reason;
    this.#socket.destroy();
    this.#release();
    this.onClose(reason);
  }

  /** Sends a last frame, lets what waits go out for at most `waitMs`, and closes. */
  async closeWith(type: number, value: object, reason: string, waitMs: number): Promise<void> {
    if (!this.isOpen) return;
    this.sendJson(type, value);
    const isInTime = this.#limits.world.after(waitMs, () => this.close(reason));
    await new Promise<void>((resolve) => {
      this.#socket.once("close", () => resolve());
      this.#socket.end();
    });
    isInTime();
    this.close(reason);
  }

  /** What is written in one turn of the event loop goes out as one TLS record instead of two for each frame. */
  #cork(): void {
    if (this.#isCorked) return;
    this.#isCorked = true;
    this.#socket.cork();
    process.nextTick(() => {
      this.#isCorked = false;
      this.#socket.uncork();
    });
  }

  #release(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const go of waiting) go();
  }

  #read(chunk: Buffer): void {
    if (!this.isOpen) return;
    try {
      this.#reader.read(chunk, (type, body) => {
        if (!this.isOpen) return;
        this.heardFrames += 1;
        if (type === FRAME.ping) this.send(FRAME.pong, NOTHING);
        else if (type !== FRAME.pong) this.onFrame(type, body);
      });
    } catch (error) {
      this.close(error instanceof Error ? error.message : String(error));
    }
  }
}

const NOTHING = Buffer.alloc(0);
