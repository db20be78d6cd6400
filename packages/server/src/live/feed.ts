/**
 * The live feed of this node. What is told on any node of the cluster reaches every client of the project on every node,
 * once: the telling node sends it to the room `project:<id>`, and each node gives it to its own clients.
 */
import { setTimeout as sleep } from "node:timers/promises";
import type { StreamChange } from "@mesher/protocol";
import type { Log } from "../runtime/log.ts";
import type { Service } from "../runtime/service.ts";
import { STREAM_SEARCHES_MAX, type StreamSearch, type Verdicts, type WatchedProject } from "../search/stream-search.ts";
import { partsOf } from "./broadcast-parts.ts";
import { type Broadcast, Channel, type ChannelStart, type Subscriber } from "./channel.ts";
import { Interest, type WatchReason } from "./interest.ts";
import { newOrigin, type SeenOrigins } from "./position.ts";
import { parseRecallAnswer, type RecallAnswer } from "./recall.ts";

/**
 * How long a project is listened to, and a search asked, after the last client has gone: within it a client can come back
 * and miss nothing.
 */
const LINGER_MS = 60_000;

/** Projects that are listened to. Beyond it those without clients are given up at once. */
const CHANNELS_MAX = 2_000;

/** Searches on this node. Peers are told all of them in one message, which over NATS may have less than a megabyte. */
export const SEARCHES_MAX = 100;

/** Peers that are asked for what they keep, one after the other: one that has just begun has nothing. */
const KEEPERS_MAX = 3;

/** How long peers are asked again when one does not answer. A client that begins to listen waits for it. */
const RECALL_MS_MAX = 3_000;
const RECALL_RETRY_MS = 200;

/**
 * What was lost on the way to a peer is seen there by the numbers of what comes next. If nothing does, it is seen by how much this node says
 * that it has told, which it says so many times, as often as that: for as long as a peer that does not read may live.
 */
export const SAY_AGAIN_MS = 2_000;
export const SAY_AGAIN_TIMES = 5;

/** How long a node that stops tries to find a peer that listens on for its clients. */
const HAND_OVER_MS_MAX = 3_000;

/** There are too many different searches already. */
export class TooManySearchesError extends Error {
  override readonly name = "TooManySearchesError";
}

/** What the feed needs of the node it runs on. A node alone has no peers; everything else is the same. */
export interface FeedNode {
  readonly rooms: {
    join(room: string, member: RoomMember): void;
    leave(room: string, member: RoomMember): void;
    broadcast(room: string, message: unknown): void;
  };
  readonly list: () => readonly string[];
  /** Tells every peer that comes and goes. Gives back how to stop it. */
  readonly monitor: (listener: (change: PeerChange) => void) => () => void;
  /** Lets peers ask this feed, until what it gives back is called. */
  readonly serve: (answers: FeedAnswers) => () => void;
  /**
   * Tells a peer what is watched here: `hearInterest` of its feed gets it, and says what is watched there. Rejects soon if it
   * cannot.
   */
  readonly tellPeer: (
    peer: string,
    watched: readonly WatchedProject[],
    reason: WatchReason,
  ) => Promise<readonly WatchedProject[]>;
  /**
   * Asks a peer what was told of a project before it was listened to here: `answerRecall` of its feed gets it. `isAll`: the recent messages
   * too. Rejects soon if it cannot.
   */
  readonly recall: (peer: string, projectId: string, isAll: boolean) => Promise<unknown>;
  /** Asks a peer to listen on to this: `takeOver` of its feed gets it. Rejects within that time if it does not. */
  readonly handOver: (peer: string, watched: readonly WatchedProject[], deadlineMs: number) => Promise<unknown>;
}

/** What a feed can be asked by its peers. */
export type FeedAnswers = Pick<Feed, "hearInterest" | "answerRecall" | "takeOver">;

export interface PeerChange {
  readonly kind: "up" | "down";
  readonly node: string;
  /** One that is down said that it was going. */
  readonly hasLeft?: boolean;
}

type RoomMember = (room: string, message: unknown) => void;

export interface FeedOptions {
  readonly node: FeedNode;
  readonly countUnresolved: (projectId: string) => Promise<number>;
  readonly log: Log;
}

interface OpenChannel extends Used {
  readonly channel: Channel;
  readonly member: RoomMember;
  /** Resolves when all peers know that the project is watched, and it is known what was told before. */
  readonly watched: Promise<void>;
  readonly searches: Map<string, OpenSearch>;
}

/** How this node numbers what it tells of a project. */
interface Numbers {
  readonly origin: string;
  last: number;
  /** How many times it is still to be said how much that was. */
  timesLeft: number;
  sayAgain?: NodeJS.Timeout | undefined;
}

interface OpenSearch extends Used {
  /** Resolves when all peers know it. */
  readonly asked: Promise<void>;
}

interface Used {
  /** Who has it, or waits until it is there. */
  users: number;
  /** With nobody left it stays for a while. */
  linger?: NodeJS.Timeout;
}

/** Until `watching` is disposed of. */
function use(used: Used, watching: DisposableStack, onUnused: () => void): void {
  clearTimeout(used.linger);
  used.users += 1;
  watching.defer(() => {
    used.users -= 1;
    if (used.users === 0) onUnused();
  });
}

export class Feed implements Service {
  readonly name = "live feed";
  readonly #options: FeedOptions;
  readonly #interest: Interest;
  readonly #channels = new Map<string, OpenChannel>();
  readonly #origins = new Map<string, Numbers>();
  #stopMonitor = () => {};
  #stopServing = () => {};

  constructor(options: FeedOptions) {
    this.#options = options;
    this.#interest = new Interest({
      peers: options.node.list,
      tellPeer: options.node.tellPeer,
      onMissed: (projectIds) => this.#breakOff(projectIds),
    });
  }

  /** Before anything is stored here: then nothing is stored of which peers do not hear. */
  async start(): Promise<void> {
    this.#stopMonitor = this.#options.node.monitor((change) => this.#peerChanged(change));
    this.#stopServing = this.#options.node.serve(this);
    await this.#interest.start();
  }

  async stop(): Promise<void> {
    this.#stopMonitor();
    this.#stopServing();
    this.#interest.stop();
    for (const projectId of this.#channels.keys()) this.#close(projectId);
    for (const { sayAgain } of this.#origins.values()) clearTimeout(sayAgain);
  }

  /** What somebody in the cluster watches. */
  get watched(): readonly WatchedProject[] {
    return this.#interest.watched;
  }

  /** What a peer says is watched on it. Gives back what is watched here. */
  hearInterest(peer: string, watched: readonly WatchedProject[], reason: WatchReason): readonly WatchedProject[] {
    const own = this.#interest.hear(peer, watched, reason);
    this.#forgetOrigins();
    return own;
  }

  /** What a peer that begins to listen to a project wants to know of it. `isAll`: the recent messages too. */
  answerRecall(peer: string, projectId: string, isAll: boolean): RecallAnswer {
    const numbers = this.#origins.get(projectId);
    const record = isAll ? this.#channels.get(projectId)?.channel.record : undefined;
    return {
      isTelling: this.#interest.isWatchedBesides(peer, projectId),
      ...(numbers === undefined ? {} : { own: { origin: numbers.origin, number: numbers.last } }),
      ...(record === undefined ? {} : { recent: record }),
    };
  }

  /** Before this node stops, and while it still can be asked: a peer listens on for clients that will come back elsewhere. */
  async handOver(): Promise<void> {
    const watched = this.#interest.own;
    if (watched.length === 0) return;
    const { node, log } = this.#options;
    const deadlineMs = performance.now() + HAND_OVER_MS_MAX;
    for (const peer of node.list()) {
      const leftMs = deadlineMs - performance.now();
      if (leftMs <= 0) return;
      try {
        await node.handOver(peer, watched, leftMs);
        return;
      } catch (error) {
        log.debug("Live feed could not be handed over", { peer, error: String(error) });
      }
    }
  }

  /** A peer stops whose clients will come back, perhaps here. Resolves when this node knows what was told there. */
  async takeOver(watched: readonly WatchedProject[]): Promise<void> {
    // One after the other: what each of them kept is up to half a megabyte.
    for (const { projectId, searches } of watched) {
      if (this.#channels.size >= CHANNELS_MAX) return;
      using watching = new DisposableStack();
      const open = this.#hold(projectId, watching);
      for (const search of searches) await this.#takeOverSearch(projectId, open, search);
      await open.watched;
    }
  }

  /** Tells the whole cluster. Only the node on which something happened calls this, once. */
  tell(projectId: string, changes: readonly StreamChange[], verdicts?: Verdicts): void {
    if (!this.#interest.isWatched(projectId)) return;
    for (const part of partsOf(changes, verdicts)) this.#broadcast(projectId, part);
  }

  /** Tells the whole cluster that something may have been told to nobody. Only a node that finds it out calls this. */
  tellGap(projectId: string): void {
    if (this.#interest.isWatched(projectId)) this.#broadcast(projectId, { changes: [], isGap: true });
  }

  /**
   * Resolves when whatever happens from now on, anywhere in the cluster, is told here, and held against the search. That lasts until what
   * it gives back is disposed of. Throws a TooManySearchesError.
   */
  async watch(projectId: string, search?: StreamSearch): Promise<DisposableStack> {
    using watching = new DisposableStack();
    const open = this.#hold(projectId, watching);
    const held = search === undefined ? undefined : this.#holdSearch(projectId, open, search.text, watching);
    await open.watched;
    await held?.asked;
    return watching.move();
  }

  /** Of a project that is watched for as long. */
  subscribe(projectId: string, subscriber: Subscriber, seen: SeenOrigins | undefined): ChannelStart {
    const { channel } = this.#channels.get(projectId) ?? this.#open(projectId);
    return channel.join(subscriber, seen);
  }

  askCount(projectId: string, subscriber: Subscriber): void {
    this.#channels.get(projectId)?.channel.askCount(subscriber);
  }

  unsubscribe(projectId: string, subscriber: Subscriber): void {
    this.#channels.get(projectId)?.channel.leave(subscriber);
  }

  /** Counts at once, before anybody waits for it: nothing that is used is given up for another. */
  #hold(projectId: string, watching: DisposableStack): OpenChannel {
    const open = this.#channels.get(projectId) ?? this.#open(projectId);
    use(open, watching, () => this.#letGo(projectId, open));
    return open;
  }

  #letGo(projectId: string, open: OpenChannel): void {
    if (this.#channels.get(projectId) !== open) return;
    if (this.#channels.size > CHANNELS_MAX) this.#close(projectId);
    else open.linger = setTimeout(() => this.#close(projectId), LINGER_MS).unref();
  }

  #holdSearch(projectId: string, open: OpenChannel, text: string, watching: DisposableStack): OpenSearch {
    const search = open.searches.get(text) ?? this.#openSearch(projectId, open, text);
    use(search, watching, () => {
      if (this.#channels.get(projectId) !== open) return;
      search.linger = setTimeout(() => this.#closeSearch(projectId, text), LINGER_MS).unref();
    });
    return search;
  }

  #broadcast(projectId: string, told: Omit<Broadcast, "origin" | "first">): void {
    const numbers = this.#origins.get(projectId) ?? { origin: newOrigin(), last: 0, timesLeft: 0 };
    this.#origins.set(projectId, numbers);
    const first = numbers.last + 1;
    numbers.last += told.changes.length;
    this.#options.node.rooms.broadcast(roomOf(projectId), { origin: numbers.origin, first, ...told });
    numbers.timesLeft = SAY_AGAIN_TIMES;
    numbers.sayAgain ??= this.#sayLater(projectId, numbers);
  }

  #sayLater(projectId: string, numbers: Numbers): NodeJS.Timeout {
    return setTimeout(() => {
      const told: Broadcast = { origin: numbers.origin, first: numbers.last + 1, changes: [] };
      this.#options.node.rooms.broadcast(roomOf(projectId), told);
      numbers.timesLeft -= 1;
      numbers.sayAgain = numbers.timesLeft > 0 ? this.#sayLater(projectId, numbers) : undefined;
    }, SAY_AGAIN_MS).unref();
  }

  #open(projectId: string): OpenChannel {
    const { node, countUnresolved, log } = this.#options;
    const onError = (error: unknown) => log.warn("Live feed could not count issues", { error: String(error) });
    const channel = new Channel(projectId, () => countUnresolved(projectId), onError);
    const member = (_room: string, message: unknown) => {
      const broadcast = parseBroadcast(message);
      if (broadcast !== undefined) channel.hear(broadcast);
    };
    node.rooms.join(roomOf(projectId), member);
    const watched = this.#listen(projectId, channel);
    const open: OpenChannel = { channel, member, watched, searches: new Map(), users: 0 };
    this.#channels.set(projectId, open);
    return open;
  }

  async #takeOverSearch(projectId: string, open: OpenChannel, text: string): Promise<void> {
    using watching = new DisposableStack();
    try {
      await this.#holdSearch(projectId, open, text, watching).asked;
    } catch (error) {
      // Its clients begin anew.
      if (!(error instanceof TooManySearchesError)) throw error;
    }
  }

  async #listen(projectId: string, channel: Channel): Promise<void> {
    const { recall } = this.#options.node;
    const ask = async (peer: string, isAll: boolean) =>
      recall(peer, projectId, isAll).then(parseRecallAnswer, () => undefined);
    // What this node tells from now on is heard here.
    const own = { ...this.answerRecall("", projectId, false), isTelling: true };
    await channel.recall(async () => {
      await this.#interest.add(projectId);
      const keepers = this.#interest.watchersOf(projectId);
      if (keepers.length === 0) return [own];
      const deadlineMs = performance.now() + RECALL_MS_MAX;
      for (;;) {
        const answers = await this.#ask(keepers, ask);
        // Who does not answer may be about to leave; then the others know all of it.
        if (!answers.includes(undefined) || performance.now() > deadlineMs) return [own, ...answers];
        await sleep(RECALL_RETRY_MS, undefined, { ref: false });
      }
    });
  }

  async #ask(
    keepers: readonly string[],
    ask: (peer: string, isAll: boolean) => Promise<RecallAnswer | undefined>,
  ): Promise<readonly (RecallAnswer | undefined)[]> {
    const peers = this.#options.node.list();
    const [first, ...others] = keepers.filter((keeper) => peers.includes(keeper)).slice(0, KEEPERS_MAX);
    const answers = await Promise.all(peers.map((peer) => ask(peer, peer === first)));
    for (const keeper of others) {
      if (answers.some((answer) => answer?.recent !== undefined)) break;
      answers.push(await ask(keeper, true));
    }
    return answers;
  }

  #openSearch(projectId: string, { searches }: OpenChannel, text: string): OpenSearch {
    this.#makeRoomForSearch(projectId, searches);
    const search: OpenSearch = { asked: this.#interest.add(projectId, text), users: 0 };
    searches.set(text, search);
    return search;
  }

  /** Those that nobody uses any more go first. */
  #makeRoomForSearch(projectId: string, searches: Map<string, OpenSearch>): void {
    const all = [...this.#channels].flatMap(([of, open]) => [...open.searches].map((each) => ({ of, each })));
    const isFull = searches.size >= STREAM_SEARCHES_MAX;
    if (!isFull && all.length < SEARCHES_MAX) return;
    const unused = all.find(({ of, each: [, { users }] }) => users === 0 && (!isFull || of === projectId));
    if (unused === undefined) {
      const limit = isFull ? `${STREAM_SEARCHES_MAX} in this project` : `${SEARCHES_MAX} on this node`;
      throw new TooManySearchesError(`there are streams with ${limit} different searches already`);
    }
    this.#closeSearch(unused.of, unused.each[0]);
  }

  #closeSearch(projectId: string, text: string): void {
    const searches = this.#channels.get(projectId)?.searches;
    clearTimeout(searches?.get(text)?.linger);
    if (searches?.delete(text) === true) this.#interest.removeSearch(projectId, text);
  }

  /** What a peer that died had stored last may have been told to nobody; what it does while it is cut off certainly is not. */
  #peerChanged({ kind, node, hasLeft }: PeerChange): void {
    if (kind === "up") {
      this.#interest.peerUp(node);
      return;
    }
    this.#interest.peerDown(node);
    if (hasLeft !== true) this.#breakOff(new Set(this.#channels.keys()));
  }

  #breakOff(projectIds: ReadonlySet<string>): void {
    for (const projectId of projectIds) this.#channels.get(projectId)?.channel.breakOff();
  }

  #close(projectId: string): void {
    const open = this.#channels.get(projectId);
    if (open === undefined) return;
    this.#channels.delete(projectId);
    clearTimeout(open.linger);
    for (const { linger } of open.searches.values()) clearTimeout(linger);
    open.channel.close();
    this.#options.node.rooms.leave(roomOf(projectId), open.member);
    this.#interest.remove(projectId);
    this.#forgetOrigins();
  }

  /** What nobody watches is numbered anew when it is watched again, as another origin: positions of before lead nowhere. */
  #forgetOrigins(): void {
    for (const [projectId, { sayAgain }] of this.#origins) {
      if (this.#interest.isWatched(projectId)) continue;
      clearTimeout(sayAgain);
      this.#origins.delete(projectId);
    }
  }
}

const roomOf = (projectId: string) => `project:${projectId}`;

/** What came from a node that has the cookie; one of another version may say something else. */
function parseBroadcast(message: unknown): Broadcast | undefined {
  const { origin, first, changes, verdicts, isGap } = (message ?? {}) as Partial<Record<keyof Broadcast, unknown>>;
  if (typeof origin !== "string" || typeof first !== "number" || !Array.isArray(changes)) return undefined;
  const told = { origin, first, changes: changes as StreamChange[], isGap: isGap === true };
  return verdicts === undefined ? told : { ...told, verdicts: verdicts as Verdicts };
}
