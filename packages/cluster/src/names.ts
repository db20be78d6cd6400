/**
 * The names of the cluster. Lookups are answered here, never over the network. Registering asks the arbiter, the live node
 * of the smallest name, so that of several at once one gets it; a split may have two arbiters, and the rule of `claims.ts`
 * settles that when it heals.
 *
 * Available, not linearizable: nothing that must be unique for correctness may rest on a name.
 */
import { CallError } from "./call-error.ts";
import { type Address, ClaimTable, checkName, encodeClaimSet, isSame, parseClaimSet } from "./claims.ts";

/** How long a grant holds while its claim is on its way to all. */
const GRANT_MS = 3_000;

/** How long a peer may take to answer; a slower one hears of the claim all the same, only later. */
const ANSWER_MS = 2_000;

/** An arbiter that dies is replaced by the next; so often that is tried. */
const ATTEMPTS_MAX = 5;
const RETRY_MS = 200;

/** How often a contender asks for a name that it sees vacant and does not get. */
const VACANCY_MS = 1_000;

export interface NamesOptions {
  readonly own: string;
  /** Names of the live peers. */
  readonly peers: () => string[];
  readonly request: (node: string, kind: "grant" | "claims", body: unknown, deadlineMs: number) => Promise<unknown>;
  /** A name of this node was lost to an earlier claim of another node, as happens when a split heals. */
  readonly onLost: (name: string, to: Address) => void;
  readonly onError: (error: unknown) => void;
  /** Whether a process of this node still runs. */
  readonly isOpen: (address: Address) => boolean;
  /** Milliseconds since 1970. */
  readonly nowMs: () => number;
  readonly wait: (waitMs: number) => Promise<unknown>;
}

export class Names {
  readonly #options: NamesOptions;
  readonly #table: ClaimTable;
  readonly #grants = new Map<string, { node: string; untilMs: number }>();
  /** Who takes a name as soon as it is vacant; of processes that run. */
  readonly #contenders = new Map<string, Address>();
  /** Names that are vacant and being taken for a contender. */
  readonly #filling = new Set<string>();
  /** Peers that did not take what was published last, and those that are being told it again. */
  readonly #untold = new Set<string>();
  readonly #telling = new Set<string>();
  readonly #heard = new Set<string>();
  #isStopped = false;

  constructor(options: NamesOptions) {
    this.#options = options;
    this.#table = new ClaimTable(options.own);
  }

  whereis(name: string): Address | undefined {
    return this.#table.owner(name)?.address;
  }

  list(): { name: string; address: Address }[] {
    return [...this.#table.owners()].map(([name, { address }]) => ({ name, address }));
  }

  count(): { known: number; own: number } {
    return { known: [...this.#table.owners()].length, own: this.#table.own.claims.size };
  }

  /** Whether the peer's names are known here. */
  hasHeard(node: string): boolean {
    return this.#heard.has(node);
  }

  /**
   * Resolves with true when every peer that answers in time knows of it; with false when another process has the name.
   * Rejects with a `CallError` if nobody could say.
   */
  async register(name: string, address: Address): Promise<boolean> {
    checkName(name);
    for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt += 1) {
      const owner = this.#table.owner(name);
      if (owner !== undefined) return isSame(owner.address, address);
      // A grant would keep the name from those who can use it.
      this.#checkOpen(name, address);
      const granted = await this.#askArbiter(name);
      if (granted === undefined) {
        await this.#options.wait(RETRY_MS);
        continue;
      }
      if (!granted.isGranted) return false;
      // Meanwhile another claim may have come, or the process have ended.
      if (this.#table.owner(name) !== undefined) continue;
      this.#checkOpen(name, address);
      this.#table.claim(name, { address, atMs: granted.atMs });
      this.#grants.delete(name);
      await this.#publish(this.#options.peers());
      const settled = this.#table.owner(name);
      return settled !== undefined && isSame(settled.address, address);
    }
    throw new CallError(this.#options.own, "not_connected", `nobody could grant the name ${name}`);
  }

  /** Registers now, or as soon as the name is vacant, as often as that happens. */
  async contend(name: string, address: Address): Promise<boolean> {
    // One that has ended would go on for ever: nothing takes it out any more.
    if (this.#options.isOpen(address)) this.#contenders.set(name, address);
    try {
      return await this.register(name, address);
    } finally {
      this.#fillVacancies();
    }
  }

  /** False: this node does not own the name. It is nobody's contender any more either. */
  async unregister(name: string): Promise<boolean> {
    this.#contenders.delete(name);
    if (!this.#table.own.claims.has(name)) return false;
    this.#table.release(name);
    await this.#publish(this.#options.peers());
    this.#fillVacancies();
    return true;
  }

  /** A process of this node has ended. */
  releaseAll(address: Address): void {
    for (const [name, contender] of this.#contenders) if (isSame(contender, address)) this.#contenders.delete(name);
    for (const [name, claim] of this.#table.own.claims) if (isSame(claim.address, address)) this.#table.release(name);
    this.#quietly(this.#publish(this.#options.peers()));
    this.#fillVacancies();
  }

  /** No vacancy is filled any more. */
  stop(): void {
    this.#isStopped = true;
  }

  nodeUp(node: string): void {
    this.#quietly(this.#publish([node]));
  }

  nodeDown(node: string): void {
    this.#heard.delete(node);
    for (const [name, grant] of this.#grants) if (grant.node === node) this.#grants.delete(name);
    this.#table.drop(node);
    this.#fillVacancies();
  }

  /** As the arbiter: grants the name unless it is owned, or granted to another a moment ago. */
  grant(name: string, from: string): { isGranted: boolean; atMs: number } {
    const nowMs = this.#options.nowMs();
    for (const [granted, { untilMs }] of this.#grants) if (untilMs <= nowMs) this.#grants.delete(granted);
    const grant = this.#grants.get(name);
    const isTaken = this.#table.owner(name) !== undefined || (grant !== undefined && grant.node !== from);
    if (!isTaken) this.#grants.set(name, { node: from, untilMs: nowMs + GRANT_MS });
    return { isGranted: !isTaken, atMs: nowMs };
  }

  /** What a peer publishes. */
  hear(node: string, body: unknown): void {
    const set = parseClaimSet(node, body);
    const lost = this.#table.merge(node, set);
    this.#heard.add(node);
    for (const [name, grant] of this.#grants)
      if (grant.node === node && set.claims.has(name)) this.#grants.delete(name);
    if (lost.length > 0) this.#quietly(this.#publish(this.#options.peers()));
    for (const name of lost) {
      const owner = this.#table.owner(name);
      if (owner !== undefined) this.#options.onLost(name, owner.address);
    }
    this.#fillVacancies();
  }

  async #askArbiter(name: string): Promise<{ isGranted: boolean; atMs: number } | undefined> {
    const { own, peers, request } = this.#options;
    const arbiter = [own, ...peers()].sort()[0] ?? own;
    if (arbiter === own) return this.grant(name, own);
    try {
      const answer = await request(arbiter, "grant", { name }, ANSWER_MS);
      const { isGranted, atMs } = answer as { isGranted: boolean; atMs: number };
      return { isGranted, atMs };
    } catch (error) {
      // It died, or is about to be found dead; whoever is the smallest then is asked next.
      if (error instanceof CallError) return undefined;
      throw error;
    }
  }

  /** Resolves when those that answer in time have heard it; the others are told again for as long as they are alive. */
  async #publish(nodes: readonly string[]): Promise<void> {
    await Promise.all(nodes.map((node) => this.#tell(node)));
  }

  async #tell(node: string): Promise<void> {
    try {
      await this.#options.request(node, "claims", encodeClaimSet(this.#table.own), ANSWER_MS);
    } catch (error) {
      if (!(error instanceof CallError)) throw error;
      // A peer that is lost takes its view with it, and is told everything when it is back. One that had too much to do
      // would hold on to what it heard before.
      this.#untold.add(node);
      if (!this.#telling.has(node)) this.#quietly(this.#tellAgain(node));
    }
  }

  async #tellAgain(node: string): Promise<void> {
    const { peers, wait } = this.#options;
    this.#telling.add(node);
    try {
      while (this.#untold.has(node)) {
        await wait(RETRY_MS);
        if (this.#isStopped || !peers().includes(node)) return;
        this.#untold.delete(node);
        await this.#tell(node);
      }
    } finally {
      this.#untold.delete(node);
      this.#telling.delete(node);
    }
  }

  #fillVacancies(): void {
    for (const name of this.#contenders.keys())
      if (this.#isVacant(name) && !this.#filling.has(name)) this.#quietly(this.#fill(name));
  }

  /** Goes on until the name has an owner: an arbiter may be gone, or have granted the name to somebody who is. */
  async #fill(name: string): Promise<void> {
    this.#filling.add(name);
    try {
      for (
        let contender = this.#contenders.get(name);
        contender !== undefined;
        contender = this.#contenders.get(name)
      ) {
        if (!this.#isVacant(name) || this.#isStopped) return;
        try {
          await this.register(name, contender);
        } catch (error) {
          if (!(error instanceof CallError)) throw error;
        }
        if (this.#isVacant(name)) await this.#options.wait(VACANCY_MS);
      }
    } finally {
      this.#filling.delete(name);
    }
  }

  #checkOpen(name: string, address: Address): void {
    if (!this.#options.isOpen(address))
      throw new CallError(this.#options.own, "no_process", `it ended before it had the name ${name}`);
  }

  #isVacant(name: string): boolean {
    return this.#table.owner(name) === undefined;
  }

  #quietly(work: Promise<void>): void {
    work.catch((error: unknown) => this.#options.onError(error));
  }
}

/** Reads what `#askArbiter` asks. */
export function parseGrantRequest(body: unknown): string {
  const { name } = (body ?? {}) as { name?: unknown };
  if (typeof name !== "string") throw new TypeError("not a name");
  checkName(name);
  return name;
}
