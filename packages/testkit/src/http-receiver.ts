/** Whoever gets a webhook: a real HTTP server, which a test makes answer well, badly, slowly or not at all. */
import { once } from "node:events";
import {
  createServer,
  type IncomingHttpHeaders,
  type RequestListener,
  type Server,
  type ServerResponse,
} from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo } from "node:net";

export interface ReceivedRequest {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** A certificate and its key, as PEM. */
export interface TlsIdentity {
  readonly cert: string;
  readonly key: string;
}

export interface HttpReceiverOptions {
  readonly host?: string;
  /** Absent: HTTP without TLS. */
  readonly tls?: TlsIdentity;
}

/** Answers one request, or leaves it without an answer. */
export type Answer = (response: ServerResponse, request: ReceivedRequest) => void;

const WELL: Answer = (response) => void response.writeHead(204).end();

export class HttpReceiver implements AsyncDisposable {
  readonly requests: ReceivedRequest[] = [];
  /** Of the requests from now on. */
  answer: Answer = WELL;
  readonly #server: Server;

  private constructor(tls: TlsIdentity | undefined) {
    const listener: RequestListener = (request, response) => {
      const chunks: Buffer[] = [];
      request.on("data", (chunk: Buffer) => chunks.push(chunk));
      request.on("end", () => {
        const { url = "", headers } = request;
        const received = { path: url, headers, body: Buffer.concat(chunks).toString("utf8") };
        this.requests.push(received);
        this.answer(response, received);
      });
    };
    this.#server = tls === undefined ? createServer(listener) : createTlsServer(tls, listener);
  }

  static async start({ host = "127.0.0.1", tls }: HttpReceiverOptions = {}): Promise<HttpReceiver> {
    const receiver = new HttpReceiver(tls);
    receiver.#server.listen(0, host);
    await once(receiver.#server, "listening");
    return receiver;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, "close");
  }
}
