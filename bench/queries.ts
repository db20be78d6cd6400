/**
 * How long lists, searches and dashboards take, and how that grows with the number of events, while more arrive.
 *
 *     npm run bench:queries -- [--events 10k,100k,1m] [--seconds 3] [--per-second 200] [--json FILE]
 *
 * The events are stored as the server stores them (COPY, with every count), spread over seven days and 5,000 issues.
 */

import { createHash, randomBytes, randomUUID } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { createDataDir, newEventId, ServerProcess, sendEvent, TEST_TOKEN } from "@mesher/testkit";
import { type Database, openDatabase } from "../packages/server/src/db/database.ts";
import { socketUrl } from "../packages/server/src/db/embedded/socket-dir.ts";
import { decodeTsvector, encodeTsvector } from "../packages/server/src/db/tsvector.ts";
import { dayOf, ensurePartitions } from "../packages/server/src/events/partitions.ts";
import { digestEntry } from "../packages/server/src/ingest/digest/digest.ts";
import { claimJournal } from "../packages/server/src/ingest/journal/journal.queries.ts";
import type { DigestedEvent } from "../packages/server/src/ingest/store/digested-event.ts";
import { storeBatch } from "../packages/server/src/ingest/store/store.ts";
import { BODIES, pickBody, randomFrom, sampleEvent } from "./sample-events.ts";

const HELP = `How long lists, searches and dashboards take at 10,000, 100,000 and 1,000,000 events.

  npm run bench:queries -- [OPTIONS]

  --events 10k,100k,1m   Numbers of events. Default: all three.
  --seconds N            How long each query is repeated. Default: 3.
  --per-second N         Events that arrive meanwhile. Default: 200; 0: none.
  --json FILE            Writes the figures there too.
`;

const HOUR_MS = 3_600_000;
const DAYS = 7;
const ISSUES = 5_000;
const USERS = 200_000;
const BATCH_EVENTS = 1_000;
/** Free text at the greatest number of events, while more arrive. */
const TEXT_P95_MS_GOAL = 50;

interface Query {
  readonly name: string;
  readonly path: string;
  /** How it may grow: `flat`, or `text` with a goal of its own. */
  readonly kind: "flat" | "text";
}

interface Figures {
  readonly requests: number;
  readonly p50: number;
  readonly p95: number;
}

const { values: given } = parseArgs({
  options: {
    events: { type: "string", default: "10k,100k,1m" },
    seconds: { type: "string", default: "3" },
    "per-second": { type: "string", default: "200" },
    json: { type: "string" },
    help: { type: "boolean", default: false },
  },
});
async function main(): Promise<void> {
  const steps = given.events.split(",").map(parseCount);
  await using dataDir = await createDataDir("mesher-bench-");
  await using server = await ServerProcess.start({
    dataDir: dataDir.path,
    env: { MESHER_RATE_LIMIT_MAX_EVENTS: "1000000000", MESHER_LOG_LEVEL: "warn" },
  });
  await using database = openDatabase({
    url: socketUrl(join(dataDir.path, "postgres", "socket")),
    applicationName: "bench",
    statementTimeoutMs: 300_000,
    log: () => undefined,
  });
  const loader = await Loader.start(server, database);

  const figures: Record<string, Record<string, Figures>> = {};
  for (const events of steps) {
    await loader.loadUpTo(events);
    const queries = await listQueries(server, loader);
    const stopSending = sendMeanwhile(server, Number(given["per-second"]));
    try {
      for (const query of queries) {
        process.stderr.write(`${events} events: ${query.name}\n`);
        (figures[query.name] ??= {})[events] = await measure(server, query);
      }
    } finally {
      stopSending();
    }
  }
  print(steps, await listQueries(server, loader), figures);
  if (given.json !== undefined) writeFileSync(given.json, `${JSON.stringify({ steps, figures }, null, 2)}\n`);
}

function parseCount(text: string): number {
  const [, digits, unit = ""] = /^(\d+)([km]?)$/i.exec(text) ?? [];
  if (digits === undefined) throw new Error(`--events ${text}: a number is expected, as 10k or 1m`);
  return Number(digits) * ({ k: 1e3, m: 1e6 }[unit.toLowerCase()] ?? 1);
}

/** Stores events of the past. */
class Loader {
  readonly projectId: string;
  readonly #database: Database;
  readonly #bodies: readonly DigestedEvent[];
  readonly #journalId = randomUUID();
  readonly #random = randomFrom(11);
  #epoch = 0;
  #loaded = 0;

  private constructor(projectId: string, database: Database) {
    this.projectId = projectId;
    this.#database = database;
    this.#bodies = Array.from({ length: BODIES }, (_, body) => digest(projectId, body));
  }

  static async start(server: ServerProcess, database: Database): Promise<Loader> {
    const [project] = await server.get<{ id: string }[]>("/api/v1/projects");
    if (project === undefined) throw new Error("there is no project");
    const loader = new Loader(project.id, database);
    loader.#epoch = await claimJournal(database, loader.#journalId, "bench");
    const days = Array.from({ length: DAYS + 1 }, (_, day) => dayOf(Date.now() - day * 24 * HOUR_MS));
    await ensurePartitions(database, days);
    return loader;
  }

  /** A word that is in one event only. */
  get rareWord(): string {
    return wordOf(Math.floor(this.#loaded / 2));
  }

  async loadUpTo(events: number): Promise<void> {
    const startedAt = performance.now();
    const first = this.#loaded;
    while (this.#loaded < events) {
      const count = Math.min(BATCH_EVENTS, events - this.#loaded);
      const batch = Array.from({ length: count }, (_, index) => this.#makeEvent(this.#loaded + index));
      await storeBatch(this.#database, {
        journalId: this.#journalId,
        epoch: this.#epoch,
        firstSequence: this.#loaded + 1,
        lastSequence: this.#loaded + count,
        doneThrough: this.#loaded,
        events: batch,
        outcomes: [],
      });
      this.#loaded += count;
    }
    const perSecond = ((this.#loaded - first) * 1000) / (performance.now() - startedAt);
    process.stderr.write(`${this.#loaded} events, stored at ${Math.round(perSecond)}/s\n`);
    await this.#database.query({ text: "vacuum analyze" });
  }

  #makeEvent(number: number): DigestedEvent {
    const body = this.#bodies[pickBody(this.#random())] as DigestedEvent;
    const issue = Math.floor(ISSUES * this.#random() ** 3);
    return {
      ...body,
      eventId: randomBytes(16).toString("hex"),
      receivedAtMs: Date.now() - Math.floor(this.#random() * DAYS * 24 * HOUR_MS),
      fingerprints: [createHash("md5").update(`issue ${issue}`).digest("hex")],
      user: createHash("sha256")
        .update(`user ${Math.floor(this.#random() * USERS)}`)
        .digest()
        .readBigUInt64BE(),
      words: encodeTsvector(decodeTsvector(body.words).set(wordOf(number), 8)),
    };
  }
}

const wordOf = (number: number) => `request${number.toString(36)}`;

function digest(projectId: string, body: number): DigestedEvent {
  const bytes = Buffer.from(sampleEvent("2k", body, Date.now()));
  const slice = { eventId: randomBytes(16).toString("hex"), offset: 0, length: bytes.length };
  const { events } = digestEntry({
    projectId,
    receivedAtMs: Date.now(),
    source: "sentry",
    encoding: "identity",
    body: bytes,
    events: [slice],
  });
  const [event] = events;
  if (event === undefined) throw new Error("the sample is no event");
  return event;
}

async function listQueries(server: ServerProcess, loader: Loader): Promise<Query[]> {
  const project = `/api/v1/projects/${loader.projectId}`;
  const issues = await server.get<{ data: { id: string }[]; next_cursor?: string; next_cursor_id?: string }>(
    `${project}/issues?sort=events&limit=1`,
  );
  const hottest = `/api/v1/issues/${issues.data[0]?.id}`;
  const flat = (name: string, path: string): Query => ({ name, path, kind: "flat" });
  const text = (name: string, path: string): Query => ({ name, path, kind: "text" });
  const query = (search: string) => `query=${encodeURIComponent(search)}`;
  return [
    flat("issues", `${project}/issues`),
    ...["first_seen", "events", "users", "priority"].map((sort) =>
      flat(`issues by ${sort}`, `${project}/issues?sort=${sort}`),
    ),
    flat("issues: is, level, counts", `${project}/issues?${query("is:unresolved level:error timesSeen:>10")}`),
    flat("issues: common tag", `${project}/issues?${query("environment:production")}`),
    flat("issues: rare tag value", `${project}/issues?${query("release:shop@2.1.7 region:us-east")}`),
    flat("issues: tag with a star", `${project}/issues?${query("release:shop@2.1.*")}`),
    flat("issues: tag that is not counted", `${project}/issues?${query("user.id:4711")}`),
    text("issues: common word", `${project}/issues?${query("typeerror")}`),
    text("issues: rare word", `${project}/issues?${query(loader.rareWord)}`),
    flat("events, 7 days", `${project}/events?period=7d`),
    flat("events: common tag, 7 days", `${project}/events?period=7d&${query("environment:staging")}`),
    flat("events: rare tag, 7 days", `${project}/events?period=7d&${query("user.email:user4711@example.com")}`),
    text("events: common word, 7 days", `${project}/events?period=7d&${query("typeerror")}`),
    text("events: rare word, 7 days", `${project}/events?period=7d&${query(loader.rareWord)}`),
    text("ranked: common word, 7 days", `${project}/events/search?period=7d&q=typeerror`),
    text("ranked: two words, 7 days", `${project}/events/search?period=7d&q=cannot%20charge`),
    text("ranked: rare word, 7 days", `${project}/events/search?period=7d&q=${loader.rareWord}`),
    flat("tags, 24 h", `${project}/events/tags?key=region&value=us-east`),
    flat("an issue", hottest),
    flat("an issue's events", `${hottest}/events`),
    flat("an issue's events with a tag", `${hottest}/events?${query("region:us-east")}`),
    flat("an issue's timeline", `${hottest}/timeline`),
    flat("an issue's volume, 7 days", `${hottest}/volume?period=7d`),
    flat("an issue's tags", `${hottest}/tags`),
    flat("volume, 24 h", `${project}/dashboard/volume`),
    flat("volume, 7 days", `${project}/dashboard/volume?period=7d&bucket=day&tz=Europe/Vienna`),
    flat("levels, 7 days", `${project}/dashboard/levels?period=7d`),
    flat("top issues", `${project}/dashboard/top-issues`),
    flat("top issues of 7 days", `${project}/dashboard/top-issues?period=7d`),
    flat("breakdown by transaction, 7 days", `${project}/dashboard/tags?key=transaction&period=7d`),
    flat("health", `${project}/dashboard/health`),
    flat("users, 7 days", `${project}/dashboard/users?period=7d&bucket=day`),
    flat("releases, 7 days", `${project}/dashboard/releases?period=7d`),
    flat("account, 7 days", `${project}/dashboard/account?period=7d`),
    flat("suggestions", `${project}/search/suggest?prefix=transaction:p`),
  ];
}

/** Events at even distances; returns how to stop. */
function sendMeanwhile(server: ServerProcess, perSecond: number): () => void {
  const stopping = new AbortController();
  const random = randomFrom(Date.now());
  const send = async () => {
    for (let dueAt = performance.now(); !stopping.signal.aborted; dueAt += 1_000 / perSecond) {
      await sleep(Math.max(0, dueAt - performance.now()));
      const event = JSON.parse(sampleEvent("2k", pickBody(random()), Date.now())) as Record<string, unknown>;
      sendEvent(server.dsn, { ...event, event_id: newEventId() }).catch((error: unknown) => {
        if (!stopping.signal.aborted) throw error;
      });
    }
  };
  if (perSecond > 0) void send();
  return () => stopping.abort();
}

/** One request after the other. */
async function measure(server: ServerProcess, query: Query): Promise<Figures> {
  const times: number[] = [];
  const endsAt = performance.now() + Number(given.seconds) * 1_000;
  for (let request = 0; request < 3 || performance.now() < endsAt; request += 1) {
    const startedAt = performance.now();
    const response = await fetch(`${server.url}${query.path}`, { headers: { authorization: `Bearer ${TEST_TOKEN}` } });
    const body = await response.text();
    if (!response.ok) throw new Error(`${query.name}: ${response.status} ${body}`);
    // The first one plans, and finds nothing in memory.
    if (request > 0) times.push(performance.now() - startedAt);
  }
  times.sort((a, b) => a - b);
  const at = (share: number) => times[Math.min(times.length - 1, Math.floor(times.length * share))] ?? Number.NaN;
  return { requests: times.length, p50: at(0.5), p95: at(0.95) };
}

function print(
  steps: readonly number[],
  queries: readonly Query[],
  figures: Record<string, Record<string, Figures>>,
): void {
  const width = Math.max(...queries.map(({ name }) => name.length));
  const cell = (text: string) => text.padStart(16);
  const heads = steps.map((events) => cell(events.toLocaleString("en")));
  process.stdout.write(`\nms, p50 / p95, ${given["per-second"]} events/s arriving\n\n`);
  process.stdout.write(`${"".padEnd(width)}${heads.join("")}${cell("p95 grows")}\n`);
  for (const { name, kind } of queries) {
    const of = steps.map((events) => figures[name]?.[events]);
    const cells = of.map((each) => cell(each === undefined ? "" : `${each.p50.toFixed(1)} / ${each.p95.toFixed(1)}`));
    const [first, last] = [of[0], of.at(-1)];
    const growth = first === undefined || last === undefined ? "" : `× ${(last.p95 / first.p95).toFixed(1)}`;
    const isMissed = kind === "text" && (last?.p95 ?? 0) > TEXT_P95_MS_GOAL;
    process.stdout.write(
      `${name.padEnd(width)}${cells.join("")}${cell(growth)}${isMissed ? `  goal < ${TEXT_P95_MS_GOAL}` : ""}\n`,
    );
  }
}

if (given.help) process.stdout.write(HELP);
else await main();
