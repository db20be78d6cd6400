/**
 * A node of the cluster, or a node alone: the same, with nobody to talk to. This is the whole of what a program uses.
 */
import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import type { Answers } from "./answers.ts";
import { CallError, type CallErrorReason } from "./call-error.ts";
import { type Address, parseAddressValue } from "./claims.ts";
import type { ClusterCounters } from "./cluster-counters.ts";
import type { ClusterStatus } from "./cluster-status.ts";
import { type Data, findNoData } from "./data.ts";
import { PeerRefusedError } from "./hello.ts";
import { LoopLagMeter } from "./loop-lag.ts";
import { Membership } from "./membership.ts";
import type { Mesh } from "./mesh.ts";
import type { PeerInfo } from "./mesh-options.ts";
import type { Engine, EngineListener } from "./moleculer.ts";
import { Names, parseGrantRequest } from "./names.ts";
import { parseNodeName } from "./node-name.ts";
import type { NodeOptions } from "./node-options.ts";
import { type Handler, Processes } from "./processes.ts";
import { RemoteWork } from "./remote-work.ts";
import { REQUEST_COMMANDS, Requests } from "./requests.ts";
import { Rooms } from "./rooms.ts";
import { Watches } from "./watches.ts";

/** How long a call waits when it does not say, milliseconds. */
const CALL_MS_DEFAULT = 10_000;

/** How long a connect waits for the peer's names, milliseconds. */
const INTRODUCTION_MS_MAX = 2_000;

/** Sends that nobody has confirmed yet; what comes on top is dropped and counted. */
const SENDS_MAX = 10_000;

export interface NodeChange {
  readonly kind: "up" | "down";
  readonly node: string;
  /** Why it is down. */
  readonly reason?: string;
  /** It said that it was going. */
  readonly hasLeft?: boolean;
}

/** A process by its address, or by its name on a node; node "" is this one. */
export type Target = Address | { readonly name: string; readonly node: string };

export class ClusterNode implements AsyncDisposable {
  /** `name@host:port`, or "" for a node alone. */
  readonly self: string;
  readonly incarnation: string;
  /** Names of the cluster. */
  readonly names: Names;
  /** Processes of this node, and their names here. */
  readonly processes: Processes;
  readonly rooms: Rooms;
  /** Processes started by name on any node. */
  readonly work: RemoteWork;
  /** Monitors of processes, and links between them. */
  readonly watches: Watches;
  readonly #options: NodeOptions;
  readonly #mesh: Mesh | undefined;
  /** Absent: this node stands alone. */
  readonly #engine: Engine | undefined;
  readonly #requests: Requests;
  readonly #answers: Answers<string>;
  readonly #membership = new Membership();
  readonly #monitors = new Set<(change: NodeChange) => void>();
  readonly #lostSessions = new Map<string, { reason: string; hasLeft: boolean }>();
  readonly #startedAt = new Date();
  #onStop = () => {};
  #unconfirmedSends = 0;
  readonly #loopLag = new LoopLagMeter();
  #sends = { made: 0, dropped: 0 };
  #callsMade = 0;
  readonly #callsFailed: Partial<Record<CallErrorReason, number>> = {};
  #requestsTaken = 0;
  #broadcastsHeard = 0;
  #namesLost = 0;

  /** Use `startNode`. */
  static async start(
    options: NodeOptions,
    mesh: Mesh | undefined,
    onStop: () => void = () => {},
  ): Promise<ClusterNode> {
    const makeEngine = mesh === undefined ? undefined : await loadEngine(mesh);
    const node = new ClusterNode(options, mesh, makeEngine);
    node.#onStop = onStop;
    await node.#start();
    return node;
  }

  private constructor(
    options: NodeOptions,
    mesh: Mesh | undefined,
    makeEngine: ((listener: EngineListener) => Engine) | undefined,
  ) {
    this.#options = options;
    this.#mesh = mesh;
    this.self = mesh?.node.full ?? "";
    this.incarnation = mesh?.own.incarnation ?? randomUUID();
    this.#engine = makeEngine?.({
      onUp: (node) => this.#up(node),
      onDown: (node) => this.#down(node),
      onBroadcast: (_from, _kind, body) => this.#hearBroadcast(body),
      onTooLong: (bytes, bytesMax) => {
        this.rooms.droppedBroadcasts += 1;
        options.log.warn("Broadcast dropped: no frame holds it", { bytes, bytesMax });
      },
    });
    this.processes = new Processes(this.self, this.incarnation);
    this.processes.onExit = (address, reason) => {
      this.names.releaseAll(address);
      this.watches.exited(address, reason);
    };
    const onError = (error: unknown) => options.log.error("Cluster node failed", { error: String(error) });
    const { self, processes } = this;
    const isConnected = (node: string) => this.#membership.isAlive(node);
    const onRequest = (from: string, kind: string, body: unknown) => this.#answer(from, kind, body);
    this.#requests = new Requests({ self, mesh, isConnected, onRequest });
    const request = (node: string, kind: string, body: unknown, deadlineMs: number) =>
      this.#requests.request(node, kind, body, deadlineMs);
    this.watches = new Watches({ self, processes, isConnected, request, onError });
    this.work = new RemoteWork({ self, processes, watches: this.watches, request });
    this.names = new Names({
      own: this.self,
      peers: () => this.list(),
      request,
      onLost: (name, to) => {
        this.#namesLost += 1;
        options.log.warn("Name lost to an earlier claim", { name, to: to.node });
      },
      onError,
      isOpen: (address) => processes.isOpen(address),
      nowMs: Date.now,
      wait: sleep,
    });
    this.#answers = {
      ...this.watches.answers,
      ...this.work.answers,
      claims: (from, set) => this.names.hear(from, set),
      grant: (from, body) => this.names.grant(parseGrantRequest(body), from),
      call: (from, { target, message }) => this.processes.deliver(parseTarget(target), message, from),
      send: (from, { target, message }) => this.#take(from, target, message),
    };
    this.rooms = new Rooms({ forward: (body) => this.#engine?.broadcast("room", body), onError });
  }

  /** Names of the peers that are alive, without this node. */
  list(): string[] {
    return this.#membership.alive();
  }

  /** Resolves when the peer is up and its names are known here. Rejects with a `NodeNameError` or `PeerRefusedError`. */
  async connect(name: string): Promise<void> {
    const node = parseNodeName(name);
    if (this.#mesh === undefined) throw new PeerRefusedError(node.full, "unreachable", "this node stands alone");
    await this.#mesh.connect(node);
    await this.#introduced(node.full);
  }

  /** Tells every change of every peer, or of one; exactly once. Gives back how to stop it. */
  monitor(listener: (change: NodeChange) => void, name?: string): () => void {
    const monitor = (change: NodeChange) => {
      if (name === undefined || change.node === name) listener(change);
    };
    this.#monitors.add(monitor);
    return () => this.#monitors.delete(monitor);
  }

  /** Begins a process of this node. */
  open(handler: Handler): Address {
    return this.processes.open(handler);
  }

  /** Waits for what the process answers. Rejects with a `CallError`, at the latest when the deadline is over. */
  async call(target: Target, message: Data, { deadlineMs = CALL_MS_DEFAULT } = {}): Promise<unknown> {
    this.#callsMade += 1;
    try {
      this.#checkData(target.node, message);
      return await this.#requests.request(target.node, "call", { target, message }, deadlineMs);
    } catch (error) {
      const reason = error instanceof CallError ? error.reason : "failed";
      this.#callsFailed[reason] = (this.#callsFailed[reason] ?? 0) + 1;
      throw error;
    }
  }

  /**
   * At most once, in order with other sends and calls to that process. What does not arrive is not told.
   * Throws a `CallError` only for what is no data.
   */
  send(target: Target, message: Data): void {
    this.#checkData(target.node, message);
    this.#sends.made += 1;
    if (this.#unconfirmedSends >= SENDS_MAX) {
      this.#sends.dropped += 1;
      return;
    }
    this.#unconfirmedSends += 1;
    const confirm = (isTaken: boolean) => {
      this.#unconfirmedSends -= 1;
      if (!isTaken) this.#sends.dropped += 1;
    };
    this.#requests.request(target.node, "send", { target, message }, CALL_MS_DEFAULT).then(
      () => confirm(true),
      () => confirm(false),
    );
  }

  status(): ClusterStatus {
    const members = this.#membership.list();
    const peers = members.map((member) => {
      const link = this.#mesh?.session(member.name)?.link;
      return { ...member, queuedBytes: link?.queuedBytes ?? 0, refusedFrames: link?.refusedFrames ?? 0 };
    });
    const reached = new Set(members.map(({ name }) => name));
    return {
      mode: this.#mesh === undefined ? "standalone" : "cluster",
      self: this.self,
      incarnation: this.incarnation,
      version: this.#options.version ?? "",
      since: this.#startedAt,
      transport: this.#mesh?.transport ?? { kind: "none" },
      peers,
      unreached: (this.#mesh?.knownNames ?? []).filter((name) => !reached.has(name)),
      refused: this.#mesh?.refusedPeers ?? [],
      names: this.names.list(),
      processes: this.processes.size,
      rooms: this.rooms.size,
      droppedSends: this.#sends.dropped,
      droppedBroadcasts: this.rooms.droppedBroadcasts,
    };
  }

  /** Figures for charts. Cheap: reading them costs as much as there are peers and names. */
  counters(): ClusterCounters {
    const transport = this.#mesh?.transport;
    const peers = [...(this.#mesh?.traffic ?? [])].map(([name, traffic]) => {
      const link = this.#mesh?.session(name)?.link;
      const roundTripMs = link?.roundTripMs;
      const isUp = link !== undefined;
      const queuedBytes = link?.queuedBytes ?? 0;
      return { name, isUp, ...traffic, queuedBytes, ...(roundTripMs === undefined ? {} : { roundTripMs }) };
    });
    return {
      sessions: this.#mesh?.sessions.length ?? 0,
      peers,
      refusedHandshakes: Object.fromEntries(this.#mesh?.refusals ?? []),
      refusedMessages: transport?.kind === "nats" ? transport.refusedMessages : { forged: 0, replayed: 0, stale: 0 },
      calls: { made: this.#callsMade, failed: { ...this.#callsFailed } },
      requestsTaken: this.#requestsTaken,
      sends: { ...this.#sends },
      broadcasts: {
        made: this.rooms.broadcasts,
        dropped: this.rooms.droppedBroadcasts,
        heard: this.#broadcastsHeard,
      },
      names: { ...this.names.count(), lost: this.#namesLost },
      processes: { open: this.processes.size, spawned: this.work.size },
      rooms: this.rooms.size,
      loopLag: this.#loopLag.latest,
    };
  }

  /** Takes leave of all peers and closes the port. */
  async stop(): Promise<void> {
    this.#loopLag.stop();
    this.watches.stop();
    this.names.stop();
    await this.#engine?.stop();
    this.#onStop();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  async #start(): Promise<void> {
    const [mesh, engine] = [this.#mesh, this.#engine];
    if (mesh === undefined || engine === undefined) return;
    await engine.start();
    mesh.start({
      onUp: ({ name }) => engine.introduceTo(name),
      onDown: ({ name }, reason, hasLeft) => {
        this.#lostSessions.set(name, { reason, hasLeft });
        engine.forget(name);
        this.#lostSessions.delete(name);
      },
      onPacket: (peer, command, body) => {
        if (command === REQUEST_COMMANDS.ask) this.#requests.hearAsk(peer, body);
        else if (command === REQUEST_COMMANDS.answer) this.#requests.hearAnswer(peer, body);
        else engine.hear(peer.name, command, body);
      },
      onRefused: (error, side) => {
        const message = side === "dialled" ? `Failed to connect to peer: ${error.peer}` : "Peer refused";
        this.#options.log.warn(message, { side, reason: error.message });
      },
    });
    this.#options.log.info("Cluster node listens", { node: this.self });
  }

  #up(name: string): void {
    const peer: PeerInfo = this.#mesh?.session(name)?.peer ?? { name, incarnation: "", version: "" };
    this.#membership.up(peer);
    this.#options.log.info("Node up", { node: name, version: peer.version });
    this.names.nodeUp(name);
    this.#tell({ kind: "up", node: name });
  }

  #down(name: string): void {
    // A peer that takes leave says so before its session ends.
    const { reason, hasLeft } = this.#lostSessions.get(name) ?? { reason: "it left", hasLeft: true };
    this.#membership.down(name, hasLeft ? "left" : "dead", reason);
    this.#requests.nodeDown(name);
    this.#options.log.warn("Node down", { node: name, reason });
    this.names.nodeDown(name);
    this.watches.nodeDown(name);
    this.#tell({ kind: "down", node: name, reason, hasLeft });
  }

  #tell(change: NodeChange): void {
    for (const monitor of this.#monitors) {
      try {
        monitor(change);
      } catch (error) {
        this.#options.log.error("Node monitor failed", { error: String(error) });
      }
    }
  }

  #answer(from: string, kind: string, body: unknown): unknown {
    if (from !== this.self) this.#requestsTaken += 1;
    const answer = Object.hasOwn(this.#answers, kind) ? this.#answers[kind] : undefined;
    if (answer === undefined) throw new CallError(this.self, "failed", `it does not know what ${kind} is`);
    return answer(from, body ?? {});
  }

  /** Answered when it has arrived, not when it is done. */
  #take(from: string, target: unknown, message: unknown): void {
    const to = parseTarget(target);
    const failed = (error: unknown) => this.#options.log.warn("Message failed", { from, error: String(error) });
    void new Promise((resolve) => resolve(this.processes.deliver(to, message, from))).catch(failed);
  }

  #hearBroadcast(body: unknown): void {
    this.#broadcastsHeard += 1;
    const { room, message } = (body ?? {}) as { room?: unknown; message?: Data };
    if (typeof room === "string" && message !== undefined) this.rooms.deliver(room, message);
  }

  #checkData(node: string, message: unknown): void {
    const fault = findNoData(message);
    if (fault !== undefined) throw new CallError(node, "not_data", fault);
  }

  async #introduced(name: string): Promise<void> {
    const deadline = Date.now() + INTRODUCTION_MS_MAX;
    while (!this.names.hasHeard(name)) {
      if (Date.now() > deadline) throw new PeerRefusedError(name, "unreachable", "it does not tell its names");
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }
}

/** Not before there is a mesh: a node alone does without the megabytes that the engine takes. */
async function loadEngine(mesh: Mesh): Promise<(listener: EngineListener) => Engine> {
  const { Engine } = await import("./moleculer.ts");
  return (listener) => new Engine(mesh, listener);
}

function parseTarget(target: unknown): Address | string {
  const { name } = (target ?? {}) as { name?: unknown };
  return typeof name === "string" ? name : parseAddressValue(target);
}
