/**
 * A round-robin balancer of TCP connections, as plain as one can be: a connection goes to the next server that takes it. It knows
 * nothing of HTTP, so WebSockets pass as well, and it never answers for a server.
 */
import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";

/** How long a server may take to accept a connection before the next one is tried. */
const CONNECT_MS_MAX = 1_000;

export interface BalancerTarget {
  /** Default: this machine. */
  readonly host?: string;
  readonly port: number;
}

export class Balancer implements AsyncDisposable {
  readonly port: number;
  /** In turn. */
  readonly #targets: readonly BalancerTarget[];
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #turn = 0;

  static async start(targets: readonly BalancerTarget[], port = 0): Promise<Balancer> {
    const server = createServer({ pauseOnConnect: true });
    server.listen(port, "127.0.0.1");
    await once(server, "listening");
    return new Balancer(server, targets);
  }

  private constructor(server: Server, targets: readonly BalancerTarget[]) {
    this.#server = server;
    this.port = (server.address() as AddressInfo).port;
    this.#targets = targets;
    server.on("connection", (client) => void this.#accept(client));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
    if (this.#server.listening) await once(this.#server, "close");
  }

  async #accept(client: Socket): Promise<void> {
    this.#keep(client);
    for (let attempt = 0; attempt < this.#targets.length; attempt += 1) {
      this.#turn = (this.#turn + 1) % this.#targets.length;
      const target = this.#targets[this.#turn];
      const server = target === undefined ? undefined : await connectTo(target);
      if (server === undefined) continue;
      this.#keep(server);
      // An end is passed on as an end, a break as a break.
      client.pipe(server);
      server.pipe(client);
      client.once("close", () => server.destroy());
      server.once("close", () => client.destroySoon());
      client.resume();
      return;
    }
    client.destroy();
  }

  #keep(socket: Socket): void {
    this.#sockets.add(socket);
    // Whoever is at the other end notices for itself.
    socket.on("error", () => undefined);
    socket.once("close", () => this.#sockets.delete(socket));
  }
}

function connectTo({ host = "127.0.0.1", port }: BalancerTarget): Promise<Socket | undefined> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, noDelay: true });
    const give = (found: Socket | undefined) => {
      clearTimeout(overdue);
      socket.off("error", fail);
      if (found === undefined) socket.destroy();
      resolve(found);
    };
    const fail = () => give(undefined);
    const overdue = setTimeout(fail, CONNECT_MS_MAX);
    socket.once("error", fail);
    socket.once("connect", () => give(socket));
  });
}
