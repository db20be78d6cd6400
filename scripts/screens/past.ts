/** Almost two weeks of the demo's shop, sent to a server that lives through them: every count it shows is a count of events it has. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { parseDsn } from "@mesher/protocol";
import { createDataDir, ServerProcess } from "@mesher/testkit";
import { Random } from "../../packages/cli/src/demo/random.ts";
import { OCCURRENCES, type Occurrence } from "../../packages/cli/src/demo/shop-stream.ts";
import { replaceFile, shownFileOf } from "./past-clock.ts";
import { postOccurrence } from "./post-occurrence.ts";

const SEED = 7;
const HOUR_MS = 3_600_000;
/** Less than two weeks: a chart of the last 14 days has all of it. */
const PAST_HOURS = 13 * 24;
/** The clock is set so often an hour, a little unevenly. */
const SETS_AN_HOUR = 4;
const SHOWN_POLL_MS = 5;
const SHOWN_TRIES_MAX = 12_000;
/** Of an ordinary hour, before its time of the day. */
const EVENTS_AN_HOUR = 14;
/** A bad release, which was taken back: from which hour on, for how many, and how many times as much went wrong. */
const INCIDENT = { hour: PAST_HOURS - 31, hours: 3, times: 4 };

/** Fills a database. The server that did it is gone afterwards, and with it nothing waits to be stored. */
export async function liveThroughPast(databaseUrl: string, env: Readonly<Record<string, string>>): Promise<void> {
  await using dataDir = await createDataDir("mesher-past-");
  const clock = join(dataDir.path, "clock");
  const beginMs = Date.now() - PAST_HOURS * HOUR_MS;
  replaceFile(clock, String(beginMs));
  await using server = await ServerProcess.start({
    databaseUrl,
    env: { ...env, MESHER_PAST_CLOCK: clock },
    nodeFlags: ["--import", new URL("./past-clock.ts", import.meta.url).href],
  });
  const dsn = parseDsn(server.dsn);
  if (dsn === undefined) throw new Error(`${server.dsn} is not a DSN`);

  const random = new Random(SEED);
  const since = beginnings(random);
  for (let hour = 0; hour < PAST_HOURS; hour += 1) {
    const happening = OCCURRENCES.filter((occurrence) => (since.get(occurrence) ?? 0) <= hour);
    const count = eventsIn(hour, random);
    for (let part = 0; part < SETS_AN_HOUR; part += 1) {
      const nowMs = beginMs + Math.floor((hour + (part + random.fraction()) / SETS_AN_HOUR) * HOUR_MS);
      await setClock(clock, nowMs);
      const events = Math.floor((count * (part + 1)) / SETS_AN_HOUR) - Math.floor((count * part) / SETS_AN_HOUR);
      await Promise.all(
        Array.from({ length: events }, () => {
          const occurrence = random.pickWeighted(happening, ({ problem }) => problem.weight);
          return postOccurrence(occurrence, random, { dsn, nowMs });
        }),
      );
    }
  }
}

async function setClock(file: string, nowMs: number): Promise<void> {
  replaceFile(file, String(nowMs));
  const shown = shownFileOf(file);
  for (let tries = 0; tries < SHOWN_TRIES_MAX; tries += 1) {
    if (existsSync(shown) && readFileSync(shown, "utf8") === String(nowMs)) return;
    await wait(SHOWN_POLL_MS);
  }
  throw new Error("the server does not look at its clock");
}

/** Most problems are old; some began lately, one yesterday. */
function beginnings(random: Random): ReadonlyMap<Occurrence, number> {
  return new Map(
    OCCURRENCES.map((occurrence, index) => [
      occurrence,
      index % 4 === 3 ? random.integer(PAST_HOURS / 2, PAST_HOURS - 24) : 0,
    ]),
  );
}

/** People buy by day and in the evening, less on some days than on others. */
function eventsIn(hour: number, random: Random): number {
  const day = 1 + 0.6 * Math.sin(((hour % 24) / 24) * 2 * Math.PI);
  const week = 1 + 0.25 * Math.sin((hour / 168) * 2 * Math.PI);
  const isBad = hour >= INCIDENT.hour && hour < INCIDENT.hour + INCIDENT.hours;
  return Math.round(EVENTS_AN_HOUR * day * week * (isBad ? INCIDENT.times : 1) * (0.7 + 0.6 * random.fraction()));
}
