import { randomUUID } from "node:crypto";
import { testDatabase } from "@mesher/testkit";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { HOUR_MS, hourOf } from "../../dashboards/rollups.queries.ts";
import type { Database } from "../../db/database.ts";
import { DAY_MS, daysAhead, ensurePartitions } from "../../events/partitions.ts";
import { changeIssues, type IssueCommand } from "../../issues/change-issues.ts";
import { deleteIssues } from "../../issues/delete-issues.ts";
import { followAllEvents } from "../../issues/follow-events.ts";
import { type IssueChange, SYSTEM } from "../../issues/issue-change.ts";
import { mergeIssues, unmergeFingerprints } from "../../issues/merge-issues.ts";
import type { DigestedEvent } from "./digested-event.ts";
import { createTestProject, eventOf, newFingerprint, store, type TestProject } from "./store-testing.ts";

let db: Awaited<ReturnType<typeof testDatabase>>;
let database: Database;
const now = Date.now();
beforeAll(async () => {
  db = await testDatabase({ poolSize: 10 });
  database = db.database;
  await ensurePartitions(database, [now - DAY_MS, ...daysAhead(now)]);
});
afterAll(() => db[Symbol.asyncDispose]());

const ignore = () => {};
const merge = (
  project: TestProject,
  issueId: string,
  sourceIds: readonly string[],
  tell: (c: IssueChange) => void = ignore,
) => mergeIssues(database, { organizationId: project.organizationId, issueId, sourceIds, actor: SYSTEM }, tell);
const unmerge = (project: TestProject, issueId: string, fingerprints: readonly string[]) =>
  unmergeFingerprints(
    database,
    { organizationId: project.organizationId, issueId, fingerprints, actor: SYSTEM },
    ignore,
  );

const rows = async <T>(text: string, values: unknown[]) => (await database.query<T>({ text, values })).rows;

interface Sums {
  readonly events: number;
  readonly firstMs: number;
  readonly lastMs: number;
  readonly firstRelease: string | null;
  readonly lastRelease: string | null;
  readonly users: number;
  /** Events by browser. */
  readonly browsers: Readonly<Record<string, number>>;
  readonly hours: Readonly<Record<number, number>>;
  readonly eventIds: readonly string[];
}

/** What the tables say of every issue of a project. */
async function readSums({ projectId }: TestProject): Promise<Record<string, Sums>> {
  const counters = await rows<{
    id: string;
    event_count: number;
    first_seen: Date;
    last_seen: Date;
    first_release: string | null;
    last_release: string | null;
    user_count: number;
  }>(
    "select i.id, c.* from issues i left join issue_counters c on c.project_id = i.project_id and c.issue_id = i.id where i.project_id = $1",
    [projectId],
  );
  const hours = await rows<{ issue_id: string; hour: Date; count: number }>(
    "select issue_id, hour, count from issue_counts where project_id = $1",
    [projectId],
  );
  const tags = await rows<{ issue_id: string; value: string; count: number }>(
    "select issue_id, value, count from issue_tags where project_id = $1 and key = 'browser'",
    [projectId],
  );
  const events = await rows<{ issue_id: string; event_id: string }>(
    "select issue_id, event_id from events where project_id = $1 order by event_id",
    [projectId],
  );
  return Object.fromEntries(
    counters.map((row) => [
      row.id,
      {
        events: row.event_count,
        firstMs: row.first_seen.getTime(),
        lastMs: row.last_seen.getTime(),
        firstRelease: row.first_release,
        lastRelease: row.last_release,
        users: row.user_count,
        browsers: Object.fromEntries(
          tags.filter(({ issue_id }) => issue_id === row.id).map(({ value, count }) => [value, count]),
        ),
        hours: Object.fromEntries(
          hours.filter(({ issue_id }) => issue_id === row.id).map(({ hour, count }) => [hour.getTime(), count]),
        ),
        eventIds: events
          .filter(({ issue_id }) => issue_id === row.id)
          .map(({ event_id }) => event_id.replaceAll("-", "")),
      },
    ]),
  );
}

/** What they must say of an issue that has these events. */
function sumsOf(events: readonly DigestedEvent[]): Sums {
  const byTime = events.toSorted((a, b) => a.receivedAtMs - b.receivedAtMs);
  const hours: Record<number, number> = {};
  const browsers: Record<string, number> = {};
  for (const { tags } of events) {
    const browser = tags["browser"];
    if (browser !== undefined) browsers[browser] = (browsers[browser] ?? 0) + 1;
  }
  for (const { receivedAtMs } of events) hours[hourOf(receivedAtMs)] = (hours[hourOf(receivedAtMs)] ?? 0) + 1;
  return {
    events: events.length,
    firstMs: byTime[0]?.receivedAtMs ?? 0,
    lastMs: byTime.at(-1)?.receivedAtMs ?? 0,
    firstRelease: byTime.find(({ release }) => release !== undefined)?.release ?? null,
    lastRelease: byTime.findLast(({ release }) => release !== undefined)?.release ?? null,
    users: new Set(events.flatMap(({ user }) => user ?? [])).size,
    browsers,
    hours,
    eventIds: events.map(({ eventId }) => eventId).toSorted(),
  };
}

const step = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant("store" as const),
      which: fc.nat({ max: 3 }),
      count: fc.integer({ min: 1, max: 3 }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant("merge" as const), which: fc.nat({ max: 3 }), into: fc.nat({ max: 3 }) }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("unmerge" as const), which: fc.nat({ max: 3 }) }) },
);

test("[GROUP-05] however issues are merged and taken apart between events, counts, hours, times, releases, users, tags and events are those of their fingerprints", async () => {
  let minute = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 4, maxLength: 14 }), async (steps) => {
      const project = await createTestProject(database);
      const fingerprints = [1, 2, 3, 4].map(newFingerprint);
      const nextEvent = (which: number): DigestedEvent => {
        minute += 1;
        return eventOf(project.projectId, fingerprints[which] ?? "", {
          receivedAtMs: now - 5 * HOUR_MS + (minute % 290) * 60_000 + (minute % 1_000),
          release: minute % 3 === 0 ? undefined : `r${minute}`,
          user: minute % 5 === 0 ? undefined : BigInt(minute % 7),
          tags: minute % 4 === 0 ? {} : { browser: `Firefox ${minute % 3}` },
        });
      };
      const events = fingerprints.map((_, which) => [nextEvent(which)]);
      const own: string[] = [];
      for (const [first] of events) {
        if (first !== undefined) own.push((await store(database, first)).stored[0]?.issueId ?? "");
      }
      /** The issue that each fingerprint leads to now. */
      const leads = [...own];

      for (const each of steps) {
        const { which } = each;
        if (each.do === "store") {
          const batch = Array.from({ length: each.count }, () => nextEvent(which));
          const { stored } = await store(database, ...batch);
          expect(stored.map(({ issueId }) => issueId)).toEqual(batch.map(() => leads[which]));
          events[which]?.push(...batch);
        } else if (each.do === "merge") {
          const [source, target] = [leads[which] ?? "", leads[each.into] ?? ""];
          expect(await merge(project, target, [source])).toMatchObject({ kind: "done" });
          for (const [index, issueId] of leads.entries()) if (issueId === source) leads[index] = target;
        } else {
          const isOwn = leads[which] === own[which];
          const result = await unmerge(project, leads[which] ?? "", [fingerprints[which] ?? ""]);
          expect(result.kind).toBe(isOwn ? "not_merged" : "done");
          leads[which] = own[which] ?? "";
        }
      }
      await followAllEvents(database);
      const expected: Record<string, DigestedEvent[]> = {};
      for (const [which, issueId] of leads.entries()) (expected[issueId] ??= []).push(...(events[which] ?? []));
      expect(await readSums(project)).toEqual(
        Object.fromEntries(Object.entries(expected).map(([issueId, each]) => [issueId, sumsOf(each)])),
      );
    }),
    { numRuns: 30 },
  );
});

test("merging and taking apart while events are stored loses and doubles nothing", async () => {
  const project = await createTestProject(database);
  const fingerprints = [newFingerprint(), newFingerprint(), newFingerprint()];
  const events: DigestedEvent[][] = [[], [], []];
  const storeSome = async (which: number) => {
    const batch = [1, 2, 3].map((n) =>
      eventOf(project.projectId, fingerprints[which] ?? "", { receivedAtMs: now - HOUR_MS + n * 1_000 + which }),
    );
    events[which]?.push(...batch);
    return (await store(database, ...batch)).stored[0]?.issueId ?? "";
  };
  const [a, b, c] = [await storeSome(0), await storeSome(1), await storeSome(2)];
  const storing = { isDone: false };
  const moving = (async () => {
    let rounds = 0;
    while (!storing.isDone) {
      expect((await merge(project, a, [b, c])).kind).toBe("done");
      expect((await unmerge(project, a, [fingerprints[2] ?? ""])).kind).toBe("done");
      expect((await merge(project, c, [a])).kind).toBe("done");
      expect((await unmerge(project, c, fingerprints.slice(0, 2))).kind).toBe("done");
      rounds += 1;
    }
    return rounds;
  })();
  for (let round = 0; round < 12; round += 1) await Promise.all([0, 1, 2, 0, 1].map(storeSome));
  storing.isDone = true;
  expect(await moving).toBeGreaterThan(0);
  await followAllEvents(database);
  expect(await readSums(project)).toEqual({
    [a]: sumsOf(events[0] ?? []),
    [b]: sumsOf(events[1] ?? []),
    [c]: sumsOf(events[2] ?? []),
  });
});

test("what came apart is exact although retention has removed events", async () => {
  const project = await createTestProject(database);
  const [fa, fb] = [newFingerprint(), newFingerprint()];
  const a = (await store(database, eventOf(project.projectId, fa))).stored[0]?.issueId ?? "";
  const b =
    (await store(database, eventOf(project.projectId, fb), eventOf(project.projectId, fb))).stored[0]?.issueId ?? "";
  await merge(project, a, [b]);
  await rows("delete from events where project_id = $1", [project.projectId]);
  await store(database, eventOf(project.projectId, fb));
  await unmerge(project, a, [fb]);
  const sums = await readSums(project);
  expect([sums[a]?.events, sums[b]?.events, sums[b]?.eventIds.length]).toEqual([1, 3, 1]);
});

test("an event that an older fingerprint led to the issue goes with that one", async () => {
  const project = await createTestProject(database);
  const [older, newer, other] = [newFingerprint(), newFingerprint(), newFingerprint()];
  const b = (await store(database, eventOf(project.projectId, older))).stored[0]?.issueId ?? "";
  const a = (await store(database, eventOf(project.projectId, other))).stored[0]?.issueId ?? "";
  await merge(project, a, [b]);
  const event = eventOf(project.projectId, newer, { fingerprints: [newer, older] });
  expect((await store(database, event)).stored[0]?.issueId).toBe(a);
  await unmerge(project, a, [older]);
  const sums = await readSums(project);
  expect(sums[b]?.events).toBe(2);
  expect(sums[b]?.eventIds).toContain(event.eventId);
});

test("an issue that came apart is as urgent again as its level says", async () => {
  const project = await createTestProject(database);
  const [fa, fb] = [newFingerprint(), newFingerprint()];
  const urgency = async () =>
    (
      await rows<{ urgency: number }>(
        "select urgency from issue_counters where project_id = $1 order by urgency, issue_id",
        [project.projectId],
      )
    ).map((row) => row.urgency);
  // The batch's first event in time is not the one that makes the issue.
  const early = eventOf(project.projectId, fa, { level: "fatal", receivedAtMs: Date.now() - 1_000 });
  const [first] = (await store(database, eventOf(project.projectId, fa, { level: "warning" }), early)).stored;
  const [second] = (await store(database, eventOf(project.projectId, fb, { level: "fatal" }))).stored;
  const [a, b] = [first?.issueId ?? "", second?.issueId ?? ""];
  expect(await urgency()).toEqual([1, 3]);
  await merge(project, a, [b]);
  expect(await urgency()).toEqual([1]);
  await unmerge(project, a, [fb]);
  expect(await urgency()).toEqual([1, 3]);
});

test("a merged issue has one number and one life: its old ones come back with it", async () => {
  const project = await createTestProject(database);
  const [fa, fb] = [newFingerprint(), newFingerprint()];
  const a = (await store(database, eventOf(project.projectId, fa))).stored[0]?.issueId ?? "";
  const b = (await store(database, eventOf(project.projectId, fb, { title: "The other" }))).stored[0]?.issueId ?? "";
  const numberOf = async (id: string) =>
    (await rows<{ number: number }>("select number from issues where id = $1", [id]))[0]?.number;
  const number = await numberOf(b);
  const told: IssueChange[] = [];
  expect(await merge(project, a, [b, b, a], (each) => told.push(each))).toEqual({ kind: "done", issueIds: [b] });
  expect(told).toMatchObject([
    { issueId: a, action: "merged", details: { from: [b] } },
    { issueId: b, action: "merged", details: { into: a } },
  ]);
  expect(await numberOf(b)).toBeUndefined();
  await unmerge(project, a, [fb]);
  expect(await numberOf(b)).toBe(number);
  expect(await rows("select title, status from issues where id = $1", [b])).toEqual([
    { title: "The other", status: "unresolved" },
  ]);
  const tagged = await rows<{ issue_id: string }>("select distinct issue_id from issue_tags where project_id = $1", [
    project.projectId,
  ]);
  expect(tagged.map(({ issue_id }) => issue_id).toSorted()).toEqual([a, b].toSorted());
  for (const table of ["merged_issues", "fingerprint_counters", "fingerprint_counts", "event_moves"]) {
    expect([table, await rows(`select 1 from ${table} where project_id = $1`, [project.projectId])]).toEqual([
      table,
      [],
    ]);
  }
});

test("events that only move neither end an archive of so many events, nor put its end off", async () => {
  const project = await createTestProject(database);
  const { projectId, organizationId } = project;
  const [fa, fb] = [newFingerprint(), newFingerprint()];
  const storeOf = (fingerprint: string, count: number) =>
    store(database, ...Array.from({ length: count }, () => eventOf(projectId, fingerprint)));
  const a = (await storeOf(fa, 3)).stored[0]?.issueId ?? "";
  const b = (await storeOf(fb, 30)).stored[0]?.issueId ?? "";
  const statusOf = async (id: string) =>
    (await rows<{ status: string }>("select status from issues where id = $1", [id]))[0]?.status;
  const archive = { do: "archive", mode: "for_events", events: 4 } as const;
  await changeIssues(database, { organizationId, ids: [a, b], command: archive, actor: SYSTEM }, ignore);

  await merge(project, a, [b]);
  await storeOf(fb, 1);
  expect(await statusOf(a)).toBe("archived");
  await unmerge(project, a, [fb]);
  await storeOf(fa, 2);
  await storeOf(fb, 3);
  expect([await statusOf(a), await statusOf(b)]).toEqual(["archived", "archived"]);
  await storeOf(fa, 1);
  await storeOf(fb, 1);
  expect([await statusOf(a), await statusOf(b)]).toEqual(["unresolved", "unresolved"]);
});

describe("an issue that comes apart is as it was when it went in", () => {
  const STATE = `status, resolution, resolved_release, archive_mode, archived_until, archived_until_count, status_changed_at,
    regressed_at, assigned_to, assigned_team, priority_set, search, urgency`;
  const stateOf = async (id: string) =>
    (
      await rows<Record<string, unknown>>(
        `select ${STATE} from issues join issue_counters c on c.issue_id = issues.id where issues.id = $1`,
        [id],
      )
    )[0];

  async function makeTwo() {
    const project = await createTestProject(database);
    const [fa, fb] = [newFingerprint(), newFingerprint()];
    const [a = "", b = ""] = (
      await store(database, eventOf(project.projectId, fa), eventOf(project.projectId, fb))
    ).stored.map(({ issueId }) => issueId);
    const [person] = await rows<{ id: string }>(
      `with made as (insert into users (email, display_name) values ($2, 'Person') returning id)
       insert into organization_members (organization_id, user_id) select $1, id from made returning user_id as id`,
      [project.organizationId, `${randomUUID()}@example.com`],
    );
    const [team] = await rows<{ id: string }>(
      "insert into teams (organization_id, slug, name) values ($1, 'team', 'Team') returning id",
      [project.organizationId],
    );
    const change = (command: IssueCommand) =>
      changeIssues(database, { organizationId: project.organizationId, ids: [b], command, actor: SYSTEM }, ignore);
    return { project, a, b, fb, change, userId: person?.id ?? "", teamId: team?.id ?? "" };
  }

  test("archived for ever, of a priority that somebody set, a person's, and found by its words", async () => {
    const { project, a, b, fb, change, userId } = await makeTwo();
    await change({ do: "archive", mode: "for_ever" });
    await change({ do: "set_priority", priority: "high" });
    await change({ do: "assign", assignee: { kind: "user", id: userId } });
    await rows("update issues set regressed_at = now() where id = $1", [b]);
    const before = await stateOf(b);
    expect(before).toMatchObject({ status: "archived", urgency: 13, assigned_to: userId });
    await merge(project, a, [b]);
    await unmerge(project, a, [fb]);
    expect(await stateOf(b)).toEqual(before);
  });

  test("resolved, and a team's; the second time as it was then", async () => {
    const { project, a, b, fb, change, teamId } = await makeTwo();
    await change({ do: "archive", mode: "until_escalating" });
    await merge(project, a, [b]);
    await unmerge(project, a, [fb]);
    await change({ do: "resolve", mode: "in_release", release: "2.0.0" });
    await change({ do: "assign", assignee: { kind: "team", id: teamId } });
    const before = await stateOf(b);
    await merge(project, a, [b]);
    await unmerge(project, a, [fb]);
    expect(await stateOf(b)).toEqual(before);
    expect(before).toMatchObject({ status: "resolved", resolved_release: "2.0.0", assigned_team: teamId });
  });

  test("but nobody's whose person or team has gone, and not archived any more when its days are over", async () => {
    const { project, a, b, fb, change, userId } = await makeTwo();
    await change({ do: "assign", assignee: { kind: "user", id: userId } });
    await change({ do: "archive", mode: "until_time", until: new Date(now + HOUR_MS) });
    await merge(project, a, [b]);
    await rows("delete from organization_members where user_id = $1", [userId]);
    await rows("update merged_issues set archived_until = now() - interval '1 s' where id = $1", [b]);
    await unmerge(project, a, [fb]);
    expect(await stateOf(b)).toMatchObject({ status: "unresolved", archived_until: null, assigned_to: null });
  });
});

test("refused: unknown issues, those of others, of another project, discarded ones, and fingerprints that did not come by a merge", async () => {
  const project = await createTestProject(database);
  const stranger = await createTestProject(database);
  const [fa, fb] = [newFingerprint(), newFingerprint()];
  const make = async (projectId: string, fingerprint: string) =>
    (await store(database, eventOf(projectId, fingerprint))).stored[0]?.issueId ?? "";
  const [a, b, theirs] = [
    await make(project.projectId, fa),
    await make(project.projectId, fb),
    await make(stranger.projectId, fa),
  ];
  const [sibling] = await rows<{ id: string }>(
    "insert into projects (organization_id, slug, name) values ($1, 'sibling', 'x') returning id",
    [project.organizationId],
  );
  const inSibling = await make(sibling?.id ?? "", fa);
  expect(
    [
      await merge(project, a, [randomUUID()]),
      await merge(project, a, [theirs]),
      await merge(stranger, a, [b]),
      await merge(project, a, [inSibling]),
      await unmerge(stranger, a, [fa]),
      await unmerge(project, a, [fb]),
      await unmerge(project, a, [fa]),
    ].map(({ kind }) => kind),
  ).toEqual(["not_found", "not_found", "not_found", "other_project", "not_found", "unknown_fingerprint", "not_merged"]);
  const { organizationId } = project;
  await changeIssues(database, { organizationId, ids: [b], command: { do: "discard" }, actor: SYSTEM }, ignore);
  expect((await merge(project, a, [b])).kind).toBe("discarded");
  expect(Object.keys(await readSums(project)).toSorted()).toEqual([a, b].toSorted());
});

test("deleting a merged issue deletes all that went into it", async () => {
  const project = await createTestProject(database);
  const fingerprints = [newFingerprint(), newFingerprint()];
  const [a = "", b = ""] = (
    await store(database, ...fingerprints.map((each) => eventOf(project.projectId, each)))
  ).stored.map(({ issueId }) => issueId);
  await merge(project, a, [b]);
  const { organizationId } = project;
  await deleteIssues(database, { organizationId, ids: [a], command: { do: "delete" }, actor: SYSTEM }, ignore);
  await followAllEvents(database);
  for (const table of [
    "issues",
    "issue_fingerprints",
    "issue_counters",
    "issue_counts",
    "issue_tags",
    "events",
    "merged_issues",
    "fingerprint_counters",
  ]) {
    expect([table, await rows(`select 1 from ${table} where project_id = $1`, [project.projectId])]).toEqual([
      table,
      [],
    ]);
  }
  const { stored } = await store(database, ...fingerprints.map((each) => eventOf(project.projectId, each)));
  expect(stored.map(({ occasion }) => occasion)).toEqual(["new_issue", "new_issue"]);
});
