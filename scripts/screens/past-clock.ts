/**
 * A clock that is set from outside, and goes on from there. Loaded into a server before anything of its own (`node --import`), in each
 * of its threads, it makes the server live through a past: what it stores then is what it would have stored.
 *
 * The file that MESHER_PAST_CLOCK names says what time it is, in milliseconds. Once the main thread shows it, a file beside says the same.
 */
import { readFileSync, renameSync, writeFileSync } from "node:fs";
import { isMainThread } from "node:worker_threads";

const POLL_MS = 5;

const path = process.env["MESHER_PAST_CLOCK"];
if (path !== undefined) install(path);

function install(file: string): void {
  const RealDate = Date;
  let set = "";
  let aheadMs = 0;
  const read = () => {
    const found = readFileSync(file, "utf8");
    if (found === set) return;
    set = found;
    aheadMs = Number(found) - RealDate.now();
    if (isMainThread) replaceFile(shownFileOf(file), found);
  };
  read();
  setInterval(read, POLL_MS).unref();
  const nowMs = () => RealDate.now() + aheadMs;
  class SetDate extends RealDate {
    constructor(...given: unknown[]) {
      super(...((given.length === 0 ? [nowMs()] : given) as [number]));
    }
    static override now(): number {
      return nowMs();
    }
  }
  globalThis.Date = SetDate as DateConstructor;
}

export function shownFileOf(file: string): string {
  return `${file}.shown`;
}

/** A reader sees the old or the new, never half of one. */
export function replaceFile(file: string, text: string): void {
  writeFileSync(`${file}.new`, text);
  renameSync(`${file}.new`, file);
}
