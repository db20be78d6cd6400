/** Every pair of nodes has a TLS connection of its own. */
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import type { Server } from "node:tls";
import { createAcceptor, dial, type HandshakeOptions } from "./handshake.ts";
import { type NodeName, withPort } from "./node-name.ts";
import type { Acceptor, DialTarget, TransportStatus, Wire } from "./wire.ts";

export interface TlsWireOptions extends HandshakeOptions {
  /** Address to listen on. Default: the host of the name if that is this machine only, else all. */
  readonly bindHost?: string;
}

export class TlsWire implements Wire {
  readonly status: TransportStatus = { kind: "mesh" };
  readonly #options: TlsWireOptions;
  #server: Server | undefined;

  constructor(options: TlsWireOptions) {
    this.#options = options;
  }

  get bodyBytesMax(): number {
    return this.#options.frameBytesMax - 1;
  }

  async listen(node: NodeName, acceptor: Acceptor): Promise<NodeName> {
    const server = createAcceptor({ ...this.#options, ...acceptor });
    server.listen(node.port, this.#options.bindHost ?? loopbackOf(node.host));
    await once(server, "listening");
    this.#server = server;
    return withPort(node, (server.address() as AddressInfo).port);
  }

  /** Nobody listens for news of strangers here: peers are dialled. */
  announce(): void {}

  async dial(target: DialTarget): Promise<void> {
    await dial({ ...this.#options, ...target });
  }

  async close(): Promise<void> {
    if (this.#server === undefined) return;
    const closed = once(this.#server, "close");
    this.#server.close();
    await closed;
  }
}

/** A node whose name only this machine can reach listens where only this machine can reach it. */
function loopbackOf(host: string): string | undefined {
  if (host === "localhost") return "127.0.0.1";
  return /^127\.|^::1$/.test(host) ? host : undefined;
}
