/**
 * The full mesh: one session with every node that is alive, made, watched and made again for ever.
 *
 * - Everyone dials everyone it knows. When two dial each other at once, the session dialled by the smaller name stays.
 * - A caller whose name has a session already: that session is asked for a sign of life first. If it gives one, the
 *   caller is refused; else the old session is dead, and the caller, perhaps a new life of the node, comes in.
 * - Any frame is a sign of life. Silence longer than `silenceMs`, counted only while this process ran, is death.
 * - Peers tell each other whom they are connected to, so one reachable seed leads to all.
 */
import { randomUUID } from "node:crypto";
import { Dialler } from "./dialler.ts";
import { FRAME } from "./frame.ts";
import {
  HARMLESS,
  type Hello,
  judgeHello,
  PeerRefusedError,
  PROTOCOL_VERSION,
  type Refusal,
  type RefusalReason,
} from "./hello.ts";
import type { MeshListener, MeshOptions, RefusedPeer } from "./mesh-options.ts";
import type { NodeName } from "./node-name.ts";
import type { PeerLink, Traffic } from "./peer-link.ts";
import { type Session, Sessions } from "./sessions.ts";
import { TlsWire } from "./tls-wire.ts";
import type { TransportStatus, Wire } from "./wire.ts";
import { MACHINE, sleepIn, type World } from "./world.ts";

/** Refused peers that are remembered; the oldest is forgotten. */
const REFUSED_MAX = 64;

/** Refusals after which the peer is connected all the same, from its side. */
const COMING: ReadonlySet<RefusalReason> = new Set(["already_connected", "dialled_at_once"]);

/** How often a `connect` that is about to succeed is looked at. */
const CONNECT_POLL_MS = 10;

export class Mesh {
  readonly #options: MeshOptions & { readonly world: World };
  readonly #wire: Wire;
  readonly #life = { incarnation: randomUUID(), startedAtMs: Date.now() };
  readonly #refused = new Map<string, RefusedPeer>();
  readonly #refusals = new Map<RefusalReason, number>();
  #node: NodeName;
  #listener: MeshListener | undefined;
  #sessions: Sessions | undefined;
  #dialler: Dialler | undefined;
  #isLeaving = false;

  /**
   * Listens. Callers are refused and nobody is dialled until `start`. Rejects if the port cannot be had, or with a
   * `PeerRefusedError` if the name cannot.
   */
  static async listen(
    options: MeshOptions,
    world: World = MACHINE,
    wire: Wire = new TlsWire({ ...options, world }),
  ): Promise<Mesh> {
    const mesh = new Mesh({ ...options, world }, wire);
    mesh.#node = await wire.listen(options.node, {
      judge: (hello, welcome) => mesh.#judge(hello, welcome),
      own: () => mesh.own,
      onWelcomed: (link, peer) => mesh.#opened(link, peer),
      onRefused: (peer, error) => mesh.#refuse(peer, error, "called"),
      onFound: (node) => {
        if (mesh.session(node.full) === undefined) mesh.#dialler?.found(node);
      },
      onNameTaken: (error) => {
        mesh.#refuse(mesh.node.full, error, "dialled");
        mesh.#sessions?.closeAll(error.message);
      },
    });
    return mesh;
  }

  private constructor(options: MeshOptions & { readonly world: World }, wire: Wire) {
    this.#options = options;
    this.#wire = wire;
    this.#node = options.node;
  }

  /** Itself, by the port it was given. */
  get node(): NodeName {
    return this.#node;
  }

  /** What it says of itself, but for whom it says it to. */
  get own(): Hello {
    const { version, compatibility } = this.#options;
    return { protocol: PROTOCOL_VERSION, name: this.#node.full, ...this.#life, version, compatibility, to: "" };
  }

  start(listener: MeshListener): void {
    this.#listener = listener;
    this.#sessions = new Sessions({
      ...this.#options,
      listener: {
        onUp: (peer) => this.#up(peer.name, () => listener.onUp(peer)),
        onDown: (peer, reason, hasLeft) => this.#down(peer.name, () => listener.onDown(peer, reason, hasLeft)),
        onPacket: (peer, command, body) => listener.onPacket(peer, command, body),
      },
      onGossip: (nodes) => this.#dialler?.learn(nodes),
    });
    this.#dialler = new Dialler({
      ...this.#options,
      wire: this.#wire,
      own: () => this.own,
      hasSession: (name) => this.session(name) !== undefined,
      isAlone: () => this.sessions.length === 0,
      onSession: (link, peer, key) => {
        this.#forgive(key);
        this.#opened(link, peer);
      },
      onRefused: (peer, error) => this.#refuse(peer, error, "dialled"),
    });
    this.#dialler.start();
    this.#wire.announce();
  }

  /** What is longer cannot be sent. */
  get bodyBytesMax(): number {
    return this.#wire.bodyBytesMax;
  }

  get transport(): TransportStatus {
    return this.#wire.status;
  }

  /** Handshakes that came to nothing so far, those that were no fault left out. */
  get refusals(): ReadonlyMap<RefusalReason, number> {
    return this.#refusals;
  }

  /** What went over all sessions with each peer. */
  get traffic(): ReadonlyMap<string, Traffic> {
    return this.#sessions?.traffic() ?? new Map<string, Traffic>();
  }

  get sessions(): Session[] {
    return this.#sessions?.list() ?? [];
  }

  session(name: string): Session | undefined {
    return this.#sessions?.get(name);
  }

  /** Peers that are known, connected or not. */
  get knownNames(): string[] {
    return this.#dialler?.names ?? [];
  }

  get refusedPeers(): RefusedPeer[] {
    return [...this.#refused.values()];
  }

  /** Resolves when there is a session with the node. Rejects with a `PeerRefusedError`; it is dialled on all the same. */
  async connect(node: NodeName): Promise<void> {
    if (this.session(node.full) !== undefined) return;
    if (node.full === this.node.full) throw new PeerRefusedError(node.full, "self");
    try {
      await this.#dialler?.dialNow(node);
    } catch (error) {
      // It may have called here meanwhile, or is just about to be let in.
      const isComing = error instanceof PeerRefusedError && COMING.has(error.reason);
      if (!isComing || !(await this.#comesUp(node.full))) throw error;
    }
  }

  /** False: there is no session with the node, or too much waits for it. */
  send(name: string, command: number, body: Buffer): boolean {
    return this.session(name)?.link.send(FRAME.packet + command, body) ?? false;
  }

  /** Takes leave of all and stops listening. */
  async stop(): Promise<void> {
    this.#isLeaving = true;
    await this.#dialler?.stop();
    await this.#sessions?.leave();
    await this.#wire.close();
  }

  async #judge(hello: Hello, welcome: () => void): Promise<Refusal | undefined> {
    const [sessions, dialler] = [this.#sessions, this.#dialler];
    if (this.#isLeaving) return { reason: "leaving", detail: "" };
    if (sessions === undefined || dialler === undefined) return { reason: "starting", detail: "" };
    const refusal = judgeHello(hello, this.own);
    if (refusal !== undefined) return refusal;
    const session = sessions.get(hello.name);
    if (session !== undefined && (await sessions.isAlive(session))) return takenBy(session, hello);
    session?.link.close("it gave no sign of life when a new life of it, or itself, called");
    const successor = sessions.get(hello.name);
    if (successor !== undefined) return takenBy(successor, hello);
    if (dialler.isHelloSent(hello.name) && this.node.full < hello.name)
      return { reason: "dialled_at_once", detail: "" };
    dialler.cancel(hello.name);
    welcome();
    return undefined;
  }

  #opened(link: PeerLink, peer: Hello): void {
    // It may have called once more before it was heard that it was let in.
    if (this.session(peer.name) !== undefined) return link.close("there is a session already");
    this.#sessions?.open(link, peer);
  }

  #up(name: string, tell: () => void): void {
    this.#dialler?.reached(name);
    this.#forgive(name);
    tell();
  }

  #down(name: string, tell: () => void): void {
    this.#dialler?.reached(name);
    tell();
  }

  /** What was refused before is settled. */
  #forgive(peer: string): void {
    for (const [key, refused] of this.#refused) if (refused.peer === peer) this.#refused.delete(key);
  }

  #refuse(peer: string, error: PeerRefusedError, side: RefusedPeer["side"]): void {
    if (HARMLESS.has(error.reason)) return this.#forgive(peer);
    if (this.#isLeaving) return;
    const key = `${side} ${peer} ${error.reason}`;
    this.#refusals.set(error.reason, (this.#refusals.get(error.reason) ?? 0) + 1);
    const before = this.#refused.get(key);
    this.#refused.delete(key);
    const { reason, message } = error;
    this.#refused.set(key, { peer, reason, message, side, count: (before?.count ?? 0) + 1, lastAt: new Date() });
    const oldest = this.#refused.keys().next().value;
    if (this.#refused.size > REFUSED_MAX && oldest !== undefined) this.#refused.delete(oldest);
    if (before === undefined) this.#listener?.onRefused(error, side);
  }

  async #comesUp(name: string): Promise<boolean> {
    const { handshakeMs, world } = this.#options;
    // Its own attempt may be one that nobody hears. It is given up after this time, and then the next one counts.
    const deadline = world.nowMs() + 2 * handshakeMs;
    while (this.session(name) === undefined && world.nowMs() < deadline && !this.#isLeaving)
      await sleepIn(world, CONNECT_POLL_MS);
    return this.session(name) !== undefined;
  }
}

function takenBy({ peer, since }: Session, { incarnation }: Hello): Refusal {
  const reason = peer.incarnation === incarnation ? "already_connected" : "name_in_use";
  return { reason, detail: `connected since ${since.toISOString()}` };
}
