/** A simulated network for real meshes: connections that are slow, cut, silent or half-open, and machines that fail. */
import { EventEmitter } from "node:events";
import type { Server, TLSSocket } from "node:tls";
import { type Actor, Scheduler } from "./test-scheduler.ts";
import type { World } from "./world.ts";

/** `cut`: connections break and cannot be made. `silent`: what is sent arrives after it has healed, if then. */
export type Route = "passes" | "cut" | "silent";

const LATENCY_MS_MAX = 40;

/** After a silence the other end tries again only now and then. */
const RETRANSMISSION_MS_MAX = 3_000;

export class SimulatedNetwork {
  readonly scheduler: Scheduler;
  /** By machine; a machine is a host name, and runs one process. */
  readonly #servers = new Map<string, SimulatedServer>();
  readonly #sockets = new Set<SimulatedSocket>();
  readonly #routes = new Map<string, Route>();
  #held: (() => unknown)[] = [];

  constructor(seed: number) {
    this.scheduler = new Scheduler(seed);
  }

  /** The world as a new process on that machine has it. */
  boot(machine: string): { world: World; actor: SimulatedProcess } {
    const actor: SimulatedProcess = { machine, isGone: false, frozenUntilMs: 0 };
    const { scheduler } = this;
    const world: World = {
      nowMs: () => scheduler.nowMs,
      random: scheduler.random,
      after: (waitMs, run) => scheduler.after(waitMs, run, actor),
      connect: ({ host = "" }) => this.#connect(actor, host) as unknown as TLSSocket,
      createServer: (_, onConnection) => {
        const server = new SimulatedServer(
          actor,
          onConnection as unknown as (socket: SimulatedSocket) => void,
          this.#servers,
        );
        return server as unknown as Server;
      },
    };
    return { world, actor };
  }

  route(from: string, to: string): Route {
    return this.#routes.get(`${from}>${to}`) ?? "passes";
  }

  /** One direction only; a connection is cut if either is. */
  setRoute(from: string, to: string, route: Route): void {
    this.#routes.set(`${from}>${to}`, route);
    if (route === "cut")
      for (const socket of this.#sockets) if (socket.from === from && socket.to === to) socket.reset();
  }

  heal(): void {
    this.#routes.clear();
    const held = this.#held;
    this.#held = [];
    for (const again of held) again();
  }

  /** `kill`: its connections are closed for it. `vanish`: as by a loss of power, nobody is told. */
  end(actor: SimulatedProcess, how: "kill" | "vanish"): void {
    actor.isGone = true;
    if (this.#servers.get(actor.machine)?.actor === actor) this.#servers.delete(actor.machine);
    for (const socket of this.#sockets) if (socket.actor === actor && how === "kill") socket.hangUp();
  }

  /** Ends of connections that are open in living processes. */
  openSockets(): SimulatedSocket[] {
    return [...this.#sockets].filter(({ isClosed, actor }) => !isClosed && !actor.isGone);
  }

  isUp(machine: string): boolean {
    return this.#servers.has(machine);
  }

  /** Whatever cannot pass now is tried again when the network has healed. */
  hold(again: () => unknown): void {
    this.#held.push(again);
  }

  latencyMs(): number {
    return this.scheduler.between(1, LATENCY_MS_MAX);
  }

  forget(socket: SimulatedSocket): void {
    this.#sockets.delete(socket);
  }

  #connect(actor: SimulatedProcess, host: string): SimulatedSocket {
    const client = new SimulatedSocket(this, actor, actor.machine, host);
    this.#sockets.add(client);
    this.#reach(client);
    return client;
  }

  #reach(client: SimulatedSocket): void {
    const { scheduler } = this;
    scheduler.after(2 * this.latencyMs(), () => {
      const routes = [this.route(client.from, client.to), this.route(client.to, client.from)];
      if (client.isClosed || client.actor.isGone) return;
      if (routes.includes("silent")) return this.hold(() => this.#reach(client));
      const server = this.#servers.get(client.to);
      if (routes.includes("cut") || server === undefined) {
        scheduler.after(1, () => client.fail("ECONNREFUSED"), client.actor);
        return undefined;
      }
      const accepted = new SimulatedSocket(this, server.actor, client.to, client.from);
      this.#sockets.add(accepted);
      client.other = accepted;
      accepted.other = client;
      accepted.transmit("connected");
      scheduler.after(0, () => accepted.isClosed || server.onConnection(accepted), server.actor);
      return undefined;
    });
  }
}

export interface SimulatedProcess extends Actor {
  readonly machine: string;
}

class SimulatedServer extends EventEmitter {
  readonly actor: SimulatedProcess;
  readonly onConnection: (socket: SimulatedSocket) => void;
  maxConnections = 0;
  readonly #servers: Map<string, SimulatedServer>;

  constructor(
    actor: SimulatedProcess,
    onConnection: (socket: SimulatedSocket) => void,
    servers: Map<string, SimulatedServer>,
  ) {
    super();
    this.actor = actor;
    this.onConnection = onConnection;
    this.#servers = servers;
  }

  listen(): void {
    this.#servers.set(this.actor.machine, this);
    process.nextTick(() => this.emit("listening"));
  }

  address(): { port: number } {
    return { port: 1 };
  }

  close(): void {
    if (this.#servers.get(this.actor.machine) === this) this.#servers.delete(this.actor.machine);
    process.nextTick(() => this.emit("close"));
  }
}

/** One end of a connection, as much of a `TLSSocket` as a `Link` and a handshake use. */
export class SimulatedSocket extends EventEmitter {
  readonly actor: SimulatedProcess;
  readonly from: string;
  readonly to: string;
  other: SimulatedSocket | undefined;
  isClosed = false;
  /** When anything arrived last. */
  heardAtMs: number;
  readonly writableLength = 0;
  readonly writableNeedDrain = false;
  readonly remotePort = 1;
  readonly #network: SimulatedNetwork;
  #corked: Buffer[] | undefined;
  readonly #underWay: { readonly what: Buffer | "fin" | "connected"; readonly atMs: number }[] = [];
  #lastAtMs = 0;
  #isHeld = false;
  /** What it sent and has not arrived is lost with it. */
  #isCutOff = false;

  constructor(network: SimulatedNetwork, actor: SimulatedProcess, from: string, to: string) {
    super();
    this.#network = network;
    this.actor = actor;
    this.from = from;
    this.to = to;
    this.heardAtMs = network.scheduler.nowMs;
  }

  get remoteAddress(): string {
    return this.to;
  }

  setNoDelay(): void {}

  cork(): void {
    this.#corked ??= [];
  }

  uncork(): void {
    const chunks = this.#corked ?? [];
    this.#corked = undefined;
    if (chunks.length > 0) this.write(Buffer.concat(chunks));
  }

  write(chunk: Buffer): boolean {
    if (this.#corked !== undefined) this.#corked.push(chunk);
    else if (!this.isClosed) this.transmit(chunk);
    return true;
  }

  end(): void {
    this.uncork();
    if (!this.isClosed) this.transmit("fin");
  }

  destroy(): void {
    if (this.isClosed) return;
    this.#isCutOff = this.#network.scheduler.chance(0.3);
    this.hangUp();
  }

  /** Closes this end and tells the other, as the system does for a process that is gone. */
  hangUp(): void {
    if (this.isClosed) return;
    this.transmit("fin");
    this.#close();
  }

  fail(code: string): void {
    if (this.isClosed) return;
    this.#close();
    this.emit("error", Object.assign(new Error(code), { code }));
  }

  /** Both ends find out, each in its time. */
  reset(): void {
    const { scheduler } = this.#network;
    for (const end of [this, this.other]) {
      if (end === undefined) continue;
      end.#isCutOff = true;
      scheduler.after(this.#network.latencyMs(), () => end.fail("ECONNRESET"), end.actor);
    }
  }

  /** In order: what is sent later arrives later. */
  transmit(what: Buffer | "fin" | "connected"): void {
    const { scheduler } = this.#network;
    this.#lastAtMs = Math.max(this.#lastAtMs, scheduler.nowMs + this.#network.latencyMs());
    this.#underWay.push({ what, atMs: this.#lastAtMs });
    scheduler.after(this.#lastAtMs - scheduler.nowMs, () => this.#arrive());
  }

  #arrive(): void {
    const { scheduler } = this.#network;
    while (!this.#isHeld && this.#underWay[0] !== undefined && this.#underWay[0].atMs <= scheduler.nowMs) {
      const route = this.#network.route(this.from, this.to);
      if (route === "cut") return;
      if (route === "silent") {
        this.#isHeld = true;
        return this.#network.hold(() =>
          scheduler.after(scheduler.between(0, RETRANSMISSION_MS_MAX), () => {
            this.#isHeld = false;
            this.#arrive();
          }),
        );
      }
      const [next] = this.#underWay.splice(0, 1);
      if (next !== undefined) this.#handOver(next.what);
    }
  }

  #handOver(what: Buffer | "fin" | "connected"): void {
    const { other } = this;
    if (other === undefined || (this.#isCutOff && what !== "fin")) return;
    if (!other.isClosed && !other.actor.isGone) {
      // Its process may be frozen; then this waits for it, in order.
      this.#network.scheduler.after(0, () => other.#take(what), other.actor);
      return;
    }
    // Its machine knows nothing of the connection, if there is anybody to say so; many a firewall does not let it.
    const isAnswered = other.isClosed || this.#network.isUp(this.to);
    if (what !== "fin" && isAnswered && this.#network.scheduler.chance(0.5))
      this.#network.scheduler.after(this.#network.latencyMs(), () => this.fail("ECONNRESET"), this.actor);
  }

  #take(what: Buffer | "fin" | "connected"): void {
    if (this.isClosed) return;
    this.heardAtMs = this.#network.scheduler.nowMs;
    if (what === "fin") this.hangUp();
    else if (what === "connected") this.emit("secureConnect");
    else {
      const at = this.#network.scheduler.chance(0.2) ? this.#network.scheduler.between(0, what.length) : 0;
      if (at > 0) this.emit("data", what.subarray(0, at));
      this.emit("data", what.subarray(at));
    }
  }

  #close(): void {
    this.isClosed = true;
    this.#network.forget(this);
    process.nextTick(() => this.emit("close"));
  }
}
