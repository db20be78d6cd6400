/** The names of a cluster of nodes, in a simulated network of sessions that come, are slow, refuse, and go. */
import { CallError, type CallErrorReason } from "./call-error.ts";
import { type Address, type Claim, isBefore, parseClaimSet } from "./claims.ts";
import { Names, parseGrantRequest } from "./names.ts";
import { type Actor, Scheduler } from "./test-scheduler.ts";

/** Asks a node what it claims itself. */
const PROBE = "probe";

const LATENCY_MS_MAX = 40;
const SLOW_MS_MAX = 4_000;
const SILENCE_MS_MAX = 7_000;
const RECONNECT_MS_MAX = 2_000;

interface Life {
  readonly name: string;
  readonly incarnation: string;
  readonly actor: Actor;
  readonly names: Names;
  readonly open: Map<number, Address>;
  /** Peers that have introduced themselves. */
  readonly live: Set<string>;
  readonly lost: { readonly name: string; readonly to: Address }[];
  readonly faults: unknown[];
  /** Requests of its program that failed. */
  readonly refused: unknown[];
  /** What it was to take as soon as it is vacant. */
  readonly contends: Map<string, Address>;
  readonly pending: Map<number, { readonly session: Session; readonly reject: (error: Error) => void }>;
  probed: unknown;
}

interface Session {
  readonly ends: readonly [Life, Life];
  readonly isClosedAt: Set<Life>;
  readonly arrivesAtMs: Map<Life, number>;
  readonly latencyMsMax: number;
}

export interface NamesHistoryOptions {
  /** By how much clocks may differ. */
  readonly skewMs: number;
  /** How likely a peer refuses a request because too much waits for it already. */
  readonly overloaded: number;
}

export class NamesHistory {
  readonly scheduler: Scheduler;
  readonly nodes: readonly string[];
  readonly lives = new Map<string, Life>();
  readonly #options: NamesHistoryOptions;
  readonly #skews = new Map<string, number>();
  readonly #sessions = new Set<Session>();
  readonly #cut = new Set<string>();
  readonly #connecting = new Set<string>();
  #lastId = 0;
  /** Peers are slow and overloaded until it is set. */
  isCalm = false;

  constructor(seed: number, size: number, options: NamesHistoryOptions) {
    this.scheduler = new Scheduler(seed);
    this.#options = options;
    this.nodes = ["a", "b", "c", "d", "e"].slice(0, size).map((name) => `${name}@h:1`);
    for (const node of this.nodes) this.#skews.set(node, this.scheduler.between(-options.skewMs, options.skewMs + 1));
  }

  start(node: string): void {
    if (this.lives.has(node)) return;
    const { scheduler } = this;
    this.#lastId += 1;
    const actor: Actor = { isGone: false, frozenUntilMs: 0 };
    const life: Life = {
      name: node,
      incarnation: String(this.#lastId),
      actor,
      open: new Map(),
      live: new Set(),
      lost: [],
      faults: [],
      refused: [],
      contends: new Map(),
      pending: new Map(),
      probed: undefined,
      names: new Names({
        own: node,
        peers: () => [...life.live].sort(),
        request: (to, kind, body, deadlineMs) => this.#request(life, to, kind, body, deadlineMs),
        onLost: (name, to) => life.lost.push({ name, to }),
        onError: (error) => life.faults.push(error),
        isOpen: ({ id }) => life.open.has(id),
        nowMs: () => 1_000_000 + scheduler.nowMs + (this.#skews.get(node) ?? 0),
        wait: (waitMs) => new Promise((resolve) => void scheduler.after(waitMs, () => resolve(undefined), actor)),
      }),
    };
    this.lives.set(node, life);
    this.#reconnect();
  }

  /** Peers hear of it at once, or by its silence. */
  kill(node: string): void {
    const life = this.lives.get(node);
    if (life === undefined) return;
    this.lives.delete(node);
    life.actor.isGone = true;
    for (const session of this.#sessions) if (session.ends.includes(life)) this.#break(session);
  }

  cut(one: string, other: string): void {
    this.#cut.add(pairOf(one, other));
    for (const session of this.#sessions)
      if (pairOf(session.ends[0].name, session.ends[1].name) === pairOf(one, other)) this.#break(session);
  }

  split(): void {
    const side = new Map(this.nodes.map((node) => [node, this.scheduler.chance(0.5)]));
    for (const one of this.nodes)
      for (const other of this.nodes) if (one < other && side.get(one) !== side.get(other)) this.cut(one, other);
  }

  heal(): void {
    this.#cut.clear();
    this.#reconnect();
  }

  openProcess(life: Life): Address {
    this.#lastId += 1;
    const address = { node: life.name, incarnation: life.incarnation, id: this.#lastId };
    life.open.set(address.id, address);
    return address;
  }

  closeProcess(life: Life, address: Address): void {
    life.open.delete(address.id);
    for (const [name, contender] of life.contends) if (contender.id === address.id) life.contends.delete(name);
    life.names.releaseAll(address);
  }

  /** What the node claims itself. */
  claimsOf(life: Life): ReadonlyMap<string, Claim> {
    life.names.nodeUp(PROBE);
    return parseClaimSet(life.name, JSON.parse(JSON.stringify(life.probed))).claims;
  }

  /** The first of all that these nodes claim. */
  firstOf(lives: readonly Life[], name: string): Claim | undefined {
    const claims = lives.flatMap((life) => this.claimsOf(life).get(name) ?? []);
    return claims.reduce<Claim | undefined>(
      (first, each) => (first && isBefore(first, each) ? first : each),
      undefined,
    );
  }

  /**
   * When nothing is under way: every node sees of each name the first claim among its own and those of its live peers, no
   * name belongs to a process that has ended, and none for which somebody contends is vacant.
   */
  faultOfViews(names: readonly string[]): string | undefined {
    for (const life of this.lives.values()) {
      if (life.faults.length > 0) return `${life.name} failed: ${life.faults.join()}`;
      const heard = [life, ...[...life.live].flatMap((peer) => this.lives.get(peer) ?? [])];
      for (const name of names) {
        const [seen, first] = [life.names.whereis(name), this.firstOf(heard, name)?.address];
        if (seen?.id !== first?.id)
          return `${life.name} takes ${seen?.node} for the owner of ${name}, not ${first?.node}`;
        const owner = seen === undefined ? undefined : this.lives.get(seen.node);
        if (seen !== undefined && owner?.open.has(seen.id) !== true) return `${name} belongs to nobody that lives`;
        // Its arbiter may see an owner that it cannot see itself.
        const arbiter = heard.toSorted((one, other) => (one.name < other.name ? -1 : 1))[0];
        if (seen === undefined && life.contends.has(name) && arbiter?.names.whereis(name) === undefined)
          return `${life.name} contends for ${name}, which is vacant`;
      }
    }
    return undefined;
  }

  #break(session: Session): void {
    const isQuick = this.scheduler.chance(0.5);
    for (const end of session.ends)
      this.scheduler.after(this.scheduler.between(1, isQuick ? LATENCY_MS_MAX : SILENCE_MS_MAX), () =>
        this.#close(session, end),
      );
  }

  #close(session: Session, end: Life): void {
    if (session.isClosedAt.has(end)) return;
    session.isClosedAt.add(end);
    const peer = session.ends[0] === end ? session.ends[1] : session.ends[0];
    if (!end.actor.isGone) {
      for (const [id, { session: of, reject }] of end.pending) {
        if (of !== session) continue;
        end.pending.delete(id);
        reject(new CallError(peer.name, "node_lost"));
      }
      if (end.live.delete(peer.name)) end.names.nodeDown(peer.name);
    }
    // The other end finds out.
    this.scheduler.after(this.scheduler.between(1, LATENCY_MS_MAX), () => this.#close(session, peer));
    if (session.isClosedAt.size < 2) return;
    this.#sessions.delete(session);
    this.#reconnect();
  }

  /** Pairs that can and have no session get one, each in its time. */
  #reconnect(): void {
    for (const one of this.lives.values())
      for (const other of this.lives.values()) {
        const pair = pairOf(one.name, other.name);
        if (one.name >= other.name || this.#connecting.has(pair)) continue;
        this.#connecting.add(pair);
        this.scheduler.after(this.scheduler.between(1, RECONNECT_MS_MAX), () => {
          this.#connecting.delete(pair);
          this.#connect(pair);
        });
      }
  }

  #connect(pair: string): void {
    const [one, other] = pair.split(" ").map((node) => this.lives.get(node));
    if (one === undefined || other === undefined || this.#cut.has(pair)) return;
    for (const session of this.#sessions) {
      const names = session.ends.map(({ name }) => name);
      if (names.includes(one.name) && names.includes(other.name)) {
        // A new life of a node is let in only when the session of the old one is closed.
        if (!session.ends.includes(one) || !session.ends.includes(other)) {
          for (const end of session.ends) this.#close(session, end);
          this.#reconnect();
        }
        return;
      }
    }
    const latencyMsMax = this.scheduler.chance(0.1) ? SLOW_MS_MAX : LATENCY_MS_MAX;
    const session: Session = { ends: [one, other], isClosedAt: new Set(), arrivesAtMs: new Map(), latencyMsMax };
    this.#sessions.add(session);
    for (const [from, to] of [[one, other] as const, [other, one] as const])
      this.#deliver(session, from, to, () => {
        to.live.add(from.name);
        to.names.nodeUp(from.name);
      });
  }

  /** In order, within a session; not at all once it is closed. */
  #deliver(session: Session, from: Life, to: Life, arrive: () => void): void {
    if (session.isClosedAt.has(from)) return;
    const { nowMs } = this.scheduler;
    const latencyMs = this.scheduler.between(1, this.isCalm ? LATENCY_MS_MAX : session.latencyMsMax);
    const atMs = Math.max(session.arrivesAtMs.get(to) ?? 0, nowMs + latencyMs);
    session.arrivesAtMs.set(to, atMs);
    this.scheduler.after(atMs - nowMs, () => session.isClosedAt.has(to) || arrive(), to.actor);
  }

  async #request(
    from: Life,
    node: string,
    kind: "grant" | "claims",
    body: unknown,
    deadlineMs: number,
  ): Promise<unknown> {
    if (node === PROBE) {
      from.probed = body;
      return undefined;
    }
    const session = [...this.#sessions].find(
      ({ ends, isClosedAt }) => ends.includes(from) && ends.some(({ name }) => name === node) && !isClosedAt.has(from),
    );
    const to = session?.ends.find(({ name }) => name === node);
    if (session === undefined || to === undefined || !from.live.has(node)) throw new CallError(node, "not_connected");
    if (!this.isCalm && this.scheduler.chance(this.#options.overloaded)) throw new CallError(node, "overloaded");
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    this.#lastId += 1;
    const id = this.#lastId;
    from.pending.set(id, { session, reject });
    const settle = (end: () => void) => from.pending.delete(id) && end();
    const isInTime = this.scheduler.after(
      deadlineMs,
      () => settle(() => reject(new CallError(node, "deadline" satisfies CallErrorReason))),
      from.actor,
    );
    const sent: unknown = JSON.parse(JSON.stringify(body));
    this.#deliver(session, from, to, () => {
      const answer =
        kind === "grant" ? to.names.grant(parseGrantRequest(sent), from.name) : to.names.hear(from.name, sent);
      this.#deliver(session, to, from, () =>
        settle(() => {
          isInTime();
          resolve(answer);
        }),
      );
    });
    return promise;
  }
}

function pairOf(one: string, other: string): string {
  return [one, other].sort().join(" ");
}
