/**
 * Rooms: who is in one of them on any node hears what is broadcast to it, at most once. A broadcast is delivered here and
 * sent once to every other node, which delivers it there and never sends it on. Who is in a room is known on its node only.
 */
import type { Data } from "./data.ts";

/** Takes a message. Must not wait: a member that is slow has to queue or drop for itself. */
export type Member = (room: string, message: Data) => void;

/** Broadcasts that may be under way in one turn of the event loop; what comes on top reaches this node's members only. */
const BROADCASTS_PER_TURN_MAX = 2_000;

export interface RoomsOptions {
  readonly forward: (body: { room: string; message: Data }) => void;
  readonly onError: (error: unknown) => void;
}

export class Rooms {
  /** Broadcasts of this node so far. */
  broadcasts = 0;
  /** Broadcasts that were not sent to other nodes: too many came at once, or they were too long. */
  droppedBroadcasts = 0;
  readonly #options: RoomsOptions;
  readonly #rooms = new Map<string, Set<Member>>();
  #sentThisTurn = 0;

  constructor(options: RoomsOptions) {
    this.#options = options;
  }

  join(room: string, member: Member): void {
    const members = this.#rooms.get(room) ?? new Set();
    this.#rooms.set(room, members.add(member));
  }

  leave(room: string, member: Member): void {
    const members = this.#rooms.get(room);
    members?.delete(member);
    if (members?.size === 0) this.#rooms.delete(room);
  }

  leaveAll(member: Member): void {
    for (const room of this.#rooms.keys()) this.leave(room, member);
  }

  /** Members on this node. */
  membersOf(room: string): number {
    return this.#rooms.get(room)?.size ?? 0;
  }

  get size(): number {
    return this.#rooms.size;
  }

  /** To everyone but `except`, which is a member on this node. */
  broadcast(room: string, message: Data, except?: Member): void {
    this.broadcasts += 1;
    this.deliver(room, message, except);
    if (this.#sentThisTurn >= BROADCASTS_PER_TURN_MAX) {
      this.droppedBroadcasts += 1;
      return;
    }
    if (this.#sentThisTurn === 0)
      setImmediate(() => {
        this.#sentThisTurn = 0;
      });
    this.#sentThisTurn += 1;
    this.#options.forward({ room, message });
  }

  /** To the members on this node only: what another node has forwarded. */
  deliver(room: string, message: Data, except?: Member): void {
    for (const member of this.#rooms.get(room) ?? []) {
      if (member === except) continue;
      try {
        member(room, message);
      } catch (error) {
        // One member's fault is not the others'.
        this.#options.onError(error);
      }
    }
  }
}
