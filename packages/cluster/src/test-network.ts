/** A network between nodes of this machine that can be split and healed: a relay stands in front of every node. */
import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";

/** What becomes of connections between two sides of a split: closed, or kept and never served, as by a dead route. */
export type SplitKind = "cut" | "silent";

export class TestNetwork implements AsyncDisposable {
  readonly #relays: Relay[] = [];
  #sides: readonly (readonly string[])[] = [];
  #kind: SplitKind = "cut";

  /** A name for a node, and where it has to listen to be reached by it. */
  async place(name: string): Promise<{ name: string; bindHost: string }> {
    const relay = await Relay.listen(name, (from, to) => this.#passes(from, to));
    this.#relays.push(relay);
    return { name: relay.name, bindHost: relay.targetHost };
  }

  /** Nodes hear only those of their own side. Who is on none is cut off from all. */
  split(kind: SplitKind, ...sides: readonly (readonly string[])[]): void {
    this.#kind = kind;
    this.#sides = sides;
    for (const relay of this.#relays) relay.apply();
  }

  heal(): void {
    this.#sides = [];
    for (const relay of this.#relays) relay.apply();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#relays.map((relay) => relay.close()));
  }

  #passes(from: string, to: string): SplitKind | "passes" {
    if (this.#sides.length === 0 || this.#sides.some((side) => side.includes(from) && side.includes(to)))
      return "passes";
    return this.#kind;
  }
}

class Relay {
  readonly name: string;
  readonly targetHost = "127.0.0.2";
  readonly #server: Server;
  readonly #passes: (from: string, to: string) => SplitKind | "passes";
  readonly #pairs = new Set<{ from: string; client: Socket; target: Socket }>();

  static async listen(name: string, passes: (from: string, to: string) => SplitKind | "passes"): Promise<Relay> {
    const server = createServer();
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    return new Relay(name, server, passes);
  }

  private constructor(name: string, server: Server, passes: (from: string, to: string) => SplitKind | "passes") {
    const { port } = server.address() as AddressInfo;
    this.name = `${name}@127.0.0.1:${port}`;
    this.#server = server;
    this.#passes = passes;
    server.on("connection", (client: Socket) => {
      client.on("error", () => client.destroy());
      // The first thing a dialling node says names it, in the clear.
      client.once("data", (first: Buffer) => {
        const from = /[0-9a-f]{12}\|([\w@.:-]+)>/.exec(first.toString("latin1"))?.[1] ?? "";
        this.#relay(from, client, first, port);
      });
    });
  }

  apply(): void {
    for (const pair of this.#pairs) {
      const fate = this.#passes(pair.from, this.name);
      for (const socket of [pair.client, pair.target]) {
        if (fate === "cut") socket.destroy();
        else if (fate === "silent") socket.pause();
        else socket.resume();
      }
    }
  }

  async close(): Promise<void> {
    for (const { client, target } of this.#pairs) {
      client.destroy();
      target.destroy();
    }
    this.#server.close();
    await once(this.#server, "close");
  }

  #relay(from: string, client: Socket, first: Buffer, port: number): void {
    const target = connect({ port, host: this.targetHost, allowHalfOpen: false });
    const pair = { from, client, target };
    this.#pairs.add(pair);
    for (const [one, other] of [
      [client, target],
      [target, client],
    ] as const) {
      one.on("error", () => undefined);
      one.on("data", (chunk) => other.write(chunk));
      one.on("close", () => {
        // Over a dead route the news of the end does not come through either.
        if (this.#passes(from, this.name) !== "silent") other.destroy();
        this.#pairs.delete(pair);
      });
    }
    target.write(first);
    this.apply();
  }
}
