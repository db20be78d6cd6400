/** A reverse proxy that has Mesher under a path of its own, among other things: what nginx does with a `location`. */
import { once } from "node:events";
import { createServer, type IncomingMessage, request as send } from "node:http";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";

export interface PathProxyOptions {
  /** Without a slash at its end: `/tools/mesher`. */
  readonly prefix: string;
  /** Whether the prefix is taken off on the way. */
  readonly strips: boolean;
  readonly port: number;
}

export class PathProxy implements AsyncDisposable {
  readonly #server = createServer();
  readonly #sockets = new Set<Duplex>();

  static async inFrontOf(target: URL, options: PathProxyOptions): Promise<PathProxy> {
    const proxy = new PathProxy(target, options);
    await once(proxy.#server.listen(options.port, "127.0.0.1"), "listening");
    return proxy;
  }

  private constructor(target: URL, { prefix, strips }: PathProxyOptions) {
    const optionsOf = ({ url = "/", method, headers }: IncomingMessage) => ({
      host: target.hostname,
      port: target.port,
      method,
      headers,
      path: strips ? url.slice(prefix.length) || "/" : url,
    });
    this.#server.on("connection", (socket) => this.#sockets.add(socket));
    this.#server.on("request", (request, response) => {
      if (request.url?.startsWith(prefix) !== true) return response.writeHead(418).end("another tenant of this host");
      const forwarded = send(optionsOf(request), (answer) => {
        response.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(response);
      });
      forwarded.on("error", () => response.destroy());
      return request.pipe(forwarded);
    });
    this.#server.on("upgrade", (request: IncomingMessage, socket: Duplex) => {
      const forwarded = send(optionsOf(request));
      forwarded.on("error", () => socket.destroy());
      forwarded.on("upgrade", (answer, far, first) => {
        const lines = Object.entries(answer.headers).map(([name, value]) => `${name}: ${String(value)}`);
        socket.write(["HTTP/1.1 101 Switching Protocols", ...lines, "", ""].join("\r\n"));
        // The server may have said something in the same breath.
        socket.write(first);
        far.pipe(socket).pipe(far);
        for (const end of [far, socket]) end.on("error", () => (far.destroy(), socket.destroy()));
      });
      forwarded.end();
    });
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
    await once(this.#server, "close");
  }
}
