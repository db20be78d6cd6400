/**
 * Which projects somebody watches, on any node: only of those is told. Each node tells its peers the whole of what is watched
 * on it, whenever that changes and whenever a peer comes up, until the peer has confirmed it.
 */
import { setTimeout as sleep } from "node:timers/promises";

const RETRY_MS = 1_000;

export interface InterestOptions {
  /** Names of the peers that are alive. */
  readonly peers: () => readonly string[];
  /** Resolves when the peer has heard it; rejects, soon, when it has not. */
  readonly tellPeer: (peer: string, projectIds: readonly string[]) => Promise<unknown>;
}

export class Interest {
  readonly #options: InterestOptions;
  readonly #own = new Set<string>();
  readonly #peers = new Map<string, ReadonlySet<string>>();
  readonly #retrying = new Set<string>();
  #watched: readonly string[] = [];
  #isStopped = false;

  constructor(options: InterestOptions) {
    this.#options = options;
  }

  /** Projects that are watched on any node, as far as it is known here. */
  get watched(): readonly string[] {
    return this.#watched;
  }

  isWatched(projectId: string): boolean {
    return this.#own.has(projectId) || [...this.#peers.values()].some((projects) => projects.has(projectId));
  }

  /** Resolves when every peer that can be reached knows it. */
  async add(projectId: string): Promise<void> {
    if (this.#own.has(projectId)) return;
    this.#own.add(projectId);
    this.#recount();
    await Promise.all(this.#options.peers().map((peer) => this.#tell(peer)));
  }

  remove(projectId: string): void {
    if (!this.#own.delete(projectId)) return;
    this.#recount();
    for (const peer of this.#options.peers()) void this.#tell(peer);
  }

  /** A peer says what is watched on it. */
  hear(peer: string, projectIds: readonly string[]): void {
    this.#peers.set(peer, new Set(projectIds));
    this.#recount();
  }

  peerUp(peer: string): void {
    if (this.#own.size > 0) void this.#tell(peer);
  }

  peerDown(peer: string): void {
    if (this.#peers.delete(peer)) this.#recount();
  }

  stop(): void {
    this.#isStopped = true;
  }

  /** Once. If it fails it is tried again in the background, as long as the peer lives. */
  async #tell(peer: string): Promise<void> {
    try {
      await this.#options.tellPeer(peer, [...this.#own]);
    } catch {
      // Not ready yet, or going: its status tells of it.
      void this.#tellLater(peer);
    }
  }

  async #tellLater(peer: string): Promise<void> {
    if (this.#retrying.has(peer)) return;
    this.#retrying.add(peer);
    await sleep(RETRY_MS, undefined, { ref: false });
    this.#retrying.delete(peer);
    if (!this.#isStopped && this.#options.peers().includes(peer)) await this.#tell(peer);
  }

  #recount(): void {
    this.#watched = [...new Set([...this.#own, ...[...this.#peers.values()].flatMap((projects) => [...projects])])];
  }
}
