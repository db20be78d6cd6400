/** What was told in one project lately, for clients that come back. Pure: it neither waits nor sends. */
import type { StreamChange, StreamPosition } from "@mesher/protocol";
import { formatPosition, ORIGINS_MAX, type SeenOrigins } from "./position.ts";

/** Messages that are kept of a project, and their bytes. */
export const RECENT_MAX = 1_000;
const RECENT_BYTES_MAX = 512 * 1024;

/** A message as it goes to every client that wants it, serialised once. */
export interface RecentMessage {
  readonly origin: string;
  readonly number: number;
  readonly change: StreamChange;
  readonly position: StreamPosition;
  readonly text: Buffer;
}

interface Origin {
  /** The last message heard of it. */
  last: number;
  /** Messages after this one are kept, without a hole. */
  keptAfter: number;
}

export class Recent {
  readonly #origins = new Map<string, Origin>();
  #messages: RecentMessage[] = [];
  #bytes = 0;

  get position(): StreamPosition {
    return formatPosition(this.#seen());
  }

  /** Of a client that has seen all of this and what it had seen before, elsewhere. */
  positionWith(seen: SeenOrigins): StreamPosition {
    const both = this.#seen();
    for (const [origin, number] of seen) both.set(origin, Math.max(number, both.get(origin) ?? 0));
    return formatPosition(both);
  }

  /**
   * Takes the next message of an origin. `undefined`: it was there already. `lost`: how many of that origin should have come
   * before it and did not.
   */
  append(origin: string, number: number, change: StreamChange): { message: RecentMessage; lost: number } | undefined {
    const known = this.#origins.get(origin);
    if (known !== undefined && number <= known.last) return undefined;
    // Of an origin that was not heard before nobody knows what it said before.
    const lost = known === undefined ? 0 : number - known.last - 1;
    const keptAfter = known === undefined || lost > 0 ? number - 1 : known.keptAfter;
    // The one heard last stands last, so that the first is the one to forget.
    this.#origins.delete(origin);
    this.#origins.set(origin, { last: number, keptAfter });
    if (this.#origins.size > ORIGINS_MAX) this.#forgetOldestOrigin();

    const { position } = this;
    const text = Buffer.from(JSON.stringify({ ...change, id: position }));
    const message = { origin, number, change, position, text };
    this.#messages.push(message);
    this.#bytes += text.length;
    this.#forgetOld();
    return { message, lost };
  }

  /**
   * Everything after a position, in the order in which it came here. `undefined`: that cannot be said, because something is
   * no longer, or was never, known here.
   */
  since(seen: SeenOrigins): RecentMessage[] | undefined {
    for (const origin of seen.keys()) if (!this.#origins.has(origin)) return undefined;
    for (const [origin, { keptAfter }] of this.#origins) if ((seen.get(origin) ?? 0) < keptAfter) return undefined;
    return this.#messages.filter(({ origin, number }) => number > (seen.get(origin) ?? 0));
  }

  #seen(): Map<string, number> {
    return new Map([...this.#origins].map(([origin, { last }]) => [origin, last]));
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
