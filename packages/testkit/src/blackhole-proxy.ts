import { once } from "node:events";
import { type AddressInfo, connect, createServer, type NetConnectOpts, type Server, type Socket } from "node:net";

type State = "passing" | "silent" | "cut";

const POSTGRES_PORT = 5432;

/**
 * Stands in front of a database and can stop passing anything on without closing, which is what a dead
 * peer or a lost route looks like from the other side.
 */
export class BlackholeProxy implements AsyncDisposable {
  /** Of the database, through the proxy. */
  readonly url: string;
  readonly #server: Server;
  readonly #target: NetConnectOpts;
  readonly #links = new Set<Link>();
  #state: State = "passing";

  /** `databaseUrl` may point to a TCP port or, by its parameter `host`, to a folder with a Unix socket. */
  static async inFrontOf(databaseUrl: string): Promise<BlackholeProxy> {
    const server = createServer({ pauseOnConnect: true });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    return new BlackholeProxy(databaseUrl, server);
  }

  private constructor(databaseUrl: string, server: Server) {
    this.url = throughPort(databaseUrl, (server.address() as AddressInfo).port);
    this.#target = targetOf(databaseUrl);
    this.#server = server;
    server.on("connection", (client: Socket) => this.#accept(client));
  }

  /** From now on nothing passes and nothing closes. New connections are taken and never answered. */
  goSilent(): void {
    this.#state = "silent";
    for (const link of this.#links) link.pause();
  }

  /** Closes all connections, and new ones at once. */
  cut(): void {
    this.#state = "cut";
    for (const link of this.#links) link.destroy();
  }

  /** Passes on again, what was held back first. */
  heal(): void {
    this.#state = "passing";
    for (const link of this.#links) link.resume();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.cut();
    this.#server.close();
    await once(this.#server, "close");
  }

  #accept(client: Socket): void {
    if (this.#state === "cut") {
      client.destroy();
      return;
    }
    const link = new Link(client, this.#target, () => this.#links.delete(link));
    this.#links.add(link);
    if (this.#state === "passing") link.resume();
  }
}

/** One connection through the proxy. Starts paused. */
class Link {
  readonly #client: Socket;
  readonly #target: NetConnectOpts;
  readonly #onEnd: () => void;
  #upstream: Socket | undefined;
  #isPassing = false;
  #hasEnded = false;

  constructor(client: Socket, target: NetConnectOpts, onEnd: () => void) {
    this.#client = client;
    this.#target = target;
    this.#onEnd = onEnd;
    this.#watch(client);
  }

  resume(): void {
    this.#isPassing = true;
    if (this.#hasEnded) {
      this.destroy();
      return;
    }
    this.#upstream ??= this.#connectUpstream();
    this.#client.resume();
    this.#upstream.resume();
  }

  /** The news that one side has closed does not pass either. */
  pause(): void {
    this.#isPassing = false;
    this.#client.pause();
    this.#upstream?.pause();
  }

  destroy(): void {
    this.#client.destroy();
    this.#upstream?.destroy();
    this.#onEnd();
  }

  #connectUpstream(): Socket {
    const upstream = connect(this.#target);
    this.#watch(upstream);
    this.#client.on("data", (chunk) => upstream.write(chunk));
    upstream.on("data", (chunk) => this.#client.write(chunk));
    return upstream;
  }

  #watch(socket: Socket): void {
    // An error is followed by `close`, and what it means for the other side is the same.
    socket.on("error", () => undefined);
    socket.on("close", () => {
      this.#hasEnded = true;
      if (this.#isPassing) this.destroy();
    });
  }
}

function targetOf(databaseUrl: string): NetConnectOpts {
  const { hostname, port, searchParams } = new URL(databaseUrl);
  const socketDir = searchParams.get("host");
  const portNumber = Number(searchParams.get("port") ?? (port || POSTGRES_PORT));
  return socketDir?.startsWith("/")
    ? { path: `${socketDir}/.s.PGSQL.${portNumber}` }
    : { host: socketDir ?? hostname, port: portNumber };
}

function throughPort(databaseUrl: string, proxyPort: number): string {
  const url = new URL(databaseUrl);
  url.searchParams.delete("host");
  url.searchParams.delete("port");
  url.hostname = "127.0.0.1";
  url.port = String(proxyPort);
  return url.href;
}
