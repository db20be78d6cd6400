/**
 * Fills a project with events of the last days, as a week of use would leave them: stored in the order of their times, by what
 * stores events (`COPY`, with every count), some issues and people far more often than others.
 */
import { createHash, randomBytes, randomUUID } from "node:crypto";
import { type Database, openDatabase } from "../packages/server/src/db/database.ts";
import { decodeTsvector, encodeTsvector } from "../packages/server/src/db/tsvector.ts";
import { dayOf, ensurePartitions } from "../packages/server/src/events/partitions.ts";
import { digestEntries } from "../packages/server/src/ingest/digest/digest.ts";
import { claimJournal } from "../packages/server/src/ingest/journal/journal.queries.ts";
import type { DigestedEvent } from "../packages/server/src/ingest/store/digested-event.ts";
import { storeBatch } from "../packages/server/src/ingest/store/store.ts";
import { BODIES, nameOf, randomFrom, sampleEvent } from "./sample-events.ts";

const HOUR_MS = 3_600_000;
export const DAYS = 7;
const USERS = 100_000;
const CUSTOMERS = 20_000;
const RELEASE_HOURS = 6;
/** Great batches in the order of time: then one batch touches each count once, where one of a running server would touch it again and again. */
const BATCH_EVENTS = 4_000;
/** Each stores a part of the time of its own: while PostgreSQL stores one's batch, the other's is made. */
const LANES = 2;
const LEVELS = ["fatal", "warning", "info", "error", "error", "error", "error", "error", "error", "error"];

export interface SeededProject {
  readonly projectId: string;
  /** Different ones, which all have an event when there are twice as many events. */
  readonly issues: number;
}

interface SeedOptions extends SeededProject {
  readonly url: string;
}

export class Seeder implements AsyncDisposable {
  readonly #database: Database;
  readonly #bodies: readonly DigestedEvent[];
  readonly #project: SeededProject;
  #seeded = 0;

  /** Afterwards `seedUpTo` as often as wanted. */
  constructor({ url, ...project }: SeedOptions) {
    this.#project = project;
    this.#database = openDatabase({
      // What a crash would lose is seeded again.
      url: `${url}${url.includes("?") ? "&" : "?"}options=${encodeURIComponent("-c synchronous_commit=off")}`,
      applicationName: "bench",
      statementTimeoutMs: 600_000,
      log: () => undefined,
    });
    this.#bodies = Array.from({ length: BODIES }, (_, body) => digest(project.projectId, body));
  }

  /** A word that only one event has. */
  get rareWord(): string {
    return wordOf(Math.floor(this.#seeded / 2));
  }

  /**
   * Adds events until there are so many, all over the last days. Tells how many were stored a second; nothing, if as many
   * were there.
   */
  async seedUpTo(events: number): Promise<number | undefined> {
    if (this.#seeded === 0 && (await this.#count()) >= events) {
      this.#seeded = events;
      return undefined;
    }
    const first = this.#seeded;
    const nowMs = Date.now();
    const fromMs = nowMs - DAYS * 24 * HOUR_MS;
    const days = Array.from({ length: DAYS + 1 }, (_, day) => dayOf(fromMs) + day * 24 * HOUR_MS);
    await ensurePartitions(this.#database, days);
    const perLane = Math.ceil((events - first) / LANES);
    const startedAt = performance.now();
    await Promise.all(
      Array.from({ length: LANES }, (_, lane) => {
        const from = first + lane * perLane;
        const to = Math.min(events, from + perLane);
        const laneMs = (nowMs - fromMs) / LANES;
        return this.#store({ from, to, fromMs: fromMs + lane * laneMs, toMs: fromMs + (lane + 1) * laneMs });
      }),
    );
    this.#seeded = events;
    const perSecond = ((events - first) * 1_000) / (performance.now() - startedAt);
    await this.#database.query({ text: "vacuum analyze" });
    await this.#database.query({ text: "checkpoint" });
    return perSecond;
  }

  async #count(): Promise<number> {
    const { rows } = await this.#database.query<{ count: number }>({
      text: "select coalesce(sum(count), 0)::bigint as count from event_counts where project_id = $1",
      values: [this.#project.projectId],
    });
    return rows[0]?.count ?? 0;
  }

  /** The events of these numbers, evenly over a time. */
  async #store({ from, to, fromMs, toMs }: { from: number; to: number; fromMs: number; toMs: number }): Promise<void> {
    const journalId = randomUUID();
    const epoch = await claimJournal(this.#database, journalId, "bench");
    const random = randomFrom(from + 11);
    for (let number = from; number < to; ) {
      const end = Math.min(to, number + BATCH_EVENTS);
      const events: DigestedEvent[] = [];
      for (; number < end; number += 1) {
        const receivedAtMs = Math.floor(fromMs + ((number - from + random()) * (toMs - fromMs)) / (to - from));
        events.push(this.#makeEvent(number, receivedAtMs, random));
      }
      await storeBatch(this.#database, {
        journalId,
        epoch,
        firstSequence: end - events.length + 1,
        lastSequence: end,
        doneThrough: end - events.length,
        events,
        outcomes: [],
      });
    }
  }

  #makeEvent(number: number, receivedAtMs: number, random: () => number): DigestedEvent {
    const { issues, projectId } = this.#project;
    // Every second one of the first is some issue's own.
    const issue = number < issues * 2 && number % 2 === 0 ? number / 2 : zipf(issues, random);
    const body = this.#bodies[issue % BODIES] as DigestedEvent;
    const user = Math.floor(USERS * random() ** 2);
    const thing = nameOf(issue);
    const release = releaseAt(receivedAtMs, random);
    const tags = {
      ...body.tags,
      "user.id": String(user),
      "user.email": `user${user}@example.com`,
      transaction: `POST /api/${thing}/:id`,
      url: `https://shop.example.com/api/${thing}/${user}`,
      customer: `customer-${zipf(CUSTOMERS, random)}`,
      region: ["eu-central", "us-east", "ap-south"][user % 3] ?? "",
      // What hardly ever happens.
      ...(random() < 0.0002 ? { plan: "trial" } : {}),
    };
    const words = decodeTsvector(body.words).set(wordOf(number), 8).set(thing, 8).set(`i${issue}`, 8);
    const title = `${body.tags["error.type"]}: Cannot save ${thing} ${user}: ${body.title.slice(-40)}`;
    return {
      ...body,
      projectId,
      eventId: randomBytes(16).toString("hex"),
      receivedAtMs,
      occurredAtMs: receivedAtMs - 1_000,
      fingerprints: [createHash("md5").update(`issue ${issue}`).digest("hex")],
      level: LEVELS[issue % LEVELS.length] ?? "error",
      title,
      culprit: tags.transaction,
      release,
      environment: random() < 0.8 ? "production" : "staging",
      tags,
      tagsJson: JSON.stringify(tags),
      user: createHash("md5").update(`user ${user}`).digest().readBigUInt64BE(),
      words: encodeTsvector(words),
    };
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#database.close();
  }
}

/** Of `count` things one by its frequency: the second comes half as often as the first, the third a third. */
function zipf(count: number, random: () => number): number {
  return Math.floor(count ** random()) - 1;
}

/** A new one every some hours, while some still use those before. */
function releaseAt(ms: number, random: () => number): string {
  const newest = Math.floor(ms / (RELEASE_HOURS * HOUR_MS));
  return releaseName(newest - Math.floor(4 * random() ** 3));
}

const releaseName = (number: number) => `shop@4.${Math.floor(number / 10)}.${number % 10}`;

/** The one that was new so many days ago. */
export function releaseOfDaysAgo(days: number): string {
  return releaseName(Math.floor((Date.now() - days * 24 * HOUR_MS) / (RELEASE_HOURS * HOUR_MS)));
}

const wordOf = (number: number) => `request${number.toString(36)}`;

function digest(projectId: string, body: number): DigestedEvent {
  const bytes = Buffer.from(sampleEvent("2k", body, Date.now()));
  const slice = { eventId: randomBytes(16).toString("hex"), offset: 0, length: bytes.length };
  const { events } = digestEntries([
    {
      projectId,
      receivedAtMs: Date.now(),
      source: "sentry",
      encoding: "identity",
      body: bytes,
      events: [slice],
    },
  ]);
  const [event] = events;
  if (event === undefined) throw new Error("the sample is no event");
  return event;
}
