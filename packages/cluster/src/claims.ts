/**
 * Who owns which name in the cluster: the pure core. Every node publishes what it claims itself, and nothing else; so
 * nobody can remove, renumber or forget the names of another. All who have heard the same sets agree on every owner.
 */

/** A process of a node: of this life of it, so that it means nothing to the next. */
export interface Address {
  readonly node: string;
  readonly incarnation: string;
  readonly id: number;
}

export function isSame(one: Address, other: Address): boolean {
  return one.node === other.node && one.incarnation === other.incarnation && one.id === other.id;
}

export interface Claim {
  readonly address: Address;
  /** Milliseconds since 1970, by the clock of who granted it. Clocks may differ; all judge by the same number. */
  readonly atMs: number;
}

/** What one node claims, as of its `version`th change. */
export interface ClaimSet {
  readonly version: number;
  readonly claims: ReadonlyMap<string, Claim>;
}

/** The first to claim a name owns it; of two at the same time, the one on the node of the smaller name. */
export function isBefore(one: Claim, other: Claim): boolean {
  return one.atMs === other.atMs ? one.address.node < other.address.node : one.atMs < other.atMs;
}

export class ClaimTable {
  readonly #own: string;
  readonly #sets = new Map<string, ClaimSet>();

  constructor(own: string) {
    this.#own = own;
    this.#sets.set(own, { version: 0, claims: new Map() });
  }

  get own(): ClaimSet {
    return this.#sets.get(this.#own) ?? { version: 0, claims: new Map() };
  }

  owner(name: string): Claim | undefined {
    let first: Claim | undefined;
    for (const { claims } of this.#sets.values()) {
      const claim = claims.get(name);
      if (claim !== undefined && (first === undefined || isBefore(claim, first))) first = claim;
    }
    return first;
  }

  /** Every name that has an owner. */
  owners(): Map<string, Claim> {
    const owners = new Map<string, Claim>();
    for (const { claims } of this.#sets.values()) {
      for (const [name, claim] of claims) {
        const known = owners.get(name);
        if (known === undefined || isBefore(claim, known)) owners.set(name, claim);
      }
    }
    return owners;
  }

  claim(name: string, claim: Claim): void {
    this.#change((claims) => claims.set(name, claim));
  }

  release(name: string): void {
    if (this.own.claims.has(name)) this.#change((claims) => claims.delete(name));
  }

  /** Takes what a node publishes, unless something newer of it is known. Gives back which own names are lost by it. */
  merge(node: string, set: ClaimSet): string[] {
    if (node === this.#own || set.version <= (this.#sets.get(node)?.version ?? -1)) return [];
    this.#sets.set(node, set);
    const lost = [...this.own.claims].filter(([name, ours]) => {
      const theirs = set.claims.get(name);
      return theirs !== undefined && isBefore(theirs, ours);
    });
    for (const [name] of lost) this.release(name);
    return lost.map(([name]) => name);
  }

  /** The node is gone: its names are vacant. Of its next life nothing is known yet. */
  drop(node: string): void {
    if (node !== this.#own) this.#sets.delete(node);
  }

  #change(edit: (claims: Map<string, Claim>) => void): void {
    const claims = new Map(this.own.claims);
    edit(claims);
    this.#sets.set(this.#own, { version: this.own.version + 1, claims });
  }
}

const NAMES_MAX = 1_000;
const NAME_LENGTH_MAX = 256;

/** Reads a published set of `node`. Throws a `TypeError` for anything else, or for claims of other nodes. */
export function parseClaimSet(node: string, value: unknown): ClaimSet {
  const { version, claims } = value as { version?: unknown; claims?: unknown };
  if (typeof version !== "number" || !Array.isArray(claims) || claims.length > NAMES_MAX)
    throw new TypeError("not a set of claims");
  return { version, claims: new Map(claims.map((entry) => parseEntry(node, entry))) };
}

/** As `parseClaimSet` reads it. */
export function encodeClaimSet({ version, claims }: ClaimSet): object {
  return { version, claims: [...claims].map(([name, { address, atMs }]) => ({ name, address, atMs })) };
}

export function parseAddressValue(value: unknown): Address {
  const { node, incarnation, id } = (value ?? {}) as Partial<Record<keyof Address, unknown>>;
  if (typeof node !== "string" || typeof incarnation !== "string" || typeof id !== "number")
    throw new TypeError("not an address");
  return { node, incarnation, id };
}

export function checkName(name: string): void {
  if (name === "" || name.length > NAME_LENGTH_MAX)
    throw new RangeError(`a name has 1 to ${NAME_LENGTH_MAX} characters`);
}

function parseEntry(node: string, entry: unknown): [string, Claim] {
  const { name, address, atMs } = (entry ?? {}) as { name?: unknown; address?: unknown; atMs?: unknown };
  const parsed = parseAddressValue(address);
  if (typeof name !== "string" || typeof atMs !== "number" || parsed.node !== node) throw new TypeError("not a claim");
  checkName(name);
  return [name, { address: parsed, atMs }];
}
