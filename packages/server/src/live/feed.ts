/**
 * The live feed of this node. What is told on any node of the cluster reaches every client of the project on every node,
 * once: the telling node sends it to the room `project:<id>`, and each node gives it to its own clients.
 */
import { randomInt } from "node:crypto";
import type { StreamChange } from "@mesher/protocol";
import type { Log } from "../runtime/log.ts";
import type { Service } from "../runtime/service.ts";
import { type Broadcast, Channel, type ChannelStart, type Subscriber } from "./channel.ts";
import { Interest } from "./interest.ts";
import type { SeenOrigins } from "./position.ts";

/** How long a project is listened to after its last client has gone: within it a client can come back and miss nothing. */
const LINGER_MS = 60_000;

/** Projects that are listened to. Beyond it those without clients are given up at once. */
const CHANNELS_MAX = 2_000;

/** What the feed needs of the node it runs on. A node alone has no peers; everything else is the same. */
export interface FeedNode {
  readonly rooms: {
    join(room: string, member: RoomMember): void;
    leave(room: string, member: RoomMember): void;
    broadcast(room: string, message: unknown): void;
  };
  readonly list: () => readonly string[];
  /** Tells every peer that comes and goes. Gives back how to stop it. */
  readonly monitor: (listener: (change: { readonly kind: "up" | "down"; readonly node: string }) => void) => () => void;
  /** Tells a peer what is watched here: `hearInterest` of its feed gets it. Rejects soon if it cannot. */
  readonly tellPeer: (peer: string, projectIds: readonly string[]) => Promise<unknown>;
}

type RoomMember = (room: string, message: unknown) => void;

export interface FeedOptions {
  readonly node: FeedNode;
  readonly countUnresolved: (projectId: string) => Promise<number>;
  readonly log: Log;
}

interface OpenChannel {
  readonly channel: Channel;
  readonly member: RoomMember;
  /** Resolves when all peers know that the project is watched. */
  readonly watched: Promise<void>;
  linger?: NodeJS.Timeout;
}

export class Feed implements Service {
  readonly name = "live feed";
  readonly #options: FeedOptions;
  readonly #interest: Interest;
  readonly #channels = new Map<string, OpenChannel>();
  /** How this node numbers what it tells of each project. */
  readonly #origins = new Map<string, { readonly origin: string; last: number }>();
  #stopMonitor = () => {};

  constructor(options: FeedOptions) {
    this.#options = options;
    this.#interest = new Interest({ peers: options.node.list, tellPeer: options.node.tellPeer });
  }

  async start(): Promise<void> {
    this.#stopMonitor = this.#options.node.monitor(({ kind, node }) => {
      if (kind === "up") this.#interest.peerUp(node);
      else this.#interest.peerDown(node);
    });
  }

  async stop(): Promise<void> {
    this.#stopMonitor();
    this.#interest.stop();
    for (const projectId of this.#channels.keys()) this.#close(projectId);
  }

  /** Projects that somebody in the cluster watches. */
  get watched(): readonly string[] {
    return this.#interest.watched;
  }

  /** What a peer says is watched on it. */
  hearInterest(peer: string, projectIds: readonly string[]): void {
    this.#interest.hear(peer, projectIds);
    this.#forgetOrigins();
  }

  /** Tells the whole cluster. Only the node on which something happened calls this, once. */
  tell(projectId: string, changes: readonly StreamChange[]): void {
    if (changes.length === 0 || !this.#interest.isWatched(projectId)) return;
    const numbers = this.#origins.get(projectId) ?? { origin: newOrigin(), last: 0 };
    this.#origins.set(projectId, numbers);
    const first = numbers.last + 1;
    numbers.last += changes.length;
    const broadcast: Broadcast = { origin: numbers.origin, first, changes };
    this.#options.node.rooms.broadcast(roomOf(projectId), broadcast);
  }

  /** Resolves when whatever happens from now on, anywhere in the cluster, is told here. */
  async watch(projectId: string): Promise<void> {
    const open = this.#channels.get(projectId) ?? this.#open(projectId);
    await open.watched;
  }

  /** Of a project that is watched. */
  subscribe(projectId: string, subscriber: Subscriber, seen: SeenOrigins | undefined): ChannelStart {
    const open = this.#channels.get(projectId) ?? this.#open(projectId);
    clearTimeout(open.linger);
    return open.channel.join(subscriber, seen);
  }

  askCount(projectId: string, subscriber: Subscriber): void {
    this.#channels.get(projectId)?.channel.askCount(subscriber);
  }

  unsubscribe(projectId: string, subscriber: Subscriber): void {
    const open = this.#channels.get(projectId);
    if (open === undefined) return;
    open.channel.leave(subscriber);
    if (open.channel.subscribers > 0) return;
    if (this.#channels.size > CHANNELS_MAX) this.#close(projectId);
    else this.#linger(projectId, open);
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
    const open: OpenChannel = { channel, member, watched: this.#interest.add(projectId) };
    this.#channels.set(projectId, open);
    this.#linger(projectId, open);
    return open;
  }

  #linger(projectId: string, open: OpenChannel): void {
    clearTimeout(open.linger);
    open.linger = setTimeout(() => {
      if (open.channel.subscribers === 0) this.#close(projectId);
    }, LINGER_MS).unref();
  }

  #close(projectId: string): void {
    const open = this.#channels.get(projectId);
    if (open === undefined) return;
    this.#channels.delete(projectId);
    clearTimeout(open.linger);
    open.channel.close();
    this.#options.node.rooms.leave(roomOf(projectId), open.member);
    this.#interest.remove(projectId);
    this.#forgetOrigins();
  }

  /** What nobody watches is numbered anew when it is watched again, as another origin: positions of before lead nowhere. */
  #forgetOrigins(): void {
    const watched = new Set(this.#interest.watched);
    for (const projectId of this.#origins.keys()) if (!watched.has(projectId)) this.#origins.delete(projectId);
  }
}

const roomOf = (projectId: string) => `project:${projectId}`;

function newOrigin(): string {
  return randomInt(2 ** 47).toString(36);
}

/** What came from a node that has the cookie; one of another version may say something else. */
function parseBroadcast(message: unknown): Broadcast | undefined {
  const { origin, first, changes } = (message ?? {}) as Partial<Record<keyof Broadcast, unknown>>;
  if (typeof origin !== "string" || typeof first !== "number" || !Array.isArray(changes)) return undefined;
  return { origin, first, changes: changes as StreamChange[] };
}
