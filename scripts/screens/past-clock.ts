/**
 * A clock that goes through days in a minute, and then is the real one. Loaded into a server before anything of its own
 * (`node --import`), in each of its threads, it makes the server live through a past: what it stores then is what it would have stored.
 *
 * The file that MESHER_PAST_CLOCK names says when the past begins, in real milliseconds. Until it is there, the clock stands.
 */
import { existsSync, readFileSync } from "node:fs";

const HOUR_MS = 3_600_000;
export const PAST_HOURS = 14 * 24;
/** In real milliseconds. The server has to store within it what was sent in it. */
const PAST_HOUR_LASTS_MS = 240;
export const PAST_LASTS_MS = PAST_HOURS * PAST_HOUR_LASTS_MS;
const POLL_MS = 50;

/** What the clock shows at a real moment, if the past begins at `beginMs`. */
export function pastTimeAt(realMs: number, beginMs: number): number {
  const endMs = beginMs + PAST_LASTS_MS;
  if (realMs >= endMs) return realMs;
  return endMs - ((endMs - Math.max(realMs, beginMs)) / PAST_HOUR_LASTS_MS) * HOUR_MS;
}

const file = process.env["MESHER_PAST_CLOCK"];
if (file !== undefined) install(file);

function install(path: string): void {
  const RealDate = Date;
  const readBeginMs = () => (existsSync(path) ? Number(readFileSync(path, "utf8")) : undefined);
  const startedMs = RealDate.now();
  let beginMs = readBeginMs();
  const poll = setInterval(() => {
    beginMs ??= readBeginMs();
    if (beginMs !== undefined) clearInterval(poll);
  }, POLL_MS);
  poll.unref();
  const nowMs = () => Math.round(pastTimeAt(RealDate.now(), beginMs ?? Math.max(startedMs, RealDate.now())));
  globalThis.Date = class extends RealDate {
    constructor(...given: [] | ConstructorParameters<typeof Date>) {
      super(...((given.length === 0 ? [nowMs()] : given) as ConstructorParameters<typeof Date>));
    }
    static override now(): number {
      return nowMs();
    }
  } as DateConstructor;
}
