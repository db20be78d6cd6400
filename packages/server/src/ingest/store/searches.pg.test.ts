/** What PostgreSQL finds is what a filter in memory finds. */

import { randomUUID } from "node:crypto";
import {
  EVERYTHING,
  ISSUE_STATUSES,
  LEVELS,
  matchesEvent,
  matchesIssue,
  PLACES,
  PRIORITIES,
  printSearch,
  type SearchedEvent,
  type SearchedIssue,
  type SearchQuery,
  tokenize,
} from "@mesher/protocol";
import {
  eventSearches,
  issueSearches,
  SEARCHED_NOW_MS,
  SEARCHED_TAG_KEYS,
  SEARCHED_VALUES,
  SEARCHED_WORDS,
  testDatabase,
} from "@mesher/testkit";
import * as fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { VALUES_PER_ISSUE_MAX } from "../../dashboards/counted-tags.ts";
import type { Database } from "../../db/database.ts";
import { withTransaction } from "../../db/transaction.ts";
import { decodeTsvector, encodeTsvector } from "../../db/tsvector.ts";
import { ensurePartitions } from "../../events/partitions.ts";
import { listEvents } from "../../events/search-events.queries.ts";
import { setUrgencies } from "../../issues/change-issues.queries.ts";
import { changeIssues } from "../../issues/change-issues.ts";
import { SYSTEM } from "../../issues/issue-change.ts";
import { listIssues } from "../../issues/issue-list.queries.ts";
import { priorityOf } from "../../issues/priority.ts";
import { createTestProject, eventOf, newFingerprint, store } from "./store-testing.ts";

const ISSUES = 30;
const EVENTS_PER_ISSUE_MAX = 4;
const HOUR_MS = 3_600_000;
const ME = randomUUID();
const MY_TEAM = randomUUID();
const OTHER_TEAM = randomUUID();
const ASSIGNEES: Readonly<Record<string, readonly string[]>> = {
  me: [ME],
  my_teams: [MY_TEAM, randomUUID()],
  "#other": [OTHER_TEAM],
};
const assigneesOf = (name: string) => ASSIGNEES[name] ?? [];

let db: Awaited<ReturnType<typeof testDatabase>>;
let database: Database;
let projectId: string;
let slug: string;
let issues: SearchedIssue[];
const events: SearchedEvent[] = [];
beforeAll(async () => {
  db = await testDatabase();
  database = db.database;
  ({ projectId } = await createTestProject(database));
  const { rows } = await database.query<{ slug: string }>({
    text: "select slug from projects where id = $1",
    values: [projectId],
  });
  slug = rows[0]?.slug ?? "";
  await ensurePartitions(
    database,
    [-3, -2, -1, 0].map((days) => SEARCHED_NOW_MS + days * 24 * HOUR_MS),
  );
  issues = await Promise.all(fc.sample(randomIssues, { numRuns: ISSUES, seed: 7 }).map(storeIssue));
  // So many values that some are counted together: those are searched in the events.
  const many = Array.from({ length: VALUES_PER_ISSUE_MAX + 10 }, (_, index) => randomEvent(index));
  issues.push(await storeIssue({ ...fc.sample(randomIssues, { numRuns: 1, seed: 8 })[0]!, events: many }));
});
afterAll(() => db[Symbol.asyncDispose]());

type RandomEvent = Pick<
  SearchedEvent,
  "level" | "title" | "environment" | "release" | "tags" | "receivedAtMs" | "words"
>;

const texts = fc.constantFrom<string>(...SEARCHED_WORDS, ...SEARCHED_VALUES, "");
const randomEvents: fc.Arbitrary<RandomEvent> = fc.record({
  level: fc.constantFrom(...LEVELS),
  title: fc.array(texts, { minLength: 1, maxLength: 3 }).map((parts) => parts.join(" ")),
  environment: fc.constantFrom("production", "staging", "Chrome", undefined),
  release: fc.constantFrom("1.2.3", "1.2.10", undefined),
  tags: fc.dictionary(fc.constantFrom(...SEARCHED_TAG_KEYS), fc.constantFrom<string>(...SEARCHED_VALUES), {
    maxKeys: 4,
  }),
  receivedAtMs: fc.integer({ min: -47, max: 0 }).map((hours) => SEARCHED_NOW_MS + hours * HOUR_MS),
  words: fc
    .array(fc.tuple(fc.constantFrom(...SEARCHED_WORDS), fc.constantFrom(...Object.values(PLACES))), { maxLength: 4 })
    .map((placed) => wordsOf(placed)),
});

const randomIssues = fc.record({
  events: fc.array(randomEvents, { minLength: 1, maxLength: EVENTS_PER_ISSUE_MAX }),
  level: fc.constantFrom(...LEVELS),
  platform: fc.constantFrom("node", "python"),
  title: texts,
  culprit: texts,
  status: fc.constantFrom(...ISSUE_STATUSES),
  priority: fc.constantFrom(...PRIORITIES),
  assignedTo: fc.constantFrom(ME, MY_TEAM, OTHER_TEAM, randomUUID(), null),
  createdDaysAgo: fc.integer({ min: 0, max: 14 }),
  regressedDaysAgo: fc.option(fc.integer({ min: 0, max: 14 })),
  userCount: fc.nat({ max: 4 }),
});

function randomEvent(index: number): RandomEvent {
  const [event] = fc.sample(randomEvents, { numRuns: 1, seed: index });
  if (event === undefined) throw new Error("no event");
  // The first in the order of values are counted one by one.
  const rare = index < VALUES_PER_ISSUE_MAX ? `!${index}` : (SEARCHED_VALUES[index % 10] ?? "");
  return { ...event, tags: { ...event.tags, browser: rare } };
}

function wordsOf(placed: readonly (readonly [string, number])[]): Map<string, number> {
  const words = new Map<string, number>();
  for (const [text, place] of placed)
    for (const word of tokenize(text)) words.set(word, (words.get(word) ?? 0) | place);
  return words;
}

async function storeIssue({
  events: ofIssue,
  createdDaysAgo,
  regressedDaysAgo,
  ...random
}: typeof randomIssues extends fc.Arbitrary<infer T> ? T : never): Promise<SearchedIssue> {
  const fingerprint = newFingerprint();
  const rows = ofIssue.map((event) =>
    eventOf(projectId, fingerprint, {
      ...event,
      occurredAtMs: event.receivedAtMs,
      tagsJson: JSON.stringify(event.tags),
      words: encodeTsvector(event.words),
    }),
  );
  const issueId = (await store(database, ...rows)).stored[0]?.issueId ?? "";
  const day = (ago: number) => new Date(SEARCHED_NOW_MS - ago * 24 * HOUR_MS);
  const createdAt = day(createdDaysAgo);
  const isTeam = random.assignedTo === MY_TEAM || random.assignedTo === OTHER_TEAM;
  const regressedAt = regressedDaysAgo === null ? null : day(regressedDaysAgo);
  await database.query({
    text: `update issues set level = $2, platform = $3, title = $4, culprit = $5, status = $6, assigned_to = $7, assigned_team = $11,
        created_at = $8, regressed_at = $9, priority_set = $10, archive_mode = case $6 when 'archived' then 'for_ever' end,
        resolution = case $6 when 'resolved' then 'now' end
      where id = $1`,
    values: [
      issueId,
      random.level,
      random.platform,
      random.title,
      random.culprit,
      random.status,
      isTeam ? null : random.assignedTo,
      createdAt,
      regressedAt,
      random.priority,
      isTeam ? random.assignedTo : null,
    ],
  });
  await withTransaction(database, (tx) => setUrgencies(tx, [{ projectId, issueId }]));
  await database.query({
    text: "update issue_counters set user_count = $2 where issue_id = $1",
    values: [issueId, random.userCount],
  });
  const { rows: numbers } = await database.query<{ number: number }>({
    text: "select number from issues where id = $1",
    values: [issueId],
  });
  const shortId = `${slug.toUpperCase()}-${numbers[0]?.number}`;
  events.push(...rows.map((row) => ({ ...row, words: decodeTsvector(row.words), issueShortId: shortId })));
  return {
    ...random,
    shortId,
    createdAtMs: createdAt.getTime(),
    regressedAtMs: regressedAt?.getTime() ?? null,
    firstSeenMs: Math.min(...ofIssue.map(({ receivedAtMs }) => receivedAtMs)),
    lastSeenMs: Math.max(...ofIssue.map(({ receivedAtMs }) => receivedAtMs)),
    eventCount: ofIssue.length,
    events: ofIssue,
  };
}

const moment = { nowMs: SEARCHED_NOW_MS, assigneesOf };
const project = () => ({ projectId, slug, nowMs: SEARCHED_NOW_MS });

async function findEvents(query: SearchQuery): Promise<string[]> {
  return (await listEvents(database, { ...project(), query, limit: 1_000 })).map(({ eventId }) => eventId).toSorted();
}

async function findIssues(query: SearchQuery): Promise<string[]> {
  const found = await listIssues(database, { ...project(), assigneesOf, query, sort: "last_seen", limit: 1_000 });
  return found.map(({ number }) => `${slug.toUpperCase()}-${number}`).toSorted();
}

test("[SEARCH-02] every search finds the events that it describes, and no other", async () => {
  let found = 0;
  await fc.assert(
    fc.asyncProperty(eventSearches, async (query) => {
      const expected = events.filter((event) => matchesEvent(query, event, moment)).map(({ eventId }) => eventId);
      expect([printSearch(query), await findEvents(query)]).toEqual([printSearch(query), expected.toSorted()]);
      if (expected.length > 0 && expected.length < events.length) found += 1;
    }),
    { numRuns: 400 },
  );
  expect(found).toBeGreaterThan(100);
});

test("[SEARCH-01] every search finds the issues that it describes, and no other", async () => {
  let found = 0;
  await fc.assert(
    fc.asyncProperty(issueSearches, async (query) => {
      const expected = issues.filter((issue) => matchesIssue(query, issue, moment)).map(({ shortId }) => shortId);
      expect([printSearch(query), await findIssues(query)]).toEqual([printSearch(query), expected.toSorted()]);
      if (expected.length > 0 && expected.length < issues.length) found += 1;
    }),
    { numRuns: 400 },
  );
  expect(found).toBeGreaterThan(100);
});

test("events and issues are found by their ids", async () => {
  const [event] = events;
  if (event === undefined) throw new Error("no event");
  const byId: SearchQuery = { kind: "match", key: { field: "id" }, patterns: [[event.eventId]] };
  const byIssue: SearchQuery = { kind: "match", key: { field: "issue" }, patterns: [[event.issueShortId]] };
  expect(await findEvents(byId)).toEqual([event.eventId]);
  const ofIssue = events.filter(({ issueShortId }) => issueShortId === event.issueShortId);
  expect(await findEvents(byIssue)).toEqual(ofIssue.map(({ eventId }) => eventId).toSorted());
  expect(await findIssues(byIssue)).toEqual([event.issueShortId]);
  const { eventId } = event;
  const dashed = eventId.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
  for (const id of [eventId.toUpperCase(), dashed]) {
    const query = { ...byId, patterns: [[id]] } as const;
    expect([id, await findEvents(query), matchesEvent(query, event, moment)]).toEqual([id, [eventId], true]);
  }
  const shortId = event.issueShortId.toLowerCase();
  for (const pattern of [[shortId], [shortId.slice(0, -1), ""]] as const) {
    const query: SearchQuery = { ...byIssue, patterns: [pattern] };
    expect([pattern, await findIssues(query)]).toEqual([
      pattern,
      issues
        .filter((issue) => matchesIssue(query, issue, moment))
        .map((issue) => issue.shortId)
        .toSorted(),
    ]);
    expect([pattern, matchesEvent(query, event, moment)]).toEqual([pattern, true]);
  }
  for (const nonsense of ["x", "'; drop table events; --", `${slug.toUpperCase()}-99999999999999999999`]) {
    expect(await findEvents({ ...byId, patterns: [[nonsense]] })).toEqual([]);
    expect(await findIssues({ ...byIssue, patterns: [[nonsense]] })).toEqual([]);
  }
});

test("issues are searched and sorted by the priority that is shown", async () => {
  const { projectId: id, organizationId } = await createTestProject(database);
  const day = 24 * HOUR_MS;
  for (const [index, level] of [...LEVELS, ...LEVELS, ...LEVELS].entries()) {
    const receivedAtMs = SEARCHED_NOW_MS - (index % 3) * day;
    const [stored] = (await store(database, eventOf(id, newFingerprint(), { level, receivedAtMs }))).stored;
    const eventCount = [1, 999, 1_000, 2_000, 5_000][index % 5];
    await database.query({
      text: "update issue_counters set event_count = $2, first_seen = last_seen - $3 * interval '1 day' where issue_id = $1",
      values: [stored?.issueId, eventCount, index % 4],
    });
    if (index % 7 === 0) {
      const command = { do: "set_priority", priority: "low" } as const;
      await changeIssues(database, { organizationId, ids: [stored?.issueId ?? ""], command, actor: SYSTEM }, () => {});
    }
  }
  const search = { ...project(), projectId: id, assigneesOf, limit: 100 };
  const all = await listIssues(database, { ...search, query: EVERYTHING, sort: "priority" });
  expect(all).toHaveLength(3 * LEVELS.length);
  const ranks = all.map((issue) => PRIORITIES.indexOf(priorityOf(issue)));
  expect(ranks).toEqual(ranks.toSorted((a, b) => a - b));
  expect(new Set(ranks).size).toBe(PRIORITIES.length);
  for (const priority of PRIORITIES) {
    const query: SearchQuery = { kind: "match", key: { field: "priority" }, patterns: [[priority]] };
    const found = await listIssues(database, { ...search, query, sort: "priority" });
    const expected = all.filter((issue) => priorityOf(issue) === priority);
    expect(found.map((issue) => issue.id)).toEqual(expected.map((issue) => issue.id));
  }
});
