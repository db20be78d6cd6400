/** A port for WebSockets only. Who may connect to what is decided by whoever takes the upgrades. */
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { Log } from "../log.ts";
import type { Service } from "../service.ts";
import type { UpgradeListener } from "./offer-upgrades.ts";

const HEADERS_MS_MAX = 15_000;

export interface SocketPortOptions {
  readonly host: string;
  readonly port: number;
  /** Takes or refuses every upgrade. */
  readonly upgrade: UpgradeListener;
  readonly log: Log;
}

export class SocketPort implements Service {
  readonly name = "WebSocket server";
  readonly #options: SocketPortOptions;
  readonly #server: Server;

  constructor(options: SocketPortOptions) {
    this.#options = options;
    this.#server = createServer({ headersTimeout: HEADERS_MS_MAX }, (_request, response) => {
      const body = JSON.stringify({ error: "this port speaks WebSocket only", code: "upgrade_required" });
      response.writeHead(426, { upgrade: "websocket", "content-type": "application/json" }).end(body);
    });
    this.#server.on("upgrade", options.upgrade);
  }

  async start(): Promise<void> {
    const { host, port, log } = this.#options;
    await new Promise<void>((resolve, reject) => {
      this.#server.once("error", reject);
      this.#server.listen(port, host, () => {
        this.#server.off("error", reject);
        resolve();
      });
    });
    log.info(`WebSocket server starting on :${(this.#server.address() as AddressInfo).port}`);
  }

  /** Takes no new connection. Those that were upgraded are closed by who took them, before. */
  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}
