/**
 * Which days a plan weighs, where events are kept for 90 of them: each costs some 0.2 ms before the first row is read, so what
 * people ask for most must rule out most days by its text and values.
 */
import { EVERYTHING, parseSearch } from "@mesher/protocol";
import { testDatabase } from "@mesher/testkit";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Database, Statement } from "../../db/database.ts";
import { findEvent, findNeighbours, type IssueSpan, listIssueEvents } from "../../events/events.queries.ts";
import { DAY_MS, dayOf, ensurePartitions } from "../../events/partitions.ts";
import { listEvents } from "../../events/search-events.queries.ts";
import { findSpanOf, listIssues } from "../../issues/issue-list.queries.ts";
import { createTestProject, eventOf, newFingerprint, store } from "./store-testing.ts";

const DAYS = 90;
const DAYS_AHEAD = 7;
const NOW_MS = Date.UTC(2026, 5, 4, 12);
const HOUR_MS = 3_600_000;
/** Up to four days at both ends of an issue's life and near now, and those ahead, which a search up to now does not rule out. */
const DAYS_MAX = 3 * 4 + DAYS_AHEAD;
const PAGE = 26;

let db: Awaited<ReturnType<typeof testDatabase>>;
let projectId: string;
/** Of an issue with an event every hour of the last three days, and one long ago. */
let eventIds: readonly string[];
let issue: IssueSpan;
beforeAll(async () => {
  db = await testDatabase();
  const { database } = db;
  ({ projectId } = await createTestProject(database));
  await ensurePartitions(
    database,
    Array.from({ length: DAYS + DAYS_AHEAD }, (_, day) => dayOf(NOW_MS) + (DAYS_AHEAD - day) * DAY_MS),
  );
  const fingerprint = newFingerprint();
  const ages = [...Array.from({ length: 72 }, (_, hour) => hour * HOUR_MS), 80 * DAY_MS];
  const events = ages.map((ageMs) => eventOf(projectId, fingerprint, { receivedAtMs: NOW_MS - ageMs }));
  const { stored } = await store(database, ...events);
  eventIds = events.map(({ eventId }) => eventId);
  const found = await findSpanOf(database, projectId, stored[0]?.issueId ?? "");
  if (found === undefined) throw new Error("there is no issue");
  issue = found;
});
afterAll(() => db[Symbol.asyncDispose]());

const project = () => ({ projectId, slug: "shop", nowMs: NOW_MS, assigneesOf: () => [], limit: PAGE });

async function findNear(database: Database, index: number) {
  const event = await findEvent(db.database, [projectId], eventIds[index] ?? "", NOW_MS);
  if (event === undefined) throw new Error("there is no such event");
  return findNeighbours(database, event, issue);
}

const READS: Readonly<Record<string, (database: Database) => Promise<unknown>>> = {
  "events of all times": (database) => listEvents(database, { ...project(), query: EVERYTHING }),
  "events of an issue": (database) => listEvents(database, { ...project(), issueId: issue.issueId, query: EVERYTHING }),
  "the latest event of an issue": (database) => listIssueEvents(database, issue, 1),
  "an event beside those around it": (database) => findNear(database, 5),
  "the latest event of an issue beside those around it": (database) => findNear(database, 0),
  "issues with a tag": (database) =>
    listIssues(database, { ...project(), query: parseSearch("environment:production", "issue"), sort: "last_seen" }),
};

test.each(Object.entries(READS))("a page of %s weighs few days of many", async (_name, read) => {
  const { database, daysOfPlans } = planning(db.database);
  await read(database);
  for (const days of await daysOfPlans()) expect(days).toBeLessThanOrEqual(DAYS_MAX);
});

test("a recent event is found among the last days, and one of long ago as well", async () => {
  const { database, daysOfPlans } = planning(db.database);
  expect(await findEvent(database, [projectId], eventIds[5] ?? "", NOW_MS)).toMatchObject({ eventId: eventIds[5] });
  expect(await daysOfPlans()).toEqual([15 + DAYS_AHEAD]);
  expect(await findEvent(database, [projectId], eventIds.at(-1) ?? "", NOW_MS)).toMatchObject({
    eventId: eventIds.at(-1),
  });
  expect(await daysOfPlans()).toHaveLength(3);
});

test("what lies beyond the last days is read all the same", async () => {
  const oldest = eventIds.at(-1) ?? null;
  const found = await listEvents(db.database, { ...project(), query: EVERYTHING, limit: 100 });
  expect(found.map(({ eventId }) => eventId)).toEqual(eventIds);
  expect((await listIssueEvents(db.database, issue, 100)).map(({ eventId }) => eventId)).toEqual(eventIds);
  const [latest, beforeOldest] = [eventIds[0] ?? null, eventIds.at(-2) ?? null];
  expect(await findNear(db.database, 71)).toEqual({
    previousId: oldest,
    nextId: eventIds[70],
    firstId: oldest,
    latestId: latest,
  });
  expect(await findNear(db.database, 72)).toEqual({
    previousId: null,
    nextId: beforeOldest,
    firstId: oldest,
    latestId: latest,
  });
});

test("the first event is another one when retention has removed the oldest", async () => {
  const { projectId: id } = await createTestProject(db.database);
  const fingerprint = newFingerprint();
  const events = [0, 1, 60, 80].map((day) => eventOf(id, fingerprint, { receivedAtMs: NOW_MS - day * DAY_MS }));
  const { stored } = await store(db.database, ...events);
  const ids = events.map(({ eventId }) => eventId);
  await db.database.query({ text: "delete from events where project_id = $1 and event_id = $2", values: [id, ids[3]] });
  const span = await findSpanOf(db.database, id, stored[0]?.issueId ?? "");
  const event = await findEvent(db.database, [id], ids[1] ?? "", NOW_MS);
  if (span === undefined || event === undefined) throw new Error("nothing was stored");
  expect(await findNeighbours(db.database, event, span)).toEqual({
    previousId: ids[2],
    nextId: ids[0],
    firstId: ids[2],
    latestId: ids[0],
  });
});

/** Keeps the statements that run; `daysOfPlans` tells of how many days each has to read. */
function planning(real: Database): { database: Database; daysOfPlans: () => Promise<number[]> } {
  const statements: Statement[] = [];
  const database = Object.create(real) as Database;
  database.query = (statement) => {
    statements.push(statement);
    return real.query(statement);
  };
  const daysOfPlans = async () => {
    const days: number[] = [];
    for (const { text, values = [] } of statements) {
      const { rows } = await real.query<{ "QUERY PLAN": unknown }>({ text: `explain (format json) ${text}`, values });
      days.push(new Set(JSON.stringify(rows).match(/"events_\d{8}"/g)).size);
    }
    return days;
  };
  return { database, daysOfPlans };
}
