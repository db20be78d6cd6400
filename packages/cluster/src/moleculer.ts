/**
 * The engine: requests with deadlines, answers, broadcasts and the registry of nodes are Moleculer's.
 * Every name of Moleculer that is not of its public interface is used in this file only, and looked for at start.
 */
import { randomBytes } from "node:crypto";
import { Errors, ServiceBroker, Transporters } from "moleculer";
import { CallError, type CallErrorReason } from "./call-error.ts";
import type { Mesh } from "./mesh.ts";

/** Answers given per request by the other side. */
type Answer = { readonly value: unknown } | { readonly error: string; readonly reason: string };

export interface EngineListener {
  onUp(node: string): void;
  onDown(node: string): void;
  /** Begins in the order in which requests of one node come. What it throws is the caller's `CallError`. */
  onRequest(from: string, kind: string, body: unknown): unknown;
  onBroadcast(from: string, kind: string, body: unknown): void;
}

/** Position is the number on the wire: append only. */
const COMMANDS = ["REQ", "RES", "EVENT", "DISCOVER", "INFO", "DISCONNECT", "HEARTBEAT", "PING", "PONG"];

const SERVICE = "mesher";
const REQUEST = `${SERVICE}.request`;
const BROADCAST = `${SERVICE}.broadcast`;

interface Packet {
  readonly type: string;
  readonly target: string | null;
}

/**
 * What of a packet is used at the other end, if not all: traces, levels and what is empty take longer to write and read than a
 * call of a kilobyte. A deadline is its caller's; nobody else keeps a timer for it.
 */
const USED: Readonly<Record<string, (payload: Record<string, unknown>) => object>> = {
  REQ: ({ id, action, params }) => ({ id, action, params }),
  RES: ({ id, success, data, error }) => ({ id, success, data, error }),
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
  /** Requests are numbered; an answer to an earlier life of this node answers none of this one's. */
  readonly #life = `${randomBytes(6).toString("base64url")}.`;
  #lastId = 0;
  readonly #broker: ServiceBroker;
  readonly #transporter: MeshTransporter | undefined;

  /** Without a mesh it is a node alone: the same, with nobody to talk to. */
  constructor(name: string, mesh: Mesh | undefined, listener: EngineListener) {
    this.#transporter = mesh === undefined ? undefined : new MeshTransporter(mesh);
    this.#broker = new ServiceBroker({
      nodeID: name === "" ? "standalone" : name,
      ...(this.#transporter === undefined ? {} : { transporter: this.#transporter }),
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
      actions: {
        request: (context) => {
          const { kind, body } = context.params as { kind: string; body: unknown };
          return answer(() => listener.onRequest(this.#nodeOf(context.nodeID), kind, body));
        },
      },
      events: {
        [BROADCAST]: (context) => {
          const from = this.#nodeOf(context.nodeID);
          if (context.nodeID === this.#broker.nodeID) return;
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

  /** Rejects with a `CallError`. */
  async request(node: string, kind: string, body: unknown, deadlineMs: number): Promise<unknown> {
    const nodeID = node === "" ? this.#broker.nodeID : node;
    let given: Answer;
    try {
      given = await this.#broker.call(REQUEST, { kind, body }, { nodeID, timeout: deadlineMs });
    } catch (cause) {
      throw callErrorOf(node, cause);
    }
    if ("error" in given)
      throw new CallError(node, given.reason === "no_process" ? "no_process" : "failed", given.error);
    return given.value;
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
    this.#transporter?.hear(from, command, body);
  }

  #nodeOf(nodeID: string | null): string {
    return this.#transporter === undefined || nodeID === null ? "" : nodeID;
  }
}

/** Carries Moleculer's packets over the sessions of a mesh. */
class MeshTransporter extends Transporters.Base {
  readonly #mesh: Mesh;
  #deliver: (type: string, packet: object) => void = () => {};

  constructor(mesh: Mesh) {
    super({});
    this.#mesh = mesh;
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

  /** A request or an answer waits while too much waits already; a broadcast does not, it is dropped for that peer. */
  override send(_topic: string, data: Buffer, { packet }: { packet: Packet }): Promise<void> {
    const command = COMMANDS.indexOf(packet.type);
    const { target } = packet;
    if (target === null || target === undefined) {
      for (const { peer } of this.#mesh.sessions) this.#mesh.send(peer.name, command, data);
      return SENT;
    }
    const session = this.#mesh.session(target);
    const refused = (...why: [CallErrorReason, string?]) => Promise.reject(new CallError(target, ...why));
    const { bodyBytesMax } = this.#mesh;
    if (data.length > bodyBytesMax) return refused("too_long", `${data.length} bytes, ${bodyBytesMax} at most`);
    if (session === undefined) return refused("not_connected");
    const isSent = this.#mesh.send(target, command, data);
    if (packet.type === "EVENT") return SENT;
    return isSent ? session.link.drained() : refused("overloaded");
  }

  /** The sender that a packet names must be the one that proved itself: by another's name a node could be shut down. */
  hear(from: string, command: number, body: Buffer): void {
    const type = COMMANDS[command];
    // A newer node may say more.
    if (type === undefined) return;
    const packet = this.deserialize(type, body) as { payload?: { sender?: unknown } };
    if (packet.payload?.sender !== from) throw new Error(`a packet of ${from} names another sender`);
    this.#deliver(type, packet);
  }
}

async function answer(work: () => unknown): Promise<Answer> {
  try {
    return { value: await work() };
  } catch (error) {
    const reason = error instanceof CallError ? error.reason : "failed";
    return { error: error instanceof Error ? error.message : String(error), reason };
  }
}

function callErrorOf(node: string, cause: unknown): Error {
  if (cause instanceof CallError) return cause;
  if (cause instanceof Errors.RequestTimeoutError) return new CallError(node, "deadline", undefined, { cause });
  if (cause instanceof Errors.RequestRejectedError) return new CallError(node, "node_lost", undefined, { cause });
  return new CallError(node, "not_connected", undefined, { cause });
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
