/** One project's feed on one node: what comes in is numbered into the recent messages and given to every client that wants it. */
import type { StreamChange, StreamPosition, StreamStart } from "@mesher/protocol";
import type { Verdicts } from "../search/stream-search.ts";
import { passes, type Wanted } from "./filters.ts";
import { type Outgoing, outgoing } from "./outbox.ts";
import { newBreakMark, type SeenOrigins } from "./position.ts";
import { judgeRecall, type RecallAnswer } from "./recall.ts";
import { Recent, type RecentMessage, type RecentRecord, type ToldMessage } from "./recent.ts";
import { UnresolvedCount } from "./unresolved-count.ts";
import { verdictOf } from "./verdict.ts";

/** Messages that are given out before other work of the process has a turn. */
export const MESSAGES_PER_TURN = 100;

/** Messages that wait for their turn. Beyond it the oldest go, and every client is told how many. */
export const WAITING_MAX = 10_000;

/** A client, as its channel sees it. Neither call may wait. */
export interface Subscriber {
  readonly wanted: Wanted;
  push(message: Outgoing): void;
}

/** What one node tells of one project: `changes` have the numbers from `first` on, and all before `first` were told before. */
export interface Broadcast {
  readonly origin: string;
  readonly first: number;
  readonly changes: readonly StreamChange[];
  readonly verdicts?: Verdicts;
  /** Of what this origin did before, something may have been told to nobody. */
  readonly isGap?: boolean;
}

export interface ChannelStart {
  readonly start: StreamStart;
  readonly position: StreamPosition;
  /** What was missed, in the order in which it came. */
  readonly missed: readonly RecentMessage[];
}

export class Channel {
  readonly #projectId: string;
  readonly #breakMark = newBreakMark();
  #recent = new Recent(this.#breakMark);
  /** Each with what it had seen elsewhere when it came: this node may hear some of that later. */
  readonly #subscribers = new Map<Subscriber, SeenOrigins>();
  readonly #count: UnresolvedCount<Subscriber>;
  #arrivals: ToldMessage[] = [];
  /** How much each origin says that it has told, until it is compared with what came. */
  readonly #told = new Map<string, number>();
  #isDelivering = false;
  #isRecalling = false;
  /** While it recalls: something may have been told to nobody. */
  #isBroken = false;

  constructor(projectId: string, countUnresolved: () => Promise<number>, onError: (error: unknown) => void) {
    this.#projectId = projectId;
    this.#count = new UnresolvedCount(
      countUnresolved,
      (count, isNew, waiting) => {
        const message = outgoing({ type: "issue_count", project_id: projectId, count });
        for (const subscriber of isNew ? this.#subscribers.keys() : waiting) subscriber.push(message);
      },
      onError,
    );
  }

  /** From now on the client gets what comes. `seen`: where it was before. */
  join(subscriber: Subscriber, seen: SeenOrigins | undefined): ChannelStart {
    this.#subscribers.set(subscriber, seen ?? NOTHING_SEEN);
    const { position } = this.#recent;
    if (seen === undefined) return { start: "new", position, missed: [] };
    const { missed, isWhole } = this.#recent.since(seen);
    const wanted = missed.map((message) => passes(subscriber.wanted, message.change, message.verdict));
    return {
      // Of an event from before anybody had this search it cannot be said whether it was missed.
      start: isWhole && !wanted.includes(undefined) ? "resumed" : "gap",
      position: this.#recent.positionWith(seen),
      missed: missed.filter((_message, index) => wanted[index] === true),
    };
  }

  leave(subscriber: Subscriber): void {
    this.#subscribers.delete(subscriber);
    this.#count.forget(subscriber);
  }

  /** The client is told the number of unresolved issues, when it has been counted. */
  askCount(subscriber: Subscriber): void {
    this.#count.ask(subscriber);
  }

  /** Takes what a node tells. It is given out in turns, so that a flood does not hold up the process. */
  hear({ origin, first, changes, verdicts, isGap = false }: Broadcast): void {
    if (isGap) this.breakOff();
    for (const [index, change] of changes.entries())
      this.#arrivals.push({ origin, number: first + index, change, verdict: verdictOf(verdicts, index) });
    // The hole in the numbers is seen, and told, when the next one is given out.
    if (this.#arrivals.length > WAITING_MAX) this.#arrivals = this.#arrivals.slice(-WAITING_MAX);
    this.#told.set(origin, first + changes.length - 1);
    if (this.#isDelivering) return;
    this.#isDelivering = true;
    this.#deliverTurn();
  }

  /**
   * Learns from others what was told before: `ask` gives what each node says. Until then what comes waits, and no client should be let
   * in. If it cannot be said what was told, nothing from before can be gone on from.
   */
  async recall(ask: () => Promise<readonly (RecallAnswer | undefined)[]>): Promise<void> {
    this.#isRecalling = true;
    this.#isDelivering = true;
    this.#isBroken = false;
    const answers = await ask();
    this.#isRecalling = false;
    const found = this.#isBroken ? undefined : judgeRecall(answers, this.#arrivals);
    if (found === undefined) this.#recent.breakOff(this.#breakMark);
    else if (this.#subscribers.size === 0) this.#recent = Recent.from(found, this.#breakMark);
    this.#deliverTurn();
  }

  /** For a node that begins to listen. `undefined`: it is not known yet. */
  get record(): RecentRecord | undefined {
    if (this.#isRecalling) return undefined;
    const { messages, ...more } = this.#recent.record;
    return { ...more, messages: [...messages, ...this.#arrivals] };
  }

  /** Something may have happened elsewhere that was not heard here: every client is told. */
  breakOff(): void {
    this.#isBroken = true;
    this.#recent.breakOff(this.#breakMark);
    const gap = outgoing({ type: "gap", id: this.#recent.position, project_id: this.#projectId });
    for (const subscriber of this.#subscribers.keys()) subscriber.push(gap);
    this.#count.changed();
  }

  close(): void {
    this.#arrivals = [];
    this.#told.clear();
    this.#count.stop();
  }

  #deliverTurn(): void {
    for (const arrival of this.#arrivals.splice(0, MESSAGES_PER_TURN)) this.#deliver(arrival);
    if (this.#arrivals.length > 0) {
      setImmediate(() => this.#deliverTurn());
      return;
    }
    this.#isDelivering = false;
    for (const [origin, last] of this.#told) this.#tellLost(this.#recent.skip(origin, last));
    this.#told.clear();
  }

  #deliver({ origin, number, change, verdict }: ToldMessage): void {
    const taken = this.#recent.append(origin, number, change, verdict);
    if (taken === undefined) return;
    this.#tellLost(taken.lost);
    for (const [subscriber, seen] of this.#subscribers) {
      const isNews = number > (seen.get(origin) ?? 0);
      if (isNews && passes(subscriber.wanted, change, verdict) === true) subscriber.push(taken.message);
    }
    if (change.type === "issue" && change.action !== "assigned") this.#count.changed();
  }

  #tellLost(count: number): void {
    if (count === 0) return;
    const dropped = outgoing({ type: "dropped", count });
    for (const subscriber of this.#subscribers.keys()) subscriber.push(dropped);
  }
}

const NOTHING_SEEN: SeenOrigins = new Map();
