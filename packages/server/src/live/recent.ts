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

export class Recent {
  readonly #origins = new Map<string, Origin>();
  #messages: RecentMessage[] = [];
  #bytes = 0;
  #breaks: { readonly mark: string; readonly count: number } | undefined;

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
    // The one heard last stands last, so that the first is the one to forget.
    this.#origins.delete(origin);
    this.#origins.set(origin, { last: number, keptAfter, isBroken: false });
    if (this.#origins.size > ORIGINS_MAX) this.#forgetOldestOrigin();

    const { position } = this;
    const text = Buffer.from(JSON.stringify({ ...change, id: position }));
    const message = { origin, number, change, verdict, position, text };
    this.#messages.push(message);
    this.#bytes += text.length;
    this.#forgetOld();
    return { message, lost };
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
      // What another node may have missed is nothing to this one.
      isWhole: this.#breaks === undefined || seen.get(this.#breaks.mark) === this.#breaks.count,
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
    return this.#breaks === undefined ? seen : seen.set(this.#breaks.mark, this.#breaks.count);
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
