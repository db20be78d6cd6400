/** Dials whom there is no session with, for ever: configured seeds, what DNS says, and peers that others told of. */
import { lookup } from "node:dns/promises";
import type { PresharedKey } from "./cookie.ts";
import { ANY_NODE, type Hello, judgeHello, PeerRefusedError } from "./hello.ts";
import type { NodeName } from "./node-name.ts";
import { PeerBook } from "./peer-book.ts";
import type { PeerLink } from "./peer-link.ts";
import type { DnsSeed, Seed } from "./peers.ts";
import type { Wire } from "./wire.ts";
import type { World } from "./world.ts";

/** Attempts at once; a book full of peers out of reach must not open hundreds of sockets. */
const DIALS_MAX = 16;

/** How often DNS is asked, milliseconds: often while the node is alone. */
const DNS_MS = { alone: 2_000, joined: 30_000 } as const;

export interface DiallerOptions {
  readonly world: World;
  readonly wire: Pick<Wire, "dial">;
  /** The first is dialled with; when it does not fit, the others. */
  readonly keys: readonly PresharedKey[];
  readonly seeds: readonly Seed[];
  readonly own: () => Hello;
  readonly hasSession: (name: string) => boolean;
  readonly isAlone: () => boolean;
  /** `key`: what was dialled; the peer's name, or an address that DNS gave. */
  readonly onSession: (link: PeerLink, peer: Hello, key: string) => void;
  readonly onRefused: (peer: string, error: PeerRefusedError) => void;
}

interface Attempt {
  readonly given: AbortController;
  readonly done: Promise<void>;
  readonly isHelloSent: boolean;
}

export class Dialler {
  readonly #options: DiallerOptions;
  readonly #book: PeerBook;
  readonly #attempts = new Map<string, Attempt>();
  /** Who answered at an address that only DNS knows; the node itself among them. */
  readonly #answeredBy = new Map<string, string>();
  #endWait = () => {};
  #endDnsWait = () => {};
  #failedDials = 0;
  #isStopped = false;

  constructor(options: DiallerOptions) {
    this.#options = options;
    this.#book = new PeerBook(options.own().name, options.world.random);
  }

  start(): void {
    for (const seed of this.#options.seeds)
      if (seed.kind === "node") this.#book.learn(seed.node, true, this.#options.world.nowMs());
    this.#dialDue();
    this.#resolveSeeds();
  }

  /** Peers that are known, connected or not. */
  get names(): string[] {
    return this.#book.list().map(({ node }) => node.full);
  }

  learn(nodes: readonly NodeName[]): void {
    for (const node of nodes) this.#book.learn(node, false, this.#options.world.nowMs());
    this.#dialDue();
  }

  /** The node has just made itself known: it is dialled at once, whenever it was due. */
  found(node: NodeName): void {
    this.#book.learn(node, false, this.#options.world.nowMs());
    this.#book.hasten(node.full, this.#options.world.nowMs());
    this.#dialDue();
  }

  /** There is a session, or it has just ended. */
  reached(name: string): void {
    this.#book.reached(name, this.#options.world.nowMs());
    this.#dialDue();
  }

  /** Dials at once, whatever the time. Rejects with a `PeerRefusedError`. From now on the peer is a seed. */
  async dialNow(node: NodeName): Promise<void> {
    this.#book.learn(node, true, this.#options.world.nowMs());
    await (this.#attempts.get(node.full)?.done ?? this.#dial(node.full, node));
  }

  /** Whether the peer has been, or is just being, told hello by us. */
  isHelloSent(name: string): boolean {
    return this.#attempts.get(name)?.isHelloSent === true;
  }

  cancel(name: string): void {
    this.#attempts.get(name)?.given.abort(new PeerRefusedError(name, "already_connected"));
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#endWait();
    this.#endDnsWait();
    const attempts = [...this.#attempts.values()];
    for (const { given } of attempts) given.abort(new PeerRefusedError("this node", "leaving"));
    await Promise.allSettled(attempts.map(({ done }) => done));
  }

  #isWanted = (name: string) => !this.#options.hasSession(name) && !this.#attempts.has(name);

  #dialDue(): void {
    if (this.#isStopped) return;
    this.#endWait();
    const due = this.#book.due(this.#options.world.nowMs(), this.#isWanted).slice(0, DIALS_MAX - this.#attempts.size);
    for (const { node } of due) this.#dialQuietly(node.full, node);
    if (this.#attempts.size >= DIALS_MAX) return;
    const nextMs = this.#book.nextDueMs(this.#isWanted);
    if (nextMs === undefined) return;
    const { after, nowMs } = this.#options.world;
    this.#endWait = after(Math.max(1, nextMs - nowMs()), () => this.#dialDue());
  }

  /** What comes of it is told by `onSession` and `onRefused`. */
  #dialQuietly(key: string, address: { host: string; port: number }): void {
    this.#dial(key, address).catch(() => undefined);
  }

  #dial(key: string, { host, port }: { host: string; port: number }): Promise<void> {
    const attempt = { given: new AbortController(), isHelloSent: false };
    const to = key.includes("@") ? key : ANY_NODE;
    const done = this.#options.wire
      .dial({
        host,
        port,
        key: this.#nextKey(),
        hello: { ...this.#options.own(), to },
        signal: attempt.given.signal,
        onHello: () => {
          attempt.isHelloSent = true;
        },
        onWelcome: (link, peer) => this.#welcomed(key, to, link, peer),
      })
      .catch((error: unknown) => {
        this.#failed(key, error);
        throw error;
      })
      .finally(() => {
        this.#attempts.delete(key);
        this.#dialDue();
      });
    this.#attempts.set(key, Object.assign(attempt, { done }));
    return done;
  }

  #welcomed(key: string, to: string, link: PeerLink, peer: Hello): void {
    const refusal =
      judgeHello(peer, this.#options.own()) ??
      (to !== ANY_NODE && peer.name !== to
        ? ({ reason: "wrong_node", detail: `it is ${peer.name}` } as const)
        : undefined);
    if (to === ANY_NODE) this.#answeredBy.set(key, peer.name);
    if (refusal === undefined && !this.#options.hasSession(peer.name)) return this.#options.onSession(link, peer, key);
    const error = new PeerRefusedError(key, refusal?.reason ?? "already_connected", refusal?.detail);
    link.onClose = () => undefined;
    link.close(error.message);
    return this.#options.onRefused(key, error);
  }

  #failed(key: string, cause: unknown): void {
    this.#book.failed(key, this.#options.world.nowMs(), this.#options.isAlone());
    const error =
      cause instanceof PeerRefusedError ? cause : new PeerRefusedError(key, "unreachable", String(cause), { cause });
    if (error.reason === "wrong_cookie") this.#failedDials += 1;
    if (error.answeredBy !== undefined) this.#answeredBy.set(key, error.answeredBy);
    if (!this.#isStopped) this.#options.onRefused(key, error);
  }

  /** While the cookie is changed, peers may know only the old one or only the new one. */
  #nextKey(): PresharedKey {
    const { keys } = this.#options;
    const key = keys[this.#failedDials % keys.length];
    if (key === undefined) throw new RangeError("a mesh needs a cookie");
    return key;
  }

  #resolveSeeds(): void {
    const seeds = this.#options.seeds.filter((seed) => seed.kind === "dns");
    if (seeds.length === 0 || this.#isStopped) return;
    void Promise.all(seeds.map((seed) => this.#resolve(seed))).finally(() => {
      const waitMs = this.#options.isAlone() ? DNS_MS.alone : DNS_MS.joined;
      if (!this.#isStopped) this.#endDnsWait = this.#options.world.after(waitMs, () => this.#resolveSeeds());
    });
  }

  async #resolve({ host, port }: DnsSeed): Promise<void> {
    try {
      for (const { address } of await lookup(host, { all: true })) this.#dialAddress(address, port);
    } catch (cause) {
      this.#options.onRefused(
        `dns:${host}`,
        new PeerRefusedError(`dns:${host}`, "unreachable", String(cause), { cause }),
      );
    }
  }

  #dialAddress(host: string, port: number): void {
    const key = `${host} ${port}`;
    const name = this.#answeredBy.get(key);
    const isSettled = name !== undefined && (name === this.#options.own().name || this.#options.hasSession(name));
    if (!isSettled && !this.#attempts.has(key) && this.#attempts.size < DIALS_MAX)
      this.#dialQuietly(key, { host, port });
  }
}
