/**
 * Keeps copies of this node's journal on other nodes, so that the loss of this machine and its disk loses nothing that was
 * answered. A copy begins with the segments that are there; from then on every write goes there as well, and answers wait for
 * it. A peer that does not answer in time holds nobody up: the copy there is given up, and another peer gets one.
 */
import { randomUUID } from "node:crypto";
import type { Log } from "../../runtime/log.ts";
import type { Service } from "../../runtime/service.ts";
import type { Journal } from "../journal/journal.ts";
import type { SegmentMirror } from "../journal/segment-mirror.ts";
import { REPLICA_WRITE_BYTES_MAX, type ReplicaMessage } from "./replica-messages.ts";

/** How long a write may take on a peer before its copy is given up. */
export const REPLICA_WRITE_MS_MAX = 2_000;

/** Bytes on their way to a peer; one that is so far behind is given up. */
const QUEUED_BYTES_MAX = 64 * 1024 * 1024;

/** A live peer whose copy was given up is left alone for this long. */
const AVOIDED_MS = 10_000;

const ADJUST_EVERY_MS = 1_000;

export interface ReplicatorOptions {
  readonly journal: Journal;
  /** This node's name. */
  readonly self: string;
  /** Copies to keep. */
  readonly wanted: number;
  readonly peers: () => string[];
  /** Rejects if the peer refuses or does not answer within `REPLICA_WRITE_MS_MAX`. */
  readonly tell: (peer: string, message: ReplicaMessage) => Promise<unknown>;
  readonly log: Log;
}

export interface ReplicationState {
  readonly wanted: number;
  /** `off`: none wanted. `degraded`: fewer than wanted keep a copy that is complete. */
  readonly state: "off" | "complete" | "catching_up" | "degraded";
  readonly holders: readonly { readonly node: string; readonly state: "catching_up" | "complete" }[];
}

interface Holder {
  readonly peer: string;
  readonly term: string;
  /** The copy has begun there. */
  readonly begun: Promise<unknown>;
  isComplete: boolean;
  queuedBytes: number;
}

export class Replicator implements Service, SegmentMirror {
  readonly name = "journal replication";
  readonly #options: ReplicatorOptions;
  readonly #holders = new Map<string, Holder>();
  readonly #avoidedUntilMs = new Map<string, number>();
  #timer: NodeJS.Timeout | undefined;
  #isAttaching = false;
  #isStopped = false;
  #wasComplete = true;
  /** Writes that were answered for with fewer copies than wanted. */
  degradedWrites = 0;

  constructor(options: ReplicatorOptions) {
    this.#options = options;
  }

  get state(): ReplicationState {
    const { wanted } = this.#options;
    const holders = [...this.#holders.values()].map(
      ({ peer, isComplete }) => ({ node: peer, state: isComplete ? "complete" : "catching_up" }) as const,
    );
    const complete = holders.filter(({ state }) => state === "complete").length;
    if (wanted === 0) return { wanted, state: "off", holders };
    if (complete >= wanted) return { wanted, state: "complete", holders };
    return { wanted, state: holders.length >= wanted ? "catching_up" : "degraded", holders };
  }

  /** Nodes that keep a copy, complete or not. */
  get holders(): string[] {
    return [...this.#holders.keys()];
  }

  async start(): Promise<void> {
    if (this.#options.wanted === 0) return;
    this.#options.journal.mirror = this;
    this.#timer = setInterval(() => this.adjust(), ADJUST_EVERY_MS).unref();
    this.adjust();
  }

  /** Copies are no longer needed if everything is stored. What is not, the holders store when this node has left. */
  async stop(): Promise<void> {
    clearInterval(this.#timer);
    this.#isStopped = true;
    const { journal, tell } = this.#options;
    journal.mirror = undefined;
    if (journal.depth > 0) return;
    const holders = [...this.#holders.values()];
    await Promise.allSettled(
      holders.map(({ peer, term }) => tell(peer, { kind: "end", journal_id: journal.id, term })),
    );
  }

  async write(segment: number, offset: number, parts: readonly Uint8Array[]): Promise<void> {
    if (this.#holders.size < this.#options.wanted) this.degradedWrites += 1;
    if (this.#holders.size === 0) return;
    const bytes = Buffer.concat(parts);
    const holders = [...this.#holders.values()];
    await Promise.all(holders.map((holder) => this.#writeTo(holder, segment, offset, bytes)));
  }

  drop(segment: number): void {
    for (const holder of this.#holders.values()) {
      const { peer, term, begun } = holder;
      begun
        .then(() => this.#options.tell(peer, { kind: "drop", journal_id: this.#options.journal.id, term, segment }))
        .catch((error: unknown) => this.#giveUp(holder, error));
    }
  }

  /** Gives up copies on nodes that are gone, and begins new ones where there are too few. To be called when nodes come and go. */
  adjust(): void {
    if (this.#isStopped) return;
    const peers = this.#options.peers();
    for (const holder of this.#holders.values())
      if (!peers.includes(holder.peer)) this.#giveUp(holder, new Error("the node is gone"), 0);
    if (!this.#isAttaching && this.#holders.size < this.#options.wanted) {
      const peer = this.#choosePeer(peers);
      if (peer !== undefined) this.#attach(peer);
    }
    this.#tellState();
  }

  /** The next in the ring of names, so that the copies of many nodes are spread. */
  #choosePeer(peers: readonly string[]): string | undefined {
    const nowMs = performance.now();
    for (const [peer, untilMs] of this.#avoidedUntilMs) if (untilMs <= nowMs) this.#avoidedUntilMs.delete(peer);
    const { self } = this.#options;
    const free = peers.filter((peer) => !this.#holders.has(peer) && !this.#avoidedUntilMs.has(peer));
    const ring = [...free.filter((peer) => peer > self).sort(), ...free.filter((peer) => peer < self).sort()];
    return ring[0];
  }

  /** At a moment between two writes: what is sealed by then is copied, what comes later is written there as it comes. */
  #attach(peer: string): void {
    this.#isAttaching = true;
    const { journal, tell, self } = this.#options;
    journal.rotate(() => {
      const term = randomUUID();
      const begun = tell(peer, { kind: "begin", journal_id: journal.id, owner: self, term });
      const holder: Holder = { peer, term, begun, isComplete: false, queuedBytes: 0 };
      this.#holders.set(peer, holder);
      this.#isAttaching = false;
      this.#copy(holder, journal.segments()).catch((error: unknown) => this.#giveUp(holder, error));
    });
  }

  async #copy(
    holder: Holder,
    segments: readonly { readonly segment: number; readonly bytes: number }[],
  ): Promise<void> {
    await holder.begun;
    for (const { segment, bytes } of segments) {
      for (let offset = 0; offset < bytes; offset += REPLICA_WRITE_BYTES_MAX) {
        const length = Math.min(REPLICA_WRITE_BYTES_MAX, bytes - offset);
        const part = await this.#read(segment, offset, length);
        if (part === undefined) break;
        await this.#send(holder, segment, offset, part);
        if (this.#holders.get(holder.peer) !== holder) return;
      }
    }
    holder.isComplete = true;
    this.#tellState();
  }

  /** `undefined`: all of the segment is stored meanwhile, or this disk cannot read it, which is no reason to copy nothing else. */
  async #read(segment: number, offset: number, length: number): Promise<Buffer | undefined> {
    return this.#options.journal.readSegment(segment, offset, length).catch((error: unknown) => {
      this.#options.log.error("Journal segment cannot be read; its copy ends there", { segment, error: String(error) });
      return undefined;
    });
  }

  async #writeTo(holder: Holder, segment: number, offset: number, bytes: Buffer): Promise<void> {
    try {
      holder.queuedBytes += bytes.length;
      if (holder.queuedBytes > QUEUED_BYTES_MAX) throw new Error("it is too far behind");
      await holder.begun;
      const sent: Promise<void>[] = [];
      for (let from = 0; from < bytes.length; from += REPLICA_WRITE_BYTES_MAX)
        sent.push(this.#send(holder, segment, offset + from, bytes.subarray(from, from + REPLICA_WRITE_BYTES_MAX)));
      await Promise.all(sent);
    } catch (error) {
      this.#giveUp(holder, error);
    } finally {
      holder.queuedBytes -= bytes.length;
    }
  }

  async #send({ peer, term }: Holder, segment: number, offset: number, bytes: Buffer): Promise<void> {
    const { journal, tell } = this.#options;
    await tell(peer, {
      kind: "write",
      journal_id: journal.id,
      term,
      segment,
      offset,
      bytes: bytes.toString("base64"),
    });
  }

  #giveUp(holder: Holder, error: unknown, avoidedMs = AVOIDED_MS): void {
    if (this.#holders.get(holder.peer) !== holder) return;
    this.#holders.delete(holder.peer);
    this.#avoidedUntilMs.set(holder.peer, performance.now() + avoidedMs);
    this.#options.log.warn("Copy of the journal given up", { node: holder.peer, reason: String(error) });
    this.adjust();
  }

  #tellState(): void {
    const { state, holders } = this.state;
    const isComplete = state === "complete";
    if (isComplete === this.#wasComplete) return;
    if (isComplete)
      this.#options.log.info("Journal is kept by others as well", { nodes: holders.map(({ node }) => node) });
    else if (state === "degraded")
      this.#options.log.warn(
        "Journal has fewer copies than wanted; the loss of this disk would lose what is not stored",
        {
          wanted: this.#options.wanted,
        },
      );
    this.#wasComplete = isComplete || state !== "degraded";
  }
}
