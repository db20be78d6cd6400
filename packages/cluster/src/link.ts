/** A link over one encrypted connection. */
import type { TLSSocket } from "node:tls";
import { encodeHeader } from "./frame.ts";
import { type LinkOptions, PeerLink } from "./peer-link.ts";

/** Shorter bodies are copied together: a stream takes longer for a write of its own than that takes. */
const COPIED_BYTES_MAX = 8 * 1024;

export class Link extends PeerLink {
  readonly #socket: TLSSocket;
  #isCorked = false;
  /** Headers and bodies that are written as one. */
  #gathered: Buffer[] = [];
  #gatheredBytes = 0;

  constructor(socket: TLSSocket, options: LinkOptions) {
    super(options);
    this.#socket = socket;
    socket.setNoDelay(true);
    socket.on("data", (chunk: Buffer) => this.read(chunk));
    socket.on("drain", () => this.release());
    socket.on("error", (error: Error) => this.close(error.message));
    socket.on("close", () => this.close("the connection was closed"));
  }

  /** Bytes that the network has not taken. */
  override get queuedBytes(): number {
    return this.#socket.writableLength + this.#gatheredBytes;
  }

  /** IP address and port of the other end. */
  override get remoteAddress(): string {
    return `${this.#socket.remoteAddress ?? "?"}:${this.#socket.remotePort ?? "?"}`;
  }

  protected override get isFull(): boolean {
    // Without a need to drain there will be no event to wait for.
    return super.isFull && this.#socket.writableNeedDrain;
  }

  protected override write(type: number, body: Buffer): void {
    this.#cork();
    this.#gather(encodeHeader(type, body.length));
    if (body.length <= COPIED_BYTES_MAX) return this.#gather(body);
    this.#flush();
    this.#socket.write(body);
  }

  protected override destroy(): void {
    this.#socket.destroy();
  }

  protected override async finish(): Promise<void> {
    this.#flush();
    await new Promise<void>((resolve) => {
      this.#socket.once("close", () => resolve());
      this.#socket.end();
    });
  }

  #gather(bytes: Buffer): void {
    this.#gathered.push(bytes);
    this.#gatheredBytes += bytes.length;
  }

  /** What is written in one turn of the event loop goes out together, as few TLS records. */
  #cork(): void {
    if (this.#isCorked) return;
    this.#isCorked = true;
    this.#socket.cork();
    process.nextTick(() => {
      this.#isCorked = false;
      this.#flush();
      this.#socket.uncork();
    });
  }

  #flush(): void {
    if (this.#gathered.length === 0 || !this.isOpen) return;
    const bytes = Buffer.concat(this.#gathered, this.#gatheredBytes);
    this.#gathered = [];
    this.#gatheredBytes = 0;
    this.#socket.write(bytes);
  }
}
