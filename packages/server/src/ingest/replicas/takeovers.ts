/**
 * Looks after the copies that this node keeps of other nodes' journals: stores what they hold when their owner is gone, and
 * throws them away when it has no use for them.
 */
import type { Database } from "../../db/database.ts";
import type { Log } from "../../runtime/log.ts";
import type { Service } from "../../runtime/service.ts";
import type { DigestPool } from "../digest/digest-pool.ts";
import type { StoredMessage } from "../digest/digest-worker.ts";
import { Dispatcher } from "../digest/dispatcher.ts";
import { claimJournal, findJournalNode, listStoredRanges, releaseJournal } from "../journal/journal.queries.ts";
import { Journal } from "../journal/journal.ts";
import { quarantineEntry } from "../journal/quarantine.ts";
import type { Replica, ReplicaStore } from "./replica-store.ts";
import { decideOnCopy, type OwnerState } from "./takeover-rule.ts";

const LOOK_EVERY_MS = 1_000;

export interface TakeoversOptions {
  readonly store: ReplicaStore;
  readonly database: Database;
  readonly pool: DigestPool;
  /** This node's name. */
  readonly self: string;
  readonly isAlive: (node: string) => boolean;
  /** What a connected node says of journals. Rejects when it does not answer. */
  readonly askOwner: (node: string) => Promise<OwnerState["answer"]>;
  readonly onStored: (message: StoredMessage) => void;
  readonly onQuarantined: (events: number) => void;
  readonly log: Log;
}

export interface HeldCopy {
  readonly journalId: string;
  readonly owner: string;
  readonly bytes: number;
  /** Entries that are still to be stored; `undefined` while the copy is only kept. */
  readonly waiting: number | undefined;
}

interface Takeover {
  readonly replica: Replica;
  readonly journal: Journal;
  readonly dispatcher: Dispatcher;
  isFenced: boolean;
}

export class Takeovers implements Service {
  readonly name = "takeover of journals";
  readonly #options: TakeoversOptions;
  readonly #takeovers = new Map<string, Takeover>();
  /** Since when an owner is not connected, milliseconds by the clock of `performance`, which nobody sets. */
  readonly #awaySinceMs = new Map<string, number>();
  #timer: NodeJS.Timeout | undefined;
  #looking: Promise<void> | undefined;
  #isStopping = false;
  /** Journals of other nodes that were stored from here to their end. */
  finished = 0;

  constructor(options: TakeoversOptions) {
    this.#options = options;
  }

  get copies(): HeldCopy[] {
    return this.#options.store.list().map(({ journalId, owner, bytes }) => {
      const waiting = this.#takeovers.get(journalId)?.journal.depth;
      return { journalId, owner, bytes, waiting };
    });
  }

  /** Of other nodes, whose entries are stored from here now. */
  get journalIds(): string[] {
    return [...this.#takeovers.keys()];
  }

  /** Those of which everything can be read here: one that has to stop at what its disk cannot read leaves the rest to other copies. */
  get readableJournalIds(): string[] {
    return [...this.#takeovers].flatMap(([id, { journal }]) => (journal.unreadableSegments === 0 ? [id] : []));
  }

  async start(): Promise<void> {
    this.#timer = setInterval(() => this.look(), LOOK_EVERY_MS).unref();
  }

  /** What is not stored by then stays on disk for the next start. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    clearInterval(this.#timer);
    await this.#looking;
    for (const { journal, dispatcher } of this.#takeovers.values()) {
      await dispatcher.abandon();
      await journal.close();
    }
    await this.#options.store.close();
  }

  /** Looks at every copy once. To be called when nodes come and go; does nothing while it is looking. */
  look(): void {
    this.#looking ??= this.#lookAtAll().finally(() => {
      this.#looking = undefined;
    });
  }

  async #lookAtAll(): Promise<void> {
    for (const takeover of this.#takeovers.values())
      await this.#orWarn(takeover.replica, () => this.#lookAfter(takeover));
    for (const replica of this.#options.store.list()) await this.#orWarn(replica, () => this.#lookAt(replica));
  }

  /** What could not be dealt with is looked at again; until then the copy is kept. */
  async #orWarn({ owner }: Replica, look: () => Promise<void>): Promise<void> {
    if (this.#isStopping) return;
    await look().catch((error: unknown) =>
      this.#options.log.warn("Copy of a journal could not be dealt with", { owner, error: String(error) }),
    );
  }

  async #lookAfter(takeover: Takeover): Promise<void> {
    const { replica, journal, isFenced } = takeover;
    // Its owner is back, and has begun the copy anew or ended it.
    const isGone = !this.#options.store.list().includes(replica);
    if (isFenced || isGone) await this.#giveUp(takeover);
    // What cannot be read is not stored: the copy stays.
    else if (journal.depth === 0 && journal.unreadableSegments === 0) await this.#finish(takeover);
  }

  async #lookAt(replica: Replica): Promise<void> {
    const { journalId, owner } = replica;
    const { store, self, log } = this.#options;
    if (this.#takeovers.has(journalId)) return;
    const decision = decideOnCopy({ journalId, owner, self }, await this.#stateOf(replica));
    if (decision === "discard") {
      log.info("Copy of a journal discarded; its owner has no use for it", { owner });
      await store.remove(replica);
    } else if (decision === "take_over") await this.#takeOver(replica);
  }

  async #stateOf({ journalId, owner }: Replica): Promise<OwnerState> {
    const { isAlive, askOwner } = this.#options;
    if (isAlive(owner)) {
      this.#awaySinceMs.delete(owner);
      const answer = await askOwner(owner).catch(() => undefined);
      // Of another life the database says whether somebody stores what the first has left.
      if (answer === undefined || answer.journalId === journalId)
        return { awayMs: undefined, answer, claimedBy: undefined };
      return { awayMs: undefined, answer, claimedBy: await this.#claimOf(journalId, owner) };
    }
    const sinceMs = this.#awaySinceMs.get(owner) ?? performance.now();
    this.#awaySinceMs.set(owner, sinceMs);
    return { awayMs: performance.now() - sinceMs, claimedBy: await this.#claimOf(journalId, owner) };
  }

  async #claimOf(journalId: string, owner: string): Promise<OwnerState["claimedBy"]> {
    const { database, self, isAlive, askOwner } = this.#options;
    const node = await findJournalNode(database, journalId);
    if (node === undefined) return undefined;
    if (node === owner || node === self || !isAlive(node)) return { node, isStoring: false };
    // It may have lost its copy since, or be unable to read it.
    const answer = await askOwner(node).catch(() => undefined);
    return { node, isStoring: [answer?.journalId, ...(answer?.storing ?? [journalId])].includes(journalId) };
  }

  async #takeOver(copy: Replica): Promise<void> {
    const { store, database, pool, onStored, onQuarantined, log } = this.#options;
    const { journalId, owner, directory } = copy;
    const replica = await store.seal(copy);
    // First, because a disk that cannot (it may be full) is to leave the journal to whoever else has a copy.
    const journal = await Journal.open({ directory, bytesMax: Number.MAX_SAFE_INTEGER, log: log.error });
    const epoch = await this.#claim(journal).catch(async (error: unknown) => {
      await journal.close();
      throw error;
    });
    log.warn("Journal of another node is stored from its copy here", { owner, waiting: journal.depth });
    const dispatcher: Dispatcher = new Dispatcher({
      journal,
      epoch,
      isCopy: true,
      pool,
      quarantine: async (entry) => {
        onQuarantined(await quarantineEntry(database, { id: journalId, epoch }, entry));
      },
      onStored,
      // Its owner is back, or another node has a copy too.
      onFenced: async () => {
        takeover.isFenced = true;
        return undefined;
      },
      log,
    });
    const takeover: Takeover = { replica, journal, dispatcher, isFenced: false };
    this.#takeovers.set(journalId, takeover);
    await dispatcher.start();
  }

  async #claim(journal: Journal): Promise<number> {
    const { database, self } = this.#options;
    const epoch = await claimJournal(database, journal.id, self);
    journal.skipStored(await listStoredRanges(database, journal.id));
    return epoch;
  }

  /** The copy is left to the rule: whoever claimed the journal may have less of it than is here. */
  async #giveUp(takeover: Takeover): Promise<void> {
    const { replica } = takeover;
    await this.#end(takeover);
    this.#options.log.info("Journal is stored by its owner again, or from another copy", { owner: replica.owner });
  }

  async #finish(takeover: Takeover): Promise<void> {
    const { replica, dispatcher } = takeover;
    const { store, database, log } = this.#options;
    await this.#end(takeover);
    // First, so that a copy that goes is one of which everything is stored, and others are looked at too: they may have more.
    await releaseJournal(database, replica.journalId, dispatcher.epoch);
    await store.remove(replica);
    this.finished += 1;
    log.info("Journal of another node is stored to its end", { owner: replica.owner });
  }

  async #end({ replica, journal, dispatcher }: Takeover): Promise<void> {
    await dispatcher.abandon();
    await journal.close();
    this.#takeovers.delete(replica.journalId);
  }
}
