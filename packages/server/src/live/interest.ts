/**
 * Which projects somebody watches, on any node, and what is searched in them: only of those is told. Each node tells its
 * peers the whole of what is watched on it, whenever that changes and whenever a peer comes up, until the peer has
 * confirmed it. What a peer did before it knew was told to nobody: then `onMissed` hears of it.
 */
import { setTimeout as sleep } from "node:timers/promises";
import type { WatchedProject } from "../search/stream-search.ts";

const RETRY_MS = 1_000;

/**
 * Why a node says what is watched on it. `starting`: it has done nothing yet of which it could have told, and asks what is
 * watched elsewhere. `late`: it could not ask, and works already.
 */
export type WatchReason = "changed" | "starting" | "late";

export interface InterestOptions {
  /** Names of the peers that are alive. */
  readonly peers: () => readonly string[];
  /** Resolves with what is watched on the peer, when it has heard what is watched here; rejects, soon, when it has not. */
  readonly tellPeer: (
    peer: string,
    watched: readonly WatchedProject[],
    reason: WatchReason,
  ) => Promise<readonly WatchedProject[]>;
  /** Of these projects a peer may have told nothing although they were watched here. */
  readonly onMissed: (projectIds: ReadonlySet<string>) => void;
}

type Searches = ReadonlySet<string>;

/** What a peer has confirmed: that it knows of these. */
interface Confirmed {
  readonly version: number;
  readonly projects: ReadonlyMap<string, Searches>;
}

export class Interest {
  readonly #options: InterestOptions;
  readonly #own = new Map<string, Set<string>>();
  readonly #peers = new Map<string, readonly WatchedProject[]>();
  readonly #confirmed = new Map<string, Confirmed>();
  /** What peers are told of for the first time: nobody listens for it yet. */
  readonly #fresh = new Set<string>();
  readonly #retrying = new Map<string, WatchReason>();
  #watched: ReadonlyMap<string, Searches> = new Map();
  #version = 0;
  #isStopped = false;

  constructor(options: InterestOptions) {
    this.#options = options;
  }

  /** Before anything happens here of which others want to hear. Takes no longer than telling one peer may take. */
  async start(): Promise<void> {
    await Promise.all(this.#options.peers().map((peer) => this.#tell(peer, "starting")));
  }

  /** What is watched on any node, as far as it is known here. */
  get watched(): readonly WatchedProject[] {
    return watchedProjects(this.#watched);
  }

  /** What is watched on this node. */
  get own(): readonly WatchedProject[] {
    return watchedProjects(this.#own);
  }

  isWatched(projectId: string): boolean {
    return this.#watched.has(projectId);
  }

  /** Peers that say that somebody listens to it there. */
  watchersOf(projectId: string): readonly string[] {
    return [...this.#peers].flatMap(([peer, watched]) =>
      watched.some((each) => each.projectId === projectId) ? [peer] : [],
    );
  }

  /** Whether somebody listens to it here, or on a peer other than that one, as far as it is known here. */
  isWatchedBesides(peer: string, projectId: string): boolean {
    return this.#own.has(projectId) || this.watchersOf(projectId).some((watcher) => watcher !== peer);
  }

  /** A project, or a search in it as well. Resolves when every peer that can be reached knows it. */
  async add(projectId: string, search?: string): Promise<void> {
    const searches = this.#own.get(projectId) ?? new Set();
    const fresh = [
      ...(this.#own.has(projectId) ? [] : [keyOf(projectId)]),
      ...(search === undefined || searches.has(search) ? [] : [keyOf(projectId, search)]),
    ];
    if (fresh.length === 0) return;
    if (search !== undefined) searches.add(search);
    this.#own.set(projectId, searches);
    this.#recount();
    for (const key of fresh) this.#fresh.add(key);
    await Promise.all(this.#options.peers().map((peer) => this.#tell(peer, "changed")));
    for (const key of fresh) this.#fresh.delete(key);
  }

  remove(projectId: string): void {
    if (this.#own.delete(projectId)) this.#tellAll();
  }

  removeSearch(projectId: string, search: string): void {
    if (this.#own.get(projectId)?.delete(search) === true) this.#tellAll();
  }

  /** A peer says what is watched on it, and gets what is watched here. */
  hear(peer: string, watched: readonly WatchedProject[], reason: WatchReason): readonly WatchedProject[] {
    this.#hear(peer, watched);
    if (reason === "starting") this.#confirm(peer, this.#version);
    if (reason === "late") {
      this.#confirmed.delete(peer);
      void this.#tell(peer, "changed");
    }
    return this.own;
  }

  peerUp(peer: string): void {
    if (this.#own.size > 0) void this.#tell(peer, "changed");
  }

  peerDown(peer: string): void {
    this.#confirmed.delete(peer);
    if (this.#peers.delete(peer)) this.#recount();
  }

  stop(): void {
    this.#isStopped = true;
  }

  #hear(peer: string, watched: readonly WatchedProject[]): void {
    this.#peers.set(peer, watched);
    this.#recount();
  }

  #tellAll(): void {
    this.#recount();
    for (const peer of this.#options.peers()) void this.#tell(peer, "changed");
  }

  /** Once. If it fails it is tried again in the background, as long as the peer lives. */
  async #tell(peer: string, reason: WatchReason): Promise<void> {
    const version = this.#version;
    const told = this.own;
    try {
      this.#hear(peer, await this.#options.tellPeer(peer, told, reason));
    } catch {
      // Not ready yet, or going: its status tells of it.
      void this.#tellLater(peer, reason === "changed" ? "changed" : "late");
      return;
    }
    const missed = this.#unknownTo(peer, told);
    this.#confirm(peer, version, told);
    if (missed.size > 0) this.#options.onMissed(missed);
  }

  async #tellLater(peer: string, reason: WatchReason): Promise<void> {
    const isWaiting = this.#retrying.has(peer);
    if (!isWaiting || reason === "late") this.#retrying.set(peer, reason);
    if (isWaiting) return;
    await sleep(RETRY_MS, undefined, { ref: false });
    const latest = this.#retrying.get(peer) ?? reason;
    this.#retrying.delete(peer);
    if (!this.#isStopped && this.#options.peers().includes(peer)) await this.#tell(peer, latest);
  }

  #confirm(peer: string, version: number, told: readonly WatchedProject[] = this.own): void {
    if (version < (this.#confirmed.get(peer)?.version ?? 0)) return;
    const projects = new Map(told.map(({ projectId, searches }) => [projectId, new Set(searches)]));
    this.#confirmed.set(peer, { version, projects });
  }

  /** Projects of which the peer learns only now, although somebody listens to them, or searches in them, already. */
  #unknownTo(peer: string, told: readonly WatchedProject[]): ReadonlySet<string> {
    const known = this.#confirmed.get(peer)?.projects;
    const isLate = (projectId: string, search?: string) => !this.#fresh.has(keyOf(projectId, search));
    return new Set(
      told.flatMap(({ projectId, searches }) => {
        const knownSearches = known?.get(projectId);
        const isMissed =
          (knownSearches === undefined && isLate(projectId)) ||
          searches.some((search) => knownSearches?.has(search) !== true && isLate(projectId, search));
        return isMissed ? [projectId] : [];
      }),
    );
  }

  #recount(): void {
    this.#version += 1;
    const merged = new Map<string, Searches>();
    for (const { projectId, searches } of [...this.own, ...[...this.#peers.values()].flat()]) {
      merged.set(projectId, new Set([...(merged.get(projectId) ?? []), ...searches]));
    }
    this.#watched = merged;
  }
}

function watchedProjects(watched: ReadonlyMap<string, Searches>): WatchedProject[] {
  return [...watched].map(([projectId, searches]) => ({ projectId, searches: [...searches] }));
}

const keyOf = (projectId: string, search?: string) => `${projectId} ${search ?? ""}`;
