/**
 * What two nodes say to each other, as bytes: `[u32 length][u8 type][body]`, where the length counts type and body.
 * A length is judged as soon as it is known, before anything is kept for it.
 */

/** `ack` and `close` are of links that have no connection of their own to tell it. */
export const FRAME = {
  hello: 1,
  welcome: 2,
  refuse: 3,
  peers: 4,
  ping: 5,
  pong: 6,
  leave: 7,
  ack: 8,
  close: 9,
  packet: 16,
} as const;

/** Says something of the link itself: a few bytes, and when they are lost they are said again. */
export function isOfLink(type: number): boolean {
  return type === FRAME.ping || type === FRAME.pong || type === FRAME.ack || type === FRAME.close;
}

/** The bytes are not frames, or one is too long. Whoever sent them is not spoken to any more. */
export class FrameError extends Error {
  override readonly name = "FrameError";
}

const LENGTH_BYTES = 4;
export const FRAME_HEADER_BYTES = LENGTH_BYTES + 1;

export function encodeHeader(type: number, bodyBytes: number): Buffer {
  const header = Buffer.allocUnsafe(FRAME_HEADER_BYTES);
  header.writeUInt32BE(bodyBytes + 1, 0);
  header[LENGTH_BYTES] = type;
  return header;
}

export type FrameListener = (type: number, body: Buffer) => void;

/** Finds the frames in a stream of chunks that are cut anywhere. */
export class FrameReader {
  /** Longest frame that is taken, type and body. May be raised between frames. */
  frameBytesMax: number;
  #chunks: Buffer[] = [];
  #bytes = 0;
  /** How many bytes there must be before it is worth looking again. */
  #wanted = LENGTH_BYTES;

  constructor(frameBytesMax: number) {
    this.frameBytesMax = frameBytesMax;
  }

  /** Hands out every frame that is complete now. Throws a `FrameError`; then the stream is of no further use. */
  read(chunk: Buffer, onFrame: FrameListener): void {
    this.#chunks.push(chunk);
    this.#bytes += chunk.length;
    if (this.#bytes < this.#wanted && this.#wanted > LENGTH_BYTES) return;
    const data = this.#chunks.length === 1 ? chunk : Buffer.concat(this.#chunks, this.#bytes);
    const rest = this.#readAll(data, onFrame);
    this.#chunks = rest.length === 0 ? [] : [rest];
    this.#bytes = rest.length;
  }

  #readAll(data: Buffer, onFrame: FrameListener): Buffer {
    let at = 0;
    while (data.length - at >= LENGTH_BYTES) {
      const length = data.readUInt32BE(at);
      if (length === 0) throw new FrameError("frame without a type");
      if (length > this.frameBytesMax)
        throw new FrameError(`frame of ${length} bytes; ${this.frameBytesMax} are allowed`);
      const end = at + LENGTH_BYTES + length;
      if (end > data.length) {
        this.#wanted = end - at;
        return data.subarray(at);
      }
      onFrame(data[at + LENGTH_BYTES] ?? 0, data.subarray(at + FRAME_HEADER_BYTES, end));
      at = end;
    }
    this.#wanted = LENGTH_BYTES;
    return data.subarray(at);
  }
}
