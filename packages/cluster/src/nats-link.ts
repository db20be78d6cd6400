/**
 * A link through a NATS server. Frames of one turn of the event loop travel as one letter.
 *
 * The server keeps the order but may lose what it cannot deliver. A link is a stream without holes all the same: each letter
 * says how many frames came before it, and when one is missing the link ends, as a connection would. What the peer has not
 * confirmed counts as waiting, so that a peer that does not read is noticed here and not in the server's memory.
 */
import { encodeHeader, FRAME, FRAME_HEADER_BYTES, isOfLink } from "./frame.ts";
import { LETTER_BYTES, type LinkSeal } from "./nats-seal.ts";
import { type LinkOptions, PeerLink } from "./peer-link.ts";
import type { RefusedMessage } from "./wire.ts";

/** The peer confirms what it has read each time so much has come, and when it is pinged. */
const CONFIRM_BYTES = 256 * 1024;

const COUNT_BYTES = 4;
const COUNT_MODULUS = 2 ** 32;
const CONFIRMATION_BYTES = 8;

const NOTHING = Buffer.alloc(0);

/** What a letter of one frame holds besides the frame's body. */
export const LETTER_OVERHEAD_BYTES = LETTER_BYTES + COUNT_BYTES + FRAME_HEADER_BYTES;

interface Frame {
  readonly type: number;
  readonly body: Buffer;
}

export interface NatsLinkOptions extends LinkOptions {
  readonly seal: LinkSeal;
  /** For people. */
  readonly remoteAddress: string;
  /** Longest message the server takes; asked anew for each letter. */
  readonly letterBytesMax: () => number;
  /** False: there is no server now, or it takes none as long. `isPing`: the server shall tell if nobody listens. */
  readonly publish: (letter: Buffer, isPing: boolean) => boolean;
  /** Resolves when the server has what was published. */
  readonly flush: () => Promise<void>;
  readonly onDestroy: () => void;
}

export class NatsLink extends PeerLink {
  readonly #options: NatsLinkOptions;
  /** Frames that are not sealed yet. */
  #pending: Frame[] = [];
  #isScheduled = false;
  #isEnded = false;
  /** Frames that must not be lost: sealed, and read. */
  #sealedFrames = 0;
  #readFrames = 0;
  /** Bytes of such frames: handed over, confirmed by the peer; read, and confirmed to the peer. */
  #sentBytes = 0;
  #confirmedBytes = 0;
  #readBytes = 0;
  #toldBytes = 0;

  constructor(options: NatsLinkOptions) {
    super(options);
    this.#options = options;
  }

  /** Bytes that the peer has not confirmed. */
  override get queuedBytes(): number {
    return this.#sentBytes - this.#confirmedBytes;
  }

  override get remoteAddress(): string {
    return this.#options.remoteAddress;
  }

  /** What it gives back is why the letter was dropped, if it was. */
  take(letter: Buffer): RefusedMessage | undefined {
    const text = this.#options.seal.receiving.open(letter);
    if (!Buffer.isBuffer(text)) return text;
    const lost = text.length < COUNT_BYTES ? 0 : (text.readUInt32BE(0) - this.#readFrames) % COUNT_MODULUS;
    if (lost === 0) this.read(text.subarray(COUNT_BYTES));
    else this.close("frames were lost on the way");
    return undefined;
  }

  /** Sends what waits: at the end of the turn, or when there is a server again. */
  flush(): void {
    this.#isScheduled = false;
    let at = 0;
    while (at < this.#pending.length && this.isOpen) {
      const frames = this.#fill(at);
      if (frames.length === 0) return this.close("a frame is longer than what the NATS server takes now");
      if (!this.#sealAndPublish(frames)) break;
      at += frames.length;
    }
    this.#pending = this.#pending.slice(at);
  }

  protected override write(type: number, body: Buffer): void {
    if (!isOfLink(type)) this.#sentBytes += FRAME_HEADER_BYTES + body.length;
    this.#pending.push({ type, body });
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    process.nextTick(() => this.flush());
  }

  protected override hear(type: number, body: Buffer): void {
    if (type === FRAME.ack) return this.#hearConfirmation(body);
    if (type === FRAME.close) {
      this.#isEnded = true;
      return this.close("the peer has closed the connection");
    }
    this.#readFrames += 1;
    this.#readBytes += FRAME_HEADER_BYTES + body.length;
    if (this.#readBytes - this.#toldBytes >= CONFIRM_BYTES) this.#confirm();
    return super.hear(type, body);
  }

  /** With a confirmation each time: the one before may have been lost. */
  protected override answerPing(): void {
    this.#confirm();
    super.answerPing();
  }

  protected override destroy(): void {
    this.#pending = [];
    if (!this.#isEnded) this.#sealAndPublish([{ type: FRAME.close, body: NOTHING }]);
    this.#isEnded = true;
    this.#options.onDestroy();
  }

  protected override async finish(): Promise<void> {
    this.flush();
    this.#isEnded = true;
    await this.#options.flush();
  }

  /** As many frames as fit a letter. */
  #fill(from: number): Frame[] {
    let room = this.#options.letterBytesMax() - LETTER_BYTES - COUNT_BYTES;
    let end = from;
    for (; end < this.#pending.length; end += 1) {
      room -= FRAME_HEADER_BYTES + (this.#pending[end]?.body.length ?? 0);
      if (room < 0) break;
    }
    return this.#pending.slice(from, end);
  }

  #sealAndPublish(frames: readonly Frame[]): boolean {
    const count = Buffer.allocUnsafe(COUNT_BYTES);
    count.writeUInt32BE(this.#sealedFrames % COUNT_MODULUS);
    const parts = frames.flatMap(({ type, body }) => [encodeHeader(type, body.length), body]);
    const letter = this.#options.seal.sending.seal([count, ...parts]);
    const isPing = frames.some(({ type }) => type === FRAME.ping);
    if (!this.#options.publish(letter, isPing)) return false;
    for (const { type } of frames) if (!isOfLink(type)) this.#sealedFrames += 1;
    return true;
  }

  #confirm(): void {
    const body = Buffer.alloc(CONFIRMATION_BYTES);
    body.writeBigUInt64BE(BigInt(this.#readBytes));
    if (this.send(FRAME.ack, body)) this.#toldBytes = this.#readBytes;
  }

  #hearConfirmation(body: Buffer): void {
    if (body.length !== CONFIRMATION_BYTES) return this.close("not a confirmation");
    this.#confirmedBytes = Math.min(this.#sentBytes, Number(body.readBigUInt64BE()));
    if (!this.isFull) this.release();
  }
}
