/** A link over one encrypted connection. */
import type { TLSSocket } from "node:tls";
import { encodeHeader } from "./frame.ts";
import { type LinkOptions, PeerLink } from "./peer-link.ts";

export class Link extends PeerLink {
  readonly #socket: TLSSocket;
  #isCorked = false;

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
    return this.#socket.writableLength;
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
    this.#socket.write(encodeHeader(type, body.length));
    if (body.length > 0) this.#socket.write(body);
  }

  protected override destroy(): void {
    this.#socket.destroy();
  }

  protected override async finish(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#socket.once("close", () => resolve());
      this.#socket.end();
    });
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
}
