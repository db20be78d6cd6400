/**
 * The links between nodes go through a NATS server. The nodes are the same mesh as over connections of their own: whoever
 * has a link to whom is told, judged and watched by the same code.
 *
 * - Nodes of one cookie meet in a realm of their own; others cannot find it. A node that is ready says so to all of the
 *   realm, again and again, and whoever has no link to it dials it. So no peers need be known.
 * - A name is asked for before it is used (`name-claim.ts`).
 * - Who calls while the name is being asked for is answered as soon as it is had: it asks no second time while it waits.
 * - A caller that was welcomed is let in when its first letter has come: an old hello that somebody plays again has none.
 */
import type { PresharedKey } from "./cookie.ts";
import { type Hello, nameInUse, PeerRefusedError, toldError } from "./hello.ts";
import type { MeshTuning } from "./mesh-options.ts";
import { NameClaim, type Standing } from "./name-claim.ts";
import { NatsServerConnection } from "./nats-connection.ts";
import { LETTER_OVERHEAD_BYTES, NatsLink } from "./nats-link.ts";
import { type NatsNote, parseNote } from "./nats-note.ts";
import {
  createLifeKeys,
  createLinkId,
  createLinkSeal,
  isLetter,
  linkIdOf,
  nameSubject,
  openNote,
  type Realm,
  realmOf,
  sealNote,
} from "./nats-seal.ts";
import { type NodeName, parseNodeName, withPort } from "./node-name.ts";
import { Remembered } from "./remembered.ts";
import type { NatsServers } from "./transport.ts";
import type { Acceptor, DialTarget, RefusedMessage, TransportStatus, Wire } from "./wire.ts";
import type { World } from "./world.ts";

/** How many heartbeats lie between two announcements, or between two attempts to get back a name. */
const ANNOUNCE_HEARTBEATS = 5;

const AWAY = "the NATS server is away";

/** Callers that were welcomed and have not begun to speak. */
const WELCOMED_MAX = 512;

/** Callers that wait until this node has its name. */
const EARLY_MAX = 512;

/** Notes that are remembered, so that none is taken twice. */
const NOTES_MAX = 10_000;

/** Which ports a name may get that asked for any: nothing listens there, it only tells nodes apart. */
const PORTS = { first: 49_152, count: 16_384 } as const;

export interface NatsWireOptions
  extends Pick<MeshTuning, "heartbeatMs" | "silenceMs" | "handshakeMs" | "frameBytesMax" | "queueBytesMax"> {
  readonly world: World;
  readonly servers: NatsServers;
  readonly keys: readonly PresharedKey[];
  /** The server is reached, or away, or another node has the name. */
  readonly onStatus: (status: TransportStatus) => void;
  /** A message was dropped by a mistake of this program. */
  readonly onFault: (error: unknown) => void;
}

type State = { readonly is: "connected" } | { readonly is: "away" | "refused"; readonly reason: string };

type Answer = Extract<NatsNote, { kind: "welcome" | "refuse" }>;

/** A hello that waits for its answer. */
interface Asked {
  readonly realm: Realm;
  readonly onAnswer: (answer: Answer) => void;
  readonly onUnreachable: (why: string) => void;
}

export class NatsWire implements Wire {
  readonly #options: NatsWireOptions;
  readonly #realms: readonly Realm[];
  readonly #life = { ...createLifeKeys(), id: createLinkId() };
  readonly #links = new Map<string, NatsLink>();
  readonly #asked = new Map<string, Asked>();
  /** Links to callers that were welcomed and have not begun to speak, with the callers' names. */
  readonly #welcomed = new Map<NatsLink, string>();
  /** Callers that wait until this node has its name. */
  #early: { readonly realm: Realm; readonly note: NatsNote; readonly heardAtMs: number }[] = [];
  readonly #heardNotes = new Remembered(NOTES_MAX);
  readonly #refusedMessages: Record<RefusedMessage, number> = { forged: 0, replayed: 0, stale: 0 };
  /** Since it listens. */
  #claim: NameClaim | undefined;
  #acceptor: Acceptor | undefined;
  #server: NatsServerConnection | undefined;
  #state: State = { is: "away", reason: "it was not reached yet" };
  #since = new Date();
  #isAnnounced = false;
  #timer: NodeJS.Timeout | undefined;
  #ticks = 0;
  #tickedAtMs = performance.now();

  constructor(options: NatsWireOptions) {
    this.#options = options;
    this.#realms = options.keys.map(realmOf);
  }

  get bodyBytesMax(): number {
    const { frameBytesMax } = this.#options;
    const letterBytesMax = this.#server?.messageBytesMax ?? frameBytesMax;
    return Math.min(frameBytesMax - 1, letterBytesMax - LETTER_OVERHEAD_BYTES);
  }

  get status(): TransportStatus {
    const { is } = this.#state;
    return {
      kind: "nats",
      server: this.#options.servers.shown,
      status: is,
      since: this.#since,
      ...(this.#state.is === "connected" ? {} : { reason: this.#state.reason }),
      refusedMessages: { ...this.#refusedMessages },
    };
  }

  /** A server that is away is no error: it is tried for ever. */
  async listen(node: NodeName, acceptor: Acceptor): Promise<NodeName> {
    const port = PORTS.first + Math.floor(Math.random() * PORTS.count);
    const named = node.port === 0 ? withPort(node, port) : node;
    this.#acceptor = { ...acceptor, own: () => ({ ...acceptor.own(), name: named.full }) };
    const { handshakeMs, silenceMs, servers, heartbeatMs, onFault } = this.#options;
    this.#claim = new NameClaim({
      ...this.#options,
      own: () => ({ ...acceptor.own(), name: named.full }),
      realms: this.#realms.length,
      ask: (realm, id, standing) => this.#askForName(realm, id, standing),
      isKnown: () => this.#links.size > 0,
      clockMs: Date.now,
    });
    const subjects = this.#realms.flatMap((realm) => {
      const life = lifeSubject(realm, this.#life.id);
      return [allSubject(realm), nameSubject(realm, named.full), life, `${life}.*`];
    });
    const asked = Promise.withResolvers<void>();
    this.#server = new NatsServerConnection({
      servers,
      subjects,
      attemptMs: handshakeMs,
      silenceMs,
      onMessage: (subject, body, isNobody) => this.#hear(subject, body, isNobody),
      onFault,
      onConnected: () => void this.#claimName().then(asked.resolve, asked.reject),
      onAway: (reason) => {
        this.#claim?.stop();
        this.#become({ is: "away", reason });
        // While they wait for an answer that cannot come, the peers that they ask are not let in.
        for (const { onUnreachable } of this.#asked.values()) onUnreachable(AWAY);
        asked.resolve();
      },
    });
    await this.#server.start();
    await asked.promise;
    if (this.#state.is === "refused") {
      const error = new PeerRefusedError(named.full, "name_in_use", this.#state.reason);
      await this.close();
      throw error;
    }
    this.#timer = setInterval(() => this.#tick(), heartbeatMs);
    return named;
  }

  announce(): void {
    this.#isAnnounced = true;
    this.#announceAll();
    this.#judgeEarly();
  }

  async dial(target: DialTarget): Promise<void> {
    // While the cookie is changed, a peer may be in one realm only.
    const realms = [...this.#realms].sort((a, b) => Number(b.key === target.key) - Number(a.key === target.key));
    for (const [index, realm] of realms.entries()) {
      try {
        return await this.#dial(realm, target);
      } catch (error) {
        const isElsewhere = error instanceof PeerRefusedError && error.reason === "unreachable";
        if (!isElsewhere || index === realms.length - 1) throw error;
      }
    }
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    this.#claim?.stop();
    for (const link of this.#links.values()) link.close("this node left");
    await this.#server?.flush();
    await this.#server?.stop();
  }

  async #dial(realm: Realm, { hello, signal, onHello, onWelcome }: DialTarget): Promise<void> {
    const { is } = this.#state;
    if (is === "away") throw new PeerRefusedError(hello.to, "unreachable", AWAY);
    if (is === "refused") throw new PeerRefusedError(hello.name, "name_in_use");
    // Each would keep the link that it dialled and close the other's.
    if ([...this.#welcomed.values()].includes(hello.to))
      throw new PeerRefusedError(hello.to, "already_connected", "it is just being let in");
    const answer = await this.#ask(realm, hello, signal, onHello);
    if (answer.kind === "refuse") throw toldError(`${hello.to} refuses this node: it`, answer.refusal);
    onWelcome(this.#open(realm, answer.of, answer, true), answer.hello);
  }

  /** Rejects with a `PeerRefusedError` if nobody answers, or with the reason of the signal. */
  async #ask(realm: Realm, hello: Hello, signal: AbortSignal, onHello: () => void): Promise<Answer> {
    const { handshakeMs } = this.#options;
    const id = createLinkId();
    const { promise, resolve, reject } = Promise.withResolvers<Answer>();
    const unreachable = (why: string) => reject(new PeerRefusedError(hello.to, "unreachable", why));
    const overdue = setTimeout(() => unreachable(`no answer in ${handshakeMs} ms`), handshakeMs);
    const abort = () => reject(signal.reason as Error);
    signal.addEventListener("abort", abort, { once: true });
    this.#asked.set(id, { realm, onAnswer: resolve, onUnreachable: unreachable });
    if (signal.aborted) abort();
    onHello();
    if (!this.#sendHello(realm, hello, id))
      unreachable("the NATS server is away, or takes no message as long as a hello");
    try {
      return await promise;
    } finally {
      clearTimeout(overdue);
      signal.removeEventListener("abort", abort);
      this.#asked.delete(id);
    }
  }

  #askForName(index: number, id: string, standing: Standing): void {
    const [realm, own] = [this.#realms[index], this.#acceptor?.own()];
    if (realm !== undefined && own !== undefined) this.#sendHello(realm, { ...own, to: own.name }, id, standing);
  }

  /** Must be done before the name is used: a node that lives by it already is not to be disturbed. */
  async #claimName(): Promise<void> {
    const [acceptor, outcome] = [this.#acceptor, await this.#claim?.ask()];
    if (acceptor === undefined || outcome === undefined || outcome === "stopped") return;
    if (outcome === "has") {
      this.#become({ is: "connected" });
      for (const link of this.#links.values()) link.flush();
      this.#announceAll();
      return this.#judgeEarly();
    }
    if (this.#state.is === "refused") return;
    this.#become({ is: "refused", reason: outcome.detail });
    if (this.#timer !== undefined) acceptor.onNameTaken(toldError(acceptor.own().name, outcome));
  }

  #become(state: State): void {
    const isNew = this.#state.is !== state.is;
    if (isNew) this.#since = new Date();
    if (state.is !== "connected") this.#early = [];
    this.#state = state;
    if (isNew) this.#options.onStatus(this.status);
  }

  #tick(): void {
    const nowMs = performance.now();
    const wasFrozen = nowMs - this.#tickedAtMs > this.#options.silenceMs;
    this.#tickedAtMs = nowMs;
    this.#ticks += 1;
    if (this.#server?.isConnected !== true) return;
    // Who was taken for dead may have a successor by now.
    if (wasFrozen) return void this.#claimName();
    if (this.#ticks % ANNOUNCE_HEARTBEATS !== 0 || this.#claim?.isAsking === true) return;
    if (this.#claim?.has === true) this.#announceAll();
    else void this.#claimName();
  }

  #announceAll(): void {
    const hello = this.#acceptor?.own();
    if (hello === undefined || !this.#isAnnounced || this.#claim?.has !== true) return;
    const { id: life, publicKey } = this.#life;
    for (const realm of this.#realms)
      this.#send(realm, allSubject(realm), { kind: "announce", id: createLinkId(), life, publicKey, hello });
  }

  #sendHello(realm: Realm, hello: Hello, id: string, standing = NEW): boolean {
    const { id: life, publicKey } = this.#life;
    return this.#send(
      realm,
      nameSubject(realm, hello.to),
      { kind: "hello", ...standing, id, life, publicKey, hello },
      id,
    );
  }

  /** False: the server does not take it now. `replyId`: the server shall tell, for this id, if nobody is there. */
  #send(realm: Realm, subject: string, note: NatsNote, replyId?: string): boolean {
    const reply = replyId === undefined ? undefined : `${lifeSubject(realm, this.#life.id)}.${replyId}`;
    return this.#server?.publish(subject, sealNote(realm, subject, note), reply) ?? false;
  }

  #hear(subject: string, message: Buffer, isNobody: boolean): void {
    if (isNobody) return this.#hearNobody(subject.slice(subject.lastIndexOf(".") + 1));
    if (isLetter(message)) return this.#hearLetter(message);
    const realm = this.#realms.find(({ prefix }) => subject.startsWith(prefix));
    const opened = realm === undefined ? undefined : openNote(realm, subject, message);
    const note = opened === undefined ? undefined : parseNote(opened);
    if (realm === undefined || note === undefined) this.#refusedMessages.forged += 1;
    else if (!this.#heardNotes.add(note.id)) this.#refusedMessages.replayed += 1;
    else this.#hearNote(realm, note);
  }

  /** Anyone at the server could say so: an attempt may end by it, a link is only looked at. */
  #hearNobody(id: string): void {
    this.#claim?.hearNobody(id);
    this.#asked.get(id)?.onUnreachable("the NATS server knows no node of this name and cookie");
    this.#links.get(id)?.onDoubt();
  }

  #hearLetter(letter: Buffer): void {
    const link = this.#links.get(linkIdOf(letter));
    const refused = link === undefined ? "stale" : link.take(letter);
    if (refused !== undefined) this.#refusedMessages[refused] += 1;
  }

  #hearNote(realm: Realm, note: NatsNote): void {
    const acceptor = this.#acceptor;
    if (acceptor === undefined) return;
    if (note.kind === "welcome" || note.kind === "refuse") {
      const claimed = note.kind === "refuse" ? this.#claim?.hearRefusal(note.of, note.refusal) : undefined;
      if (claimed === "late") void this.#claimName();
      if (claimed !== undefined) return;
      const asked = this.#asked.get(note.of);
      if (asked?.realm === realm) asked.onAnswer(note);
      else this.#refusedMessages.stale += 1;
      return;
    }
    const own = acceptor.own();
    if (note.hello.name === own.name) return this.#hearNamesake(realm, note, own, acceptor);
    if (this.#claim?.has !== true || !this.#isAnnounced) return this.#keepEarly(realm, note);
    if (note.kind === "announce") acceptor.onFound(parseNodeName(note.hello.name));
    else if (this.#welcomed.size < WELCOMED_MAX) void this.#judge(realm, note, acceptor);
  }

  #keepEarly(realm: Realm, note: Calling): void {
    const isCaller = note.kind === "hello" && this.#early.length < EARLY_MAX;
    if (isCaller) this.#early.push({ realm, note, heardAtMs: performance.now() });
  }

  #judgeEarly(): void {
    if (this.#claim?.has !== true || !this.#isAnnounced) return;
    const waitingSinceMs = performance.now() - this.#options.handshakeMs;
    const early = this.#early;
    this.#early = [];
    for (const { realm, note, heardAtMs } of early) if (heardAtMs > waitingSinceMs) this.#hearNote(realm, note);
  }

  #hearNamesake(realm: Realm, note: Calling, own: Hello, acceptor: Acceptor): void {
    const { id, life, hello } = note;
    const claim = this.#claim;
    if (claim === undefined || hello.incarnation === own.incarnation) return;
    // Both were there when two halves of the NATS cluster found each other again.
    if (note.kind === "announce") return claim.has ? void this.#claimName() : undefined;
    if (this.#state.is === "refused" && !claim.isAsking) return;
    const answer = claim.hear(note);
    if (answer === "ask") void this.#claimName();
    if (answer !== "refuse") return;
    const refusal = nameInUse(own);
    this.#send(realm, lifeSubject(realm, life), { kind: "refuse", id: createLinkId(), of: id, refusal });
    acceptor.onRefused(hello.name, toldError(hello.name, refusal));
  }

  async #judge(realm: Realm, offer: Offered, acceptor: Acceptor): Promise<void> {
    const { hello, id, life } = offer;
    try {
      const refusal = await acceptor.judge(hello, () => this.#welcome(realm, offer, acceptor));
      if (refusal === undefined) return;
      acceptor.onRefused(hello.name, toldError(hello.name, refusal));
      const told = { ...refusal, name: acceptor.own().name };
      this.#send(realm, lifeSubject(realm, life), { kind: "refuse", id: createLinkId(), of: id, refusal: told });
    } catch (cause) {
      acceptor.onRefused(hello.name, new PeerRefusedError(hello.name, "malformed", String(cause), { cause }));
    }
  }

  #welcome(realm: Realm, offer: Offered, acceptor: Acceptor): void {
    const id = createLinkId();
    const link = this.#open(realm, id, offer, false);
    const overdue = setTimeout(() => link.close("it was welcomed and said nothing"), this.#options.handshakeMs);
    this.#welcomed.set(link, offer.hello.name);
    const settle = () => {
      clearTimeout(overdue);
      this.#welcomed.delete(link);
    };
    link.onClose = settle;
    link.onFrame = (type, body) => {
      settle();
      link.onClose = () => {};
      link.onFrame = () => {};
      acceptor.onWelcomed(link, offer.hello);
      if (link.isOpen) link.onFrame(type, body);
    };
    const { id: life, publicKey } = this.#life;
    const hello = { ...acceptor.own(), to: offer.hello.name };
    const note: NatsNote = { kind: "welcome", of: offer.id, id, life, publicKey, hello };
    if (!this.#send(realm, lifeSubject(realm, offer.life), note)) link.close("its welcome could not be sent");
  }

  /** `id`: of the link, at this end. */
  #open(realm: Realm, id: string, other: Omit<Offered, "kind">, isCaller: boolean): NatsLink {
    const own = { ...this.#life, id, name: this.#acceptor?.own().name ?? "" };
    const seal = createLinkSeal(realm, own, { ...other, name: other.hello.name }, isCaller);
    const subject = lifeSubject(realm, other.life);
    const reply = `${lifeSubject(realm, this.#life.id)}.${id}`;
    const link = new NatsLink({
      ...this.#options,
      seal,
      remoteAddress: `${other.hello.name} through ${this.#options.servers.shown}`,
      letterBytesMax: () => this.#server?.messageBytesMax ?? 0,
      publish: (letter, isPing) => this.#server?.publish(subject, letter, isPing ? reply : undefined) ?? false,
      flush: async () => this.#server?.flush(),
      onDestroy: () => this.#links.delete(id),
    });
    link.welcome();
    this.#links.set(id, link);
    return link;
  }
}

const NEW: Standing = { hasLived: false, succeededAtMs: undefined };

type Offered = Extract<NatsNote, { hello: Hello }>;

type Calling = Extract<NatsNote, { kind: "announce" | "hello" }>;

/** What all nodes of the realm hear. */
function allSubject({ prefix }: Realm): string {
  return `${prefix}.all`;
}

/** Where one life of a node is reached. */
function lifeSubject({ prefix }: Realm, life: string): string {
  return `${prefix}.life.${life}`;
}
