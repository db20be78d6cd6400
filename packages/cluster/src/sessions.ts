/** The sessions of a node: opened by a handshake, kept by heartbeats, closed once. */
import { AwakeClock } from "./awake-clock.ts";
import { FRAME } from "./frame.ts";
import { type Hello, parsePeerNames } from "./hello.ts";
import type { MeshListener, MeshTuning } from "./mesh-options.ts";
import type { NodeName } from "./node-name.ts";
import { PEERS_MAX } from "./peer-book.ts";
import type { PeerLink, Traffic } from "./peer-link.ts";
import { sleepIn, type World } from "./world.ts";

/** How long a leaving node gives its last frames. */
const LEAVE_MS_MAX = 1_000;

/** How much of the silence that is death a doubted peer has to answer in: who only changes servers is back by then. */
const DOUBT_SHARE = 1 / 3;

export interface Session {
  readonly peer: Hello;
  readonly link: PeerLink;
  readonly since: Date;
  /** On the clock of this process being awake. */
  heardAtMs: number;
  heardFrames: number;
  hasLeft: boolean;
  /** Whether it is just being asked for a sign of life. */
  isExamined: boolean;
}

export interface SessionsOptions extends Pick<MeshTuning, "heartbeatMs" | "silenceMs" | "handshakeMs"> {
  readonly listener: Omit<MeshListener, "onRefused">;
  readonly onGossip: (nodes: readonly NodeName[]) => void;
  readonly world: World;
}

export class Sessions {
  readonly #options: SessionsOptions;
  readonly #sessions = new Map<string, Session>();
  readonly #clock: AwakeClock;
  /** Of sessions that have ended, by peer. */
  readonly #past = new Map<string, Traffic>();
  #endTicks: () => void;

  constructor(options: SessionsOptions) {
    this.#options = options;
    this.#clock = new AwakeClock(options.heartbeatMs, options.world.nowMs());
    this.#endTicks = this.#nextTick();
  }

  get(name: string): Session | undefined {
    return this.#sessions.get(name);
  }

  list(): Session[] {
    return [...this.#sessions.values()];
  }

  /** The peer must have none. Its packets are heard from now on. */
  open(link: PeerLink, peer: Hello): void {
    const heardAtMs = this.#clock.readMs(this.#options.world.nowMs());
    const session: Session = {
      peer,
      link,
      since: new Date(),
      heardAtMs,
      heardFrames: link.heardFrames,
      hasLeft: false,
      isExamined: false,
    };
    const others = this.list();
    this.#sessions.set(peer.name, session);
    link.onFrame = (type, body) => this.#hear(session, type, body);
    link.onClose = (reason) => this.#closed(session, reason);
    link.onDoubt = () => void this.#examine(session);
    this.#options.listener.onUp(peer);
    link.sendJson(FRAME.peers, { names: others.map((other) => other.peer.name) });
    for (const other of others) other.link.sendJson(FRAME.peers, { names: [peer.name] });
  }

  /** What went over all sessions with each peer, ended ones included. */
  traffic(): Map<string, Traffic> {
    const all = new Map(this.#past);
    for (const { peer, link } of this.list()) all.set(peer.name, sum(this.#past.get(peer.name), link.traffic));
    return all;
  }

  /** Asks for a sign of life. False: none came in time, by default within a heartbeat, or the session has ended. */
  async isAlive({ link }: Session, atMostMs = this.#options.heartbeatMs): Promise<boolean> {
    const before = link.heardFrames;
    const { handshakeMs, world } = this.#options;
    const waitMs = Math.min(atMostMs, handshakeMs / 2);
    const deadline = world.nowMs() + waitMs;
    link.ping();
    while (link.isOpen && link.heardFrames === before && world.nowMs() < deadline) await sleepIn(world, waitMs / 20);
    return link.isOpen && link.heardFrames > before;
  }

  closeAll(reason: string): void {
    for (const { link } of this.list()) link.close(reason);
  }

  /** Says goodbye to all. */
  async leave(): Promise<void> {
    this.#endTicks();
    await Promise.all(this.list().map(({ link }) => link.closeWith(FRAME.leave, {}, "this node left", LEAVE_MS_MAX)));
  }

  #hear(session: Session, type: number, body: Buffer): void {
    if (type >= FRAME.packet) return this.#options.listener.onPacket(session.peer, type - FRAME.packet, body);
    if (type === FRAME.peers) return this.#options.onGossip(parsePeerNames(body, PEERS_MAX));
    if (type !== FRAME.leave) return;
    session.hasLeft = true;
    session.link.close("it left");
  }

  #closed(session: Session, reason: string): void {
    // A session that was replaced must not take its successor with it.
    if (this.#sessions.get(session.peer.name) !== session) return;
    this.#sessions.delete(session.peer.name);
    this.#remember(session);
    this.#options.listener.onDown(session.peer, reason, session.hasLeft);
  }

  /** Somebody says that the peer is gone. It may be on its way back, or they may be lying: the peer is asked. */
  async #examine(session: Session): Promise<void> {
    if (session.isExamined) return;
    session.isExamined = true;
    const isAlive = await this.isAlive(session, this.#options.silenceMs * DOUBT_SHARE);
    session.isExamined = false;
    if (!isAlive) session.link.close("nobody listens there any more");
  }

  #remember({ peer, link }: Session): void {
    const traffic = sum(this.#past.get(peer.name), link.traffic);
    this.#past.delete(peer.name);
    this.#past.set(peer.name, traffic);
    const oldest = this.#past.keys().next().value;
    if (this.#past.size > PEERS_MAX && oldest !== undefined) this.#past.delete(oldest);
  }

  #nextTick(): () => void {
    const { heartbeatMs, world } = this.#options;
    return world.after(heartbeatMs, () => {
      this.#endTicks = this.#nextTick();
      this.#tick();
    });
  }

  #tick(): void {
    const nowMs = this.#options.world.nowMs();
    this.#clock.tick(nowMs);
    const awakeMs = this.#clock.readMs(nowMs);
    for (const session of this.list()) {
      const { link } = session;
      if (link.heardFrames > session.heardFrames) {
        session.heardFrames = link.heardFrames;
        session.heardAtMs = awakeMs;
      }
      const silentMs = awakeMs - session.heardAtMs;
      if (silentMs > this.#options.silenceMs) link.close(`silent for ${Math.round(silentMs)} ms`);
      else link.ping();
    }
  }
}

function sum(one: Traffic | undefined, other: Traffic): Traffic {
  if (one === undefined) return { ...other };
  return {
    framesIn: one.framesIn + other.framesIn,
    framesOut: one.framesOut + other.framesOut,
    bytesIn: one.bytesIn + other.bytesIn,
    bytesOut: one.bytesOut + other.bytesOut,
    refusedFrames: one.refusedFrames + other.refusedFrames,
  };
}
