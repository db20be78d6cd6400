/** Which peers there are to dial and when: pure, so that its clock can be a test's. */
import type { NodeName } from "./node-name.ts";

/**
 * Waits between attempts: they grow from the first to the longest and are never given up. A node without any peer has
 * nothing better to do, and its cluster may be just starting: it waits less.
 */
const BACKOFF_MS = { first: 500, maxAlone: 2_000, max: 10_000 } as const;

/** A peer of which only gossip told is forgotten when it was not reached for so long; seeds never are. */
const FORGOTTEN_AFTER_MS = 24 * 60 * 60 * 1000;

/** More peers than any cluster of ours has; a flood of names ends here. */
export const PEERS_MAX = 256;

export interface KnownPeer {
  readonly node: NodeName;
  readonly isSeed: boolean;
  failures: number;
  dueAtMs: number;
  reachedAtMs: number;
}

export class PeerBook {
  readonly #ownName: string;
  readonly #random: () => number;
  readonly #peers = new Map<string, KnownPeer>();

  constructor(ownName: string, random: () => number = Math.random) {
    this.#ownName = ownName;
    this.#random = random;
  }

  /** The peer is to be dialled at once, unless it was known already. */
  learn(node: NodeName, isSeed: boolean, nowMs: number): void {
    if (node.full === this.#ownName || node.port === 0) return;
    const known = this.#peers.get(node.full);
    if (known !== undefined && (known.isSeed || !isSeed)) return;
    if (known === undefined && !isSeed && this.#peers.size >= PEERS_MAX) return;
    const fresh = { failures: 0, dueAtMs: nowMs, reachedAtMs: nowMs };
    this.#peers.set(node.full, { ...(known ?? fresh), node, isSeed });
  }

  /** There is a sign that the peer can be reached now. */
  hasten(name: string, nowMs: number): void {
    const peer = this.#peers.get(name);
    if (peer !== undefined) peer.dueAtMs = Math.min(peer.dueAtMs, nowMs);
  }

  get(name: string): KnownPeer | undefined {
    return this.#peers.get(name);
  }

  list(): KnownPeer[] {
    return [...this.#peers.values()];
  }

  /** There is a session, or was one until now: when it is gone, dialling starts anew. */
  reached(name: string, nowMs: number): void {
    const peer = this.#peers.get(name);
    if (peer === undefined) return;
    peer.failures = 0;
    peer.reachedAtMs = nowMs;
    peer.dueAtMs = nowMs + this.#backoffMs(0);
  }

  failed(name: string, nowMs: number, isAlone = false): void {
    const peer = this.#peers.get(name);
    if (peer === undefined) return;
    peer.dueAtMs = nowMs + this.#backoffMs(peer.failures, isAlone ? BACKOFF_MS.maxAlone : BACKOFF_MS.max);
    peer.failures += 1;
    if (!peer.isSeed && nowMs - peer.reachedAtMs > FORGOTTEN_AFTER_MS) this.#peers.delete(name);
  }

  /** Peers whose time has come, of those that `isWanted`. */
  due(nowMs: number, isWanted: (name: string) => boolean): KnownPeer[] {
    return this.list().filter((peer) => peer.dueAtMs <= nowMs && isWanted(peer.node.full));
  }

  /** When the next of those that are wanted is due, if any is. */
  nextDueMs(isWanted: (name: string) => boolean): number | undefined {
    const times = this.list().flatMap((peer) => (isWanted(peer.node.full) ? [peer.dueAtMs] : []));
    return times.length === 0 ? undefined : Math.min(...times);
  }

  /** Shortened by up to half at random, so that many do not come at once. */
  #backoffMs(failures: number, maxMs: number = BACKOFF_MS.max): number {
    const full = Math.min(maxMs, BACKOFF_MS.first * 2 ** Math.min(failures, 10));
    return full * (0.5 + this.#random() / 2);
  }
}
