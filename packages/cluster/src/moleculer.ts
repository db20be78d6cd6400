/**
 * The engine: the registry of nodes and broadcasts are Moleculer's.
 * Every name of Moleculer that is not of its public interface is used in this file only, and looked for at start.
 */
import { randomBytes } from "node:crypto";
import { ServiceBroker, Transporters } from "moleculer";
import type { Mesh } from "./mesh.ts";

export interface EngineListener {
  onUp(node: string): void;
  onDown(node: string): void;
  onBroadcast(from: string, kind: string, body: unknown): void;
  /** A broadcast that no frame holds: no peer hears it. */
  onTooLong(bytes: number, bytesMax: number): void;
}

/** By their numbers on the wire, after those of requests: append only. Moleculer's own requests are nobody's. */
const COMMAND_FIRST = 2;
const COMMANDS = ["EVENT", "DISCOVER", "INFO", "DISCONNECT", "HEARTBEAT", "PING", "PONG"];

const SERVICE = "mesher";
const BROADCAST = `${SERVICE}.broadcast`;

interface Packet {
  readonly type: string;
  readonly target: string | null;
}

/**
 * What of a packet is used at the other end, if not all: traces, levels and what is empty take longer to write and read than a
 * message of a kilobyte.
 */
const USED: Readonly<Record<string, (payload: Record<string, unknown>) => object>> = {
  EVENT: ({ id, event, data, groups, broadcast }) => ({ id, event, data, groups, broadcast }),
};

const SENT = Promise.resolve();

/** What is not in Moleculer's types. */
interface Internals {
  readonly registry: {
    readonly nodes: { disconnected(node: string, isUnexpected: boolean): void };
    readonly discoverer: { sendLocalNodeInfo(node?: string): Promise<unknown> };
  };
}

export class Engine {
  /** Broadcasts are numbered, and those of each life are its own. */
  readonly #life = `${randomBytes(6).toString("base64url")}.`;
  #lastId = 0;
  readonly #broker: ServiceBroker;
  readonly #transporter: MeshTransporter;

  constructor(mesh: Mesh, listener: EngineListener) {
    this.#transporter = new MeshTransporter(mesh, listener);
    this.#broker = new ServiceBroker({
      nodeID: mesh.node.full,
      transporter: this.#transporter,
      logger: false,
      uidGenerator: () => {
        this.#lastId += 1;
        return this.#life + this.#lastId;
      },
      // Signals are the program's.
      skipProcessEventRegistration: true,
      // The mesh knows better who is alive.
      heartbeatInterval: 0,
      contextParamsCloning: false,
      registry: { preferLocal: false, stopDelay: 0 },
      internalServices: false,
    });
    const { localBus } = this.#broker;
    // Before the start, or the first peers are missed.
    localBus.on("$node.connected", ({ node }: { node: { id: string } }) => listener.onUp(node.id));
    localBus.on("$node.disconnected", ({ node }: { node: { id: string } }) => listener.onDown(node.id));
    this.#broker.createService({
      name: SERVICE,
      events: {
        [BROADCAST]: (context) => {
          const from = context.nodeID;
          if (from === null || from === this.#broker.nodeID) return;
          const { kind, body } = context.params as { kind: string; body: unknown };
          listener.onBroadcast(from, kind, body);
        },
      },
    });
  }

  async start(): Promise<void> {
    assertInternals(this.#broker);
    await this.#broker.start();
  }

  async stop(): Promise<void> {
    await this.#broker.stop();
  }

  /** To every peer, once; waits for none. A peer that does not take it misses it. */
  broadcast(kind: string, body: unknown): void {
    void this.#broker.broadcast(BROADCAST, { kind, body });
  }

  /** There is a session with the node: tells it what this one can do, whereupon it is up there. */
  introduceTo(node: string): void {
    void internalsOf(this.#broker).registry.discoverer.sendLocalNodeInfo(node);
  }

  /** The session is gone: the node is down, and what was asked of it is answered with an error. */
  forget(node: string): void {
    internalsOf(this.#broker).registry.nodes.disconnected(node, true);
  }

  /** A packet that came over a session. What it throws ends the session. */
  hear(from: string, command: number, body: Buffer): void {
    this.#transporter.hear(from, command, body);
  }
}

/** Carries Moleculer's packets over the sessions of a mesh. */
class MeshTransporter extends Transporters.Base {
  readonly #mesh: Mesh;
  readonly #listener: EngineListener;
  #deliver: (type: string, packet: object) => void = () => {};

  constructor(mesh: Mesh, listener: EngineListener) {
    super({});
    this.#mesh = mesh;
    this.#listener = listener;
  }

  override init(...[transit, deliver, afterConnect]: Parameters<Transporters.Base["init"]>): void {
    super.init(transit, deliver, (wasReconnect) => {
      const { __connectResolve: resolve } = transit as unknown as { __connectResolve: unknown };
      if (typeof resolve !== "function") return afterConnect(wasReconnect);
      // What Moleculer does itself, without the half second in which it waits for others: sessions bring them.
      transit.connected = true;
      transit.isReady = true;
      resolve(null);
    });
    this.#deliver = deliver as unknown as (type: string, packet: object) => void;
  }

  override async connect(): Promise<void> {
    await this.onConnected();
  }

  override async disconnect(): Promise<void> {
    this.connected = false;
    await this.#mesh.stop();
  }

  override async subscribe(): Promise<void> {}
  override async subscribeBalancedRequest(): Promise<void> {}
  override async subscribeBalancedEvent(): Promise<void> {}

  override serialize(packet: Parameters<Transporters.Base["serialize"]>[0]): Buffer {
    const { type, payload } = packet;
    const used = USED[type]?.(payload);
    return super.serialize(used === undefined ? packet : { type, payload: used });
  }

  /** What a peer does not take it misses: it is told of nodes again, and of broadcasts not. */
  override send(_topic: string, data: Buffer, { packet }: { packet: Packet }): Promise<void> {
    const index = COMMANDS.indexOf(packet.type);
    if (index === -1) return SENT;
    const { bodyBytesMax } = this.#mesh;
    // Its peers would take it for nonsense and end their sessions.
    if (data.length > bodyBytesMax) {
      this.#listener.onTooLong(data.length, bodyBytesMax);
      return SENT;
    }
    const peers =
      packet.target === null || packet.target === undefined
        ? this.#mesh.sessions.map(({ peer }) => peer.name)
        : [packet.target];
    for (const peer of peers) this.#mesh.send(peer, COMMAND_FIRST + index, data);
    return SENT;
  }

  /** The sender that a packet names must be the one that proved itself: by another's name a node could be shut down. */
  hear(from: string, command: number, body: Buffer): void {
    const type = COMMANDS[command - COMMAND_FIRST];
    // A newer node may say more.
    if (type === undefined) return;
    const packet = this.deserialize(type, body) as { payload?: { sender?: unknown } };
    if (packet.payload?.sender !== from) throw new Error(`a packet of ${from} names another sender`);
    this.#deliver(type, packet);
  }
}

function internalsOf(broker: ServiceBroker): Internals {
  return broker;
}

/** Moleculer's version is pinned; should another come, this says what it no longer has. */
function assertInternals(broker: ServiceBroker): void {
  const { registry } = internalsOf(broker);
  const found = new Map<string, unknown>([
    ["nodes.disconnected", Reflect.get(registry?.nodes ?? {}, "disconnected")],
    ["discoverer.sendLocalNodeInfo", Reflect.get(registry?.discoverer ?? {}, "sendLocalNodeInfo")],
  ]);
  for (const [name, value] of found)
    if (typeof value !== "function") throw new Error(`this Moleculer's registry has no ${name}`);
}
