/** The sessions of a node: opened by a handshake, kept by heartbeats, closed once. */
import { AwakeClock } from "./awake-clock.ts";
import { FRAME } from "./frame.ts";
import { type Hello, parsePeerNames } from "./hello.ts";
import type { Link } from "./link.ts";
import type { MeshListener, MeshTuning } from "./mesh-options.ts";
import type { NodeName } from "./node-name.ts";
import { PEERS_MAX } from "./peer-book.ts";
import { sleepIn, type World } from "./world.ts";

const NOTHING = Buffer.alloc(0);

/** How long a leaving node gives its last frames. */
const LEAVE_MS_MAX = 1_000;

export interface Session {
  readonly peer: Hello;
  readonly link: Link;
  readonly since: Date;
  /** On the clock of this process being awake. */
  heardAtMs: number;
  heardFrames: number;
  hasLeft: boolean;
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
  open(link: Link, peer: Hello): void {
    const heardAtMs = this.#clock.readMs(this.#options.world.nowMs());
    const session: Session = {
      peer,
      link,
      since: new Date(),
      heardAtMs,
      heardFrames: link.heardFrames,
      hasLeft: false,
    };
    const others = this.list();
    this.#sessions.set(peer.name, session);
    link.onFrame = (type, body) => this.#hear(session, type, body);
    link.onClose = (reason) => this.#closed(session, reason);
    this.#options.listener.onUp(peer);
    link.sendJson(FRAME.peers, { names: others.map((other) => other.peer.name) });
    for (const other of others) other.link.sendJson(FRAME.peers, { names: [peer.name] });
  }

  /** Asks for a sign of life. False: none came within a heartbeat, or the session has ended. */
  async isAlive({ link }: Session): Promise<boolean> {
    const before = link.heardFrames;
    const { heartbeatMs, handshakeMs, world } = this.#options;
    const waitMs = Math.min(heartbeatMs, handshakeMs / 2);
    const deadline = world.nowMs() + waitMs;
    link.send(FRAME.ping, NOTHING);
    while (link.isOpen && link.heardFrames === before && world.nowMs() < deadline) await sleepIn(world, waitMs / 20);
    return link.isOpen && link.heardFrames > before;
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
    this.#options.listener.onDown(session.peer, reason, session.hasLeft);
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
      else link.send(FRAME.ping, NOTHING);
    }
  }
}
