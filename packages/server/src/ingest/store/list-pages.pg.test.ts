/**
 * What a page of a list reads, where there are many issues and events: pages of memory, which no other load changes, so that
 * a plan that reads all of them is seen without a clock.
 */
import { EVERYTHING, parseSearch } from "@mesher/protocol";
import { testDatabase } from "@mesher/testkit";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Database, Statement } from "../../db/database.ts";
import { dayOf, ensurePartitions } from "../../events/partitions.ts";
import { listEvents, rankEvents } from "../../events/search-events.queries.ts";
import { findIssueByNumber, listIssues } from "../../issues/issue-list.queries.ts";
import { ISSUE_SORTS, type IssueSort } from "../../issues/issue-order.ts";
import { findSimilarIssues } from "../../issues/similar-issues.ts";
import { countNewIssues, listTopIssues, listTopIssuesOfHours } from "../../issues/top-issues.queries.ts";
import { createTestProject } from "./store-testing.ts";

const ISSUES = 20_000;
/** A rare value of a tag is that of every such issue. */
const RARE_EVERY = 5_000;
/** So many that all of them would be seen in what is read. */
const EVENTS = 200_000;
const RARE_WORD_EVERY = 50_000;
const DAYS = 4;
const HOUR_MS = 3_600_000;
const NOW_MS = Date.UTC(2026, 5, 4);
const PAGE = 26;
/** Of two pages of issues, with what is told of each: some 600. All issues with their counters have more than 1,500. */
const BUFFERS_MAX = 1_000;
/** Of the index of a tag, twice, and a few hundred issues: some 2,500. The tags of every issue are 80,000. */
const INDEX_BUFFERS_MAX = 5_000;

let projectId: string;
let db: Awaited<ReturnType<typeof testDatabase>>;
beforeAll(async () => {
  db = await testDatabase();
  const { database } = db;
  ({ projectId } = await createTestProject(database));
  const values = [projectId, new Date(NOW_MS)];
  // Seen over four days, the latest first; a few are fatal, few are many events, few have the plan "trial".
  await database.query({
    text: `
      insert into issues (project_id, id, title, culprit, level, platform, grouping, search)
      select $1, md5('issue ' || i)::uuid, 'TypeError: Cannot save thing' || i, 'checkout', 'error', 'node', '{}',
        to_tsvector('simple', 'cannot thing' || i)
      from generate_series(1, ${ISSUES}) as i`,
    values: [projectId],
  });
  await database.query({
    text: `
      insert into issue_counters (project_id, issue_id, urgency, event_count, user_count, first_seen, last_seen)
      select $1, md5('issue ' || i)::uuid, 1 + (i % 100 < 50)::integer + (i % 5000 = 0)::integer, 1 + 100000 / i, 100000 / i, $2::timestamptz - interval '5 days' - i * interval '1 second',
        $2::timestamptz - i * interval '${DAYS} days' / ${ISSUES}
      from generate_series(1, ${ISSUES}) as i`,
    values,
  });
  await database.query({
    text: `
      insert into issue_tags (project_id, issue_id, key, value, count)
      select $1, md5('issue ' || i)::uuid, key, value, 1
      from generate_series(1, ${ISSUES}) as i, lateral (values
        ('environment', 'production'), ('release', 'shop@' || i % 40), ('browser', case when i % ${RARE_EVERY} = 0 then 'Rare' else 'Chrome' end)
      ) as tag (key, value)`,
    values: [projectId],
  });
  await database.query({
    text: `
      insert into issue_counts (project_id, issue_id, hour, count)
      select project_id, issue_id, date_trunc('hour', last_seen), event_count from issue_counters`,
  });
  await ensurePartitions(
    database,
    Array.from({ length: DAYS + 1 }, (_, day) => dayOf(NOW_MS) - day * 24 * HOUR_MS),
  );
  await database.query({
    text: `
      insert into events (project_id, event_id, issue_id, received_at, occurred_at, level, title, environment, release, tags,
        grouping, payload_source, payload_encoding, payload_offset, payload_length, payload, search)
      select $1, md5('event ' || i)::uuid, md5('issue ' || i % 100)::uuid, at, at, 'error', 'TypeError', 'production', case i when ${EVENTS} - 1 then 'shop@0' else 'shop@1' end,
        jsonb_build_object('user.id', i::text), '{}', 0, 0, 0, 0, '',
        (case when i % ${RARE_WORD_EVERY} = 7 then 'rare typeerror' else 'typeerror' end)::tsvector
      from generate_series(1, ${EVENTS}) as i, lateral (select $2::timestamptz - i * interval '${DAYS} days' / ${EVENTS} as at) as a`,
    values,
  });
  await database.query({
    text: `
      insert into tag_counts (project_id, hour, key, value, count)
      select project_id, date_trunc('hour', received_at), 'release', release, count(*) from events group by 1, 2, 4`,
  });
  await database.query({ text: "vacuum analyze" });
});
afterAll(() => db[Symbol.asyncDispose]());

const issueSearch = () => ({ projectId, slug: "shop", nowMs: NOW_MS, assigneesOf: () => [], limit: PAGE });

async function pageOfIssues(database: Database, text: string, sort: IssueSort) {
  return listIssues(database, { ...issueSearch(), query: parseSearch(text, "issue"), sort });
}

test.each(ISSUE_SORTS)(
  "a page of all issues, sorted by %s, and the one behind it read no more than pages",
  async (sort) => {
    const { database, buffers } = reading(db.database);
    const first = await pageOfIssues(database, "is:unresolved", sort);
    const last = first.at(-1);
    const second = await listIssues(database, {
      ...issueSearch(),
      query: EVERYTHING,
      sort,
      after: { key: last?.sortKey ?? "", id: last?.id ?? "" },
    });
    expect([...first, ...second].map(({ number }) => number)).toEqual(await numbersInOrder(sort, PAGE * 2));
    expect(await buffers()).toBeLessThan(BUFFERS_MAX);
  },
);

/** As the numbers were given, told by the rows that all are read for. */
async function numbersInOrder(sort: IssueSort, count: number): Promise<number[]> {
  const column = {
    last_seen: "last_seen",
    first_seen: "first_seen",
    events: "event_count",
    users: "user_count",
    priority: "coarse_priority / 100000000 desc, c.last_seen",
  };
  const { rows } = await db.database.query<{ number: number }>({
    text: `select i.number from issues i join issue_counters c on c.issue_id = i.id
      order by c.${column[sort]} desc, i.id desc limit $1`,
    values: [count],
  });
  return rows.map(({ number }) => number);
}

test.each([
  ["a common tag", "environment:production", PAGE],
  ["a rare value of a tag", "browser:Rare", ISSUES / RARE_EVERY],
  ["a rare value beside common ones", "environment:production release:shop@0 browser:Rare", ISSUES / RARE_EVERY],
  ["a value that no issue has", "release:none", 0],
  ["a beginning", "release:shop@*", PAGE],
  ["a tag that is not counted", "user.id:4711", 1],
  ["a rare word", "thing4711", 1],
])("a search of issues for %s reads no more than pages", async (_name, text, expected) => {
  const { database, buffers } = reading(db.database);
  expect(await pageOfIssues(database, text, "last_seen")).toHaveLength(expected);
  expect(await buffers()).toBeLessThan(BUFFERS_MAX);
});

test.each([
  ["!browser:Chrome", ISSUES / RARE_EVERY],
  ["!has:browser", 0],
  ["!release:shop@*", 0],
  ["!(environment:production browser:Chrome)", ISSUES / RARE_EVERY],
])(
  "a search of issues for %s, which few are, reads an index and not the tags of every issue",
  async (text, expected) => {
    const { database, buffers } = reading(db.database);
    expect(await pageOfIssues(database, text, "last_seen")).toHaveLength(expected);
    expect(await buffers()).toBeLessThan(INDEX_BUFFERS_MAX);
  },
);

test.each(["priority:high", "priority:high priority:h*", "!priority:low !priority:medium"])(
  "a search of issues for %s, which few are, reads no more than pages",
  async (text) => {
    const { database, buffers } = reading(db.database);
    const found = await pageOfIssues(database, text, "last_seen");
    const { rows } = await db.database.query<{ count: number }>({
      text: "select count(*) from issue_counters where project_id = $1 and coarse_priority / 100000000 = 3",
      values: [projectId],
    });
    expect(found).toHaveLength(rows[0]?.count ?? 0);
    expect(found.length).toBeGreaterThan(0);
    expect(await buffers()).toBeLessThan(BUFFERS_MAX);
  },
);

test("a search of issues finds by a common tag what one finds that asks every issue", async () => {
  const found = await pageOfIssues(db.database, "environment:production !browser:Chrome", "last_seen");
  expect(found.map(({ number }) => number)).toEqual(
    (await pageOfIssues(db.database, "browser:Rare", "last_seen")).map(({ number }) => number),
  );
});

test.each([
  ["all", "", PAGE],
  ["a level or a release that no event has, by the counts", "level:debug OR release:none", 0],
  ["a level or a release of long ago, by the counts", "level:debug OR release:shop@0", 1],
  ["an environment that no event has, by the counts", "environment:none", 0],
  ["a release of long ago, by the counts", "release:shop@0", 1],
  ["a rare tag", "user.id:4711", 1],
  ["a word that no event has", "nothing", 0],
  ["a rare word", "rare", EVENTS / RARE_WORD_EVERY],
  ["a rare tag and a common word", "typeerror user.id:4711", 1],
])("a page of events for %s reads no more than pages, in order and ranked", async (_name, text, expected) => {
  const { database, buffers } = reading(db.database);
  const search = {
    projectId,
    slug: "shop",
    nowMs: NOW_MS,
    query: parseSearch(text, "event"),
    fromMs: NOW_MS - DAYS * 24 * HOUR_MS,
    limit: PAGE,
  };
  expect(await listEvents(database, search)).toHaveLength(expected);
  expect(await buffers()).toBeLessThan(BUFFERS_MAX);
  expect(await rankEvents(database, search)).toHaveLength(expected);
  expect(await buffers()).toBeLessThan(2 * BUFFERS_MAX);
});

test("dashboards and an issue's own page read no more than pages", async () => {
  const { database, buffers } = reading(db.database);
  expect(await listTopIssues(database, projectId, 10)).toHaveLength(10);
  const hours = { fromMs: NOW_MS - 24 * HOUR_MS, toMs: NOW_MS };
  expect(await listTopIssuesOfHours(database, projectId, 10, hours)).toHaveLength(10);
  expect(await countNewIssues(database, projectId, new Date(NOW_MS), "UTC")).toBe(0);
  const { rows } = await database.query<{ id: string; number: number }>({
    text: "select id, number from issues where project_id = $1 and id = md5('issue 4711')::uuid",
    values: [projectId],
  });
  const { id = "", number = 0 } = rows[0] ?? {};
  expect(await findIssueByNumber(database, projectId, number)).toMatchObject({ id });
  const similar = await findSimilarIssues(database, { projectId, issueId: id }, "TypeError: Cannot save thing4711");
  expect(similar).not.toHaveLength(0);
  expect(await buffers()).toBeLessThan(BUFFERS_MAX);
});

interface Plan {
  readonly Plan: { readonly "Shared Hit Blocks": number; readonly "Shared Read Blocks": number };
}

/** Keeps the statements that run; `buffers` runs them again and tells how many pages of tables and indexes they touch. */
function reading(real: Database): { database: Database; buffers: () => Promise<number> } {
  const statements: Statement[] = [];
  const database = Object.create(real) as Database;
  database.query = (statement) => {
    statements.push(statement);
    return real.query(statement);
  };
  const buffers = async () => {
    let sum = 0;
    for (const { text, values = [] } of statements) {
      const { rows } = await real.query<{ "QUERY PLAN": [Plan] }>({
        text: `explain (analyze, buffers, timing off, format json) ${text}`,
        values,
      });
      const [{ Plan: plan } = { Plan: undefined }] = rows[0]?.["QUERY PLAN"] ?? [];
      if (plan === undefined) throw new Error("a statement has no plan");
      sum += plan["Shared Hit Blocks"] + plan["Shared Read Blocks"];
    }
    return sum;
  };
  return { database, buffers };
}
