/** What was told in one project lately, for clients that come back. Pure: it neither waits nor sends. */
import type { StreamChange, StreamPosition } from "@mesher/protocol";
import { formatPosition, isBreakMark, ORIGINS_MAX, type SeenOrigins } from "./position.ts";
import type { Verdict } from "./verdict.ts";

/** Messages that are kept of a project, and their bytes. */
export const RECENT_MAX = 1_000;
const RECENT_BYTES_MAX = 512 * 1024;

/** A message as it goes to every client that wants it, serialised once. */
export interface RecentMessage {
  readonly origin: string;
  readonly number: number;
  readonly change: StreamChange;
  readonly verdict: Verdict;
  readonly position: StreamPosition;
  readonly text: Buffer;
}

interface Origin {
  /** The last message heard of it. */
  last: number;
  /** Messages after this one are kept, without a hole. */
  keptAfter: number;
  /** Clients know that something may be missing after the last message. */
  isBroken: boolean;
}

interface Breaks {
  readonly mark: string;
  readonly count: number;
}

/** A message as nodes know it; each makes its own text of it. */
export type ToldMessage = Pick<RecentMessage, "origin" | "number" | "change" | "verdict">;

/** All that is kept, as one node gives it to another. */
export interface RecentRecord {
  readonly origins: readonly (Origin & { readonly origin: string })[];
  /** In the order in which they came. */
  readonly messages: readonly ToldMessage[];
  readonly breaks?: Breaks;
}

export class Recent {
  readonly #origins = new Map<string, Origin>();
  #messages: RecentMessage[] = [];
  #bytes = 0;
  #breaks: Breaks | undefined;

  /** `mark`: see `newBreakMark`; by it who was here before anything was told is known from who was nowhere. */
  constructor(mark?: string) {
    if (mark !== undefined) this.#breaks = { mark, count: 0 };
  }

  /** What another node kept: positions of clients that were there mean the same here. */
  static from({ origins, messages, breaks }: RecentRecord, mark: string): Recent {
    const recent = new Recent(mark);
    if (breaks !== undefined) recent.#breaks = breaks;
    for (const { origin, keptAfter } of origins)
      recent.#origins.set(origin, { last: keptAfter, keptAfter, isBroken: false });
    for (const { origin, number, change, verdict } of messages) recent.append(origin, number, change, verdict);
    for (const { origin, last, isBroken } of origins) {
      const known = recent.#origins.get(origin);
      // Of messages that were left out on the way nothing is known.
      if (known !== undefined && known.last < last) recent.#origins.set(origin, { last, keptAfter: last, isBroken });
      else if (known !== undefined) known.isBroken = isBroken;
    }
    return recent;
  }

  get record(): RecentRecord {
    return {
      origins: [...this.#origins].map(([origin, kept]) => ({ origin, ...kept })),
      messages: this.#messages.map(({ origin, number, change, verdict }) => ({ origin, number, change, verdict })),
      ...(this.#breaks === undefined ? {} : { breaks: this.#breaks }),
    };
  }

  get position(): StreamPosition {
    return formatPosition(this.#seen());
  }

  /** Of a client that has seen all of this and what it had seen before, elsewhere. */
  positionWith(seen: SeenOrigins): StreamPosition {
    const both = this.#seen();
    for (const [origin, { last }] of this.#origins) both.set(origin, Math.max(last, seen.get(origin) ?? 0));
    return formatPosition(both);
  }

  /**
   * Takes the next message of an origin. `undefined`: it was there already. `lost`: how many of that origin should have come
   * before it and did not.
   */
  append(
    origin: string,
    number: number,
    change: StreamChange,
    verdict: Verdict,
  ): { message: RecentMessage; lost: number } | undefined {
    const known = this.#origins.get(origin);
    if (known !== undefined && number <= known.last) return undefined;
    // Of an origin that was not heard before nobody knows what it said before.
    const lost = known === undefined || known.isBroken ? 0 : number - known.last - 1;
    const isAfterHole = known === undefined || number > known.last + 1;
    const keptAfter = isAfterHole ? number - 1 : known.keptAfter;
    this.#setOrigin(origin, { last: number, keptAfter, isBroken: false });

    const { position } = this;
    const text = Buffer.from(JSON.stringify({ ...change, id: position }));
    const message = { origin, number, change, verdict, position, text };
    this.#messages.push(message);
    this.#bytes += text.length;
    this.#forgetOld();
    return { message, lost };
  }

  /** An origin has told so much: what of it did not come is given up. Gives back how much clients do not know to be missing. */
  skip(origin: string, last: number): number {
    const known = this.#origins.get(origin);
    // Of one that was not heard before all is missing, unless it told that while this node did not hear it.
    const before = known?.last ?? ((this.#breaks?.count ?? 0) > 0 ? last : 0);
    if (last <= before) return 0;
    this.#setOrigin(origin, { last, keptAfter: last, isBroken: false });
    return known?.isBroken === true ? 0 : last - before;
  }

  /**
   * What is known of what came after a position, in the order in which it came here. `isWhole`: nothing of it is missing.
   */
  since(seen: SeenOrigins): { readonly missed: readonly RecentMessage[]; readonly isWhole: boolean } {
    const strangers = [...seen.keys()].filter((origin) => !isBreakMark(origin) && !this.#origins.has(origin));
    const isHole = [...this.#origins].some(([origin, { keptAfter }]) => (seen.get(origin) ?? 0) < keptAfter);
    if (strangers.length > 0 || isHole) return { missed: [], isWhole: false };
    return {
      missed: this.#messages.filter(({ origin, number }) => number > (seen.get(origin) ?? 0)),
      isWhole: this.#isUnbrokenSince(seen),
    };
  }

  /**
   * Something may be missing here. `mark`: see `newBreakMark`; by it positions from before are known from those after.
   */
  breakOff(mark: string): void {
    for (const origin of this.#origins.values()) origin.isBroken = true;
    this.#breaks = { mark, count: (this.#breaks?.count ?? 0) + 1 };
  }

  #seen(): Map<string, number> {
    const seen = new Map([...this.#origins].map(([origin, { last }]) => [origin, last]));
    const breaks = this.#breaks;
    return breaks !== undefined && (breaks.count > 0 || seen.size === 0) ? seen.set(breaks.mark, breaks.count) : seen;
  }

  /** What another node may have missed is nothing to this one. Who has seen nothing of anybody must have been here. */
  #isUnbrokenSince(seen: SeenOrigins): boolean {
    if (this.#breaks === undefined || seen.get(this.#breaks.mark) === this.#breaks.count) return true;
    return this.#breaks.count === 0 && [...seen.keys()].some((origin) => !isBreakMark(origin));
  }

  /** The one heard last stands last, so that the first is the one to forget. */
  #setOrigin(origin: string, heard: Origin): void {
    this.#origins.delete(origin);
    this.#origins.set(origin, heard);
    if (this.#origins.size > ORIGINS_MAX) this.#forgetOldestOrigin();
  }

  /** Who knows nothing of an origin cannot tell what was missed of it, so nothing before now can be gone on from. */
  #forgetOldestOrigin(): void {
    const oldest = this.#origins.keys().next().value;
    if (oldest !== undefined) this.#origins.delete(oldest);
    for (const origin of this.#origins.values()) origin.keptAfter = origin.last;
    this.#messages = [];
    this.#bytes = 0;
  }

  #forgetOld(): void {
    let surplus = 0;
    while (
      this.#messages.length - surplus > RECENT_MAX ||
      (this.#bytes > RECENT_BYTES_MAX && surplus < this.#messages.length)
    ) {
      const message = this.#messages[surplus];
      if (message === undefined) break;
      surplus += 1;
      this.#bytes -= message.text.length;
      const origin = this.#origins.get(message.origin);
      if (origin !== undefined) origin.keptAfter = Math.max(origin.keptAfter, message.number);
    }
    if (surplus > 0) this.#messages = this.#messages.slice(surplus);
  }
}
