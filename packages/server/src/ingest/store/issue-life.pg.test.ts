import { randomUUID } from "node:crypto";
import { testDatabase, waitUntil } from "@mesher/testkit";
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Database } from "../../db/database.ts";
import { withTransaction } from "../../db/transaction.ts";
import { daysAhead, ensurePartitions } from "../../events/partitions.ts";
import { unassignAll } from "../../issues/change-issues.queries.ts";
import { changeIssues, type IssueCommand } from "../../issues/change-issues.ts";
import { deleteIssues } from "../../issues/delete-issues.ts";
import { endArchives } from "../../issues/end-archives.ts";
import { followAllEvents, followEvents } from "../../issues/follow-events.ts";
import { type IssueChange, SYSTEM } from "../../issues/issue-change.ts";
import { type Cause, type IssueState, STEPS, type Step } from "../../issues/lifecycle.ts";
import { deleteTeam } from "../../organizations/teams.queries.ts";
import { createTestProject, eventOf, newFingerprint, store, type TestProject } from "./store-testing.ts";

let db: Awaited<ReturnType<typeof testDatabase>>;
let database: Database;
beforeAll(async () => {
  db = await testDatabase({ poolSize: 10 });
  database = db.database;
  await ensurePartitions(database, daysAhead(Date.now()));
});
afterAll(() => db[Symbol.asyncDispose]());

interface TestIssue extends TestProject {
  readonly issueId: string;
  readonly fingerprint: string;
}

async function createIssue(project?: TestProject, more: Parameters<typeof eventOf>[2] = {}): Promise<TestIssue> {
  const { organizationId, projectId } = project ?? (await createTestProject(database));
  const fingerprint = newFingerprint();
  const { stored } = await store(database, eventOf(projectId, fingerprint, more));
  return { organizationId, projectId, fingerprint, issueId: stored[0]?.issueId ?? "" };
}

async function change(issue: TestIssue, command: IssueCommand, tell: (change: IssueChange) => void = () => {}) {
  const { organizationId, issueId } = issue;
  const results = await changeIssues(database, { organizationId, ids: [issueId], command, actor: SYSTEM }, tell);
  return results.get(issueId);
}

async function remove(issue: TestIssue, tell: (change: IssueChange) => void = () => {}) {
  const { organizationId, issueId } = issue;
  const request = { organizationId, ids: [issueId], command: { do: "delete" }, actor: SYSTEM } as const;
  return (await deleteIssues(database, request, tell)).get(issueId);
}

const rows = async <T>(text: string, values: unknown[]) => (await database.query<T>({ text, values })).rows;

async function statusOf({ issueId }: TestIssue): Promise<IssueState> {
  const [found] = await rows<{ status: IssueState }>("select status from issues where id = $1", [issueId]);
  return found?.status ?? "deleted";
}

const activityOf = async ({ issueId }: TestIssue) =>
  (await rows<{ kind: string }>("select kind from issue_activity where issue_id = $1 order by id", [issueId])).map(
    ({ kind }) => kind,
  );

const occasionOf = async (issue: TestIssue, release?: string) =>
  (await store(database, eventOf(issue.projectId, issue.fingerprint, { release }))).stored[0]?.occasion;

/** One command for each decision of a person. */
const COMMANDS: Readonly<Record<string, IssueCommand>> = {
  resolve: { do: "resolve", mode: "now" },
  unresolve: { do: "unresolve" },
  archive: { do: "archive", mode: "until_escalating" },
  discard: { do: "discard" },
  undiscard: { do: "undiscard" },
};
const PEOPLE = ["resolve", "unresolve", "archive", "discard", "undiscard", "delete"] as const;

async function act(issue: TestIssue, cause: (typeof PEOPLE)[number], tell: (change: IssueChange) => void = () => {}) {
  const command = COMMANDS[cause];
  return command === undefined ? remove(issue, tell) : change(issue, command, tell);
}

/** What the table says of a decision, in the words of its result. */
function expected(state: IssueState, cause: Cause) {
  const step = STEPS[state][cause];
  if (typeof step !== "string") return { result: "changed", to: step.to, action: step.action };
  return { result: step === "stays" ? "unchanged" : step, to: state, action: undefined };
}

test("[ISSUE-01] [C-100] whatever is done to an issue, in whatever order, PostgreSQL and the table agree", async () => {
  const project = await createTestProject(database);
  const steps = fc.array(fc.constantFrom(...PEOPLE, "event" as const), { maxLength: 12 });
  await fc.assert(
    fc.asyncProperty(steps, async (causes) => {
      const issue = await createIssue(project);
      let state: IssueState = "unresolved";
      const told: string[] = [];
      const history: string[] = [];
      for (const cause of causes) {
        if (cause === "event") {
          // An event of a deleted issue makes another one.
          if (state === "deleted") continue;
          const regression = expected(state, "regress");
          const occasion = await occasionOf(issue);
          expect(occasion).toBe(
            state === "discarded" ? undefined : regression.result === "changed" ? "regression" : "repeat",
          );
          if (regression.result === "changed") history.push("regressed");
          state = regression.to;
        } else {
          const { result, to, action } = expected(state, cause);
          expect(await act(issue, cause, (each) => told.push(each.action))).toBe(result);
          if (action !== undefined) history.push(action);
          state = to;
        }
        expect(await statusOf(issue)).toBe(state);
      }
      expect(told).toEqual(history.filter((kind) => kind !== "regressed"));
      expect(await activityOf(issue)).toEqual(state === "deleted" ? ["deleted"] : history);
    }),
    { numRuns: 25 },
  );
});

test("[ISSUE-01] what many people do at once is a way through the table, step by step", async () => {
  const lasting = ["resolve", "unresolve", "archive", "discard", "undiscard"] as const;
  for (let round = 0; round < 5; round += 1) {
    const issue = await createIssue();
    const told: string[] = [];
    const results = await Promise.all(
      Array.from({ length: 30 }, (_, n) => {
        const cause = lasting[(n * 7 + round) % lasting.length] ?? "resolve";
        return act(issue, cause, (each) => told.push(each.action));
      }),
    );
    const history = await activityOf(issue);
    let state: IssueState = "unresolved";
    for (const kind of history) {
      const step: Step | undefined = Object.values(STEPS[state]).find(
        (each) => typeof each !== "string" && each.action === kind,
      );
      expect([state, kind, typeof step]).toEqual([state, kind, "object"]);
      if (typeof step === "object") state = step.to;
    }
    expect(await statusOf(issue)).toBe(state);
    expect(results.filter((result) => result === "changed")).toHaveLength(history.length);
    expect(told.toSorted()).toEqual(history.toSorted());
  }
});

test("[C-131] an issue of another organization cannot be found, neither changed nor deleted", async () => {
  const issue = await createIssue();
  const stranger = { ...issue, organizationId: (await createTestProject(database)).organizationId };
  expect(await change(stranger, { do: "resolve", mode: "now" })).toBe("not_found");
  expect(await remove(stranger)).toBe("not_found");
  expect(await statusOf(issue)).toBe("unresolved");
});

test("[ISSUE-04] a team's issue can be resolved while the team is deleted", async () => {
  const issue = await createIssue();
  const { organizationId } = issue;
  const [team] = await rows<{ id: string }>(
    "insert into teams (organization_id, slug, name) values ($1, 'team', 'Team') returning id",
    [organizationId],
  );
  const id = team?.id ?? "";
  await change(issue, { do: "assign", assignee: { kind: "team", id } });
  const resolving = await withTransaction(database, async (tx) => {
    await deleteTeam(tx, organizationId, id);
    const state = { isDone: false };
    const result = change(issue, { do: "resolve", mode: "now" }).finally(() => {
      state.isDone = true;
    });
    await waitUntil("resolved, or waiting for the team", async () => {
      const waiting = await rows(
        "select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'",
        [],
      );
      return state.isDone || waiting.length > 0;
    });
    await unassignAll(tx, organizationId, { kind: "team", id });
    return { result };
  });
  expect(await resolving.result).toBe("changed");
  const left = await rows("select status, assigned_team from issues where id = $1", [issue.issueId]);
  expect(left).toEqual([{ status: "resolved", assigned_team: null }]);
});

test("[ISSUE-04] who has left meanwhile, or was deleted, is assigned nothing", async () => {
  const issue = await createIssue();
  for (const kind of ["user", "team"] as const) {
    const assigning = change(issue, { do: "assign", assignee: { kind, id: randomUUID() } });
    await expect(assigning).rejects.toMatchObject({ name: "AssigneeGoneError" });
  }
  expect(await activityOf(issue)).toEqual([]);
});

test("[ISSUE-02] [C-101] many events at once on a resolved issue: one of them is the regression, and the activity names it once", async () => {
  const issue = await createIssue();
  await change(issue, { do: "resolve", mode: "now" });
  const results = await Promise.all(
    Array.from({ length: 8 }, () =>
      store(database, eventOf(issue.projectId, issue.fingerprint), eventOf(issue.projectId, issue.fingerprint)),
    ),
  );
  const regressions = results.flatMap(({ stored }) => stored.filter(({ occasion }) => occasion === "regression"));
  expect(regressions).toHaveLength(1);
  expect(await activityOf(issue)).toEqual(["resolved", "regressed"]);
  const [activity] = await rows<{ details: object }>(
    "select details from issue_activity where issue_id = $1 and kind = 'regressed'",
    [issue.issueId],
  );
  expect(activity?.details).toMatchObject({ event_id: regressions[0]?.event.eventId });
});

test("[ISSUE-02] resolved in a release: only events of later releases are regressions, by version", async () => {
  const issue = await createIssue(undefined, { release: "shop@1.9.0" });
  await change(issue, { do: "resolve", mode: "in_release", release: "shop@1.10.0" });
  for (const release of ["shop@1.9.0", "shop@1.9.9", "shop@1.10.0", "shop@1.10.0-rc.1", undefined]) {
    expect([release, await occasionOf(issue, release)]).toEqual([release, "repeat"]);
  }
  expect(await statusOf(issue)).toBe("resolved");
  expect(await occasionOf(issue, "shop@1.11.0")).toBe("regression");
  expect(await occasionOf(issue, "shop@1.12.0")).toBe("repeat");
});

test("[ISSUE-02] the event that regresses is told, though older releases came in the same batch before it", async () => {
  const issue = await createIssue(undefined, { release: "shop@1.0.0" });
  await change(issue, { do: "resolve", mode: "in_release", release: "shop@1.0.0" });
  const batch = ["shop@1.0.0", "shop@1.0.1", "shop@1.0.2"].map((release) =>
    eventOf(issue.projectId, issue.fingerprint, { release }),
  );
  const { stored } = await store(database, ...batch);
  expect(stored.map(({ occasion }) => occasion)).toEqual(["repeat", "regression", "repeat"]);
});

test("[ISSUE-02] resolved in the next release: releases seen by then are not later, whatever their names", async () => {
  const issue = await createIssue(undefined, { release: "4f2a91c" });
  await store(database, eventOf(issue.projectId, newFingerprint(), { release: "9d00aa1" }));
  await change(issue, { do: "resolve", mode: "in_next_release" });
  expect(await occasionOf(issue, "4f2a91c")).toBe("repeat");
  expect(await occasionOf(issue, "9d00aa1")).toBe("repeat");
  expect(await occasionOf(issue, undefined)).toBe("repeat");
  expect(await occasionOf(issue, "00beef0")).toBe("regression");
});

test("[ISSUE-02] an event that was received before its issue was resolved, and is stored later, is no regression", async () => {
  const waiting = { receivedAtMs: Date.now() - 10_000, release: "shop@3.0.0" };
  for (const command of [
    { do: "resolve", mode: "now" },
    { do: "resolve", mode: "in_release", release: "shop@2.0.0" },
    { do: "resolve", mode: "in_next_release" },
  ] as const) {
    const issue = await createIssue();
    await change(issue, command);
    const { stored } = await store(database, eventOf(issue.projectId, issue.fingerprint, waiting));
    expect([command, stored[0]?.occasion, await statusOf(issue)]).toEqual([command, "repeat", "resolved"]);
    const [late, next] = [waiting, { release: "shop@4.0.0" }].map((more) =>
      eventOf(issue.projectId, issue.fingerprint, more),
    );
    if (late === undefined || next === undefined) throw new Error("no events");
    const both = await store(database, late, next);
    expect([command, ...both.stored.map(({ occasion }) => occasion)]).toEqual([command, "repeat", "regression"]);
  }
});

test("[ISSUE-02] a node whose clock is a little behind the database's misses no regression", async () => {
  const issue = await createIssue();
  await change(issue, { do: "resolve", mode: "now" });
  const { stored } = await store(
    database,
    eventOf(issue.projectId, issue.fingerprint, { receivedAtMs: Date.now() - 500 }),
  );
  expect([stored[0]?.occasion, await statusOf(issue)]).toEqual(["regression", "unresolved"]);
});

test("[ISSUE-02] resolved in the next release: of several packages, none that was there already is the next", async () => {
  const now = Date.now();
  const issue = await createIssue(undefined, { release: "web@2.0.0", receivedAtMs: now - 3_000 });
  const seen = (release: string, receivedAtMs: number) =>
    store(database, eventOf(issue.projectId, newFingerprint(), { release, receivedAtMs }));
  await seen("api@1.0.0", now - 2_000);
  // Seen last, but the newest is web@2.0.0, which was seen first.
  await seen("web@1.0.1", now - 1_000);
  await change(issue, { do: "resolve", mode: "in_next_release" });
  expect(await occasionOf(issue, "web@1.0.1")).toBe("repeat");
  expect(await occasionOf(issue, "api@1.0.0")).toBe("repeat");
  expect(await occasionOf(issue, "api@1.0.1")).toBe("regression");
});

test("[ISSUE-02] resolved in the next release before there was any: the first release is the next", async () => {
  const issue = await createIssue();
  await change(issue, { do: "resolve", mode: "in_next_release" });
  expect(await occasionOf(issue, undefined)).toBe("repeat");
  expect(await occasionOf(issue, "1.0.0")).toBe("regression");
});

test("releases are kept with when they were first and last seen, and issues with their first and last", async () => {
  const { projectId } = await createTestProject(database);
  const fingerprint = newFingerprint();
  const now = Date.now();
  const at = (minute: number, release?: string) =>
    eventOf(projectId, fingerprint, { receivedAtMs: now + minute * 60_000, release });
  await store(database, at(5, "b"), at(3, "a"), at(9));
  await store(database, at(1, "z"), at(2), at(7, "c"));
  const seen = await rows<{ version: string; first: Date; last: Date }>(
    "select version, first_seen as first, last_seen as last from releases where project_id = $1 order by first_seen",
    [projectId],
  );
  expect(seen.map(({ version, first, last }) => [version, (+first - now) / 60_000, (+last - now) / 60_000])).toEqual([
    ["z", 1, 1],
    ["a", 3, 3],
    ["b", 5, 5],
    ["c", 7, 7],
  ]);
  const counters = await rows("select first_release, last_release from issue_counters where project_id = $1", [
    projectId,
  ]);
  expect(counters).toEqual([{ first_release: "z", last_release: "c" }]);
});

test("an issue archived for N more events wakes at the Nth, whoever stores it", async () => {
  const issue = await createIssue();
  await change(issue, { do: "archive", mode: "for_events", events: 5 });
  const results = await Promise.all(
    Array.from({ length: 4 }, () => store(database, eventOf(issue.projectId, issue.fingerprint))),
  );
  expect(results.flatMap(({ stored }) => stored).map(({ occasion }) => occasion)).toEqual(Array(4).fill("repeat"));
  expect(await statusOf(issue)).toBe("archived");
  const { stored } = await store(
    database,
    ...Array.from({ length: 3 }, () => eventOf(issue.projectId, issue.fingerprint)),
  );
  expect(stored.map(({ occasion }) => occasion)).toEqual(["archive_ended", "repeat", "repeat"]);
  expect([await statusOf(issue), await activityOf(issue)]).toEqual(["unresolved", ["archived", "archive_ended"]]);
});

test("an archive of some days ends when they are over, once although several nodes look", async () => {
  const [ended, lasting, forEver] = [await createIssue(), await createIssue(), await createIssue()];
  const now = Date.now();
  await change(ended, { do: "archive", mode: "until_time", until: new Date(now + 1_000) });
  await change(lasting, { do: "archive", mode: "until_time", until: new Date(now + 60_000) });
  await change(forEver, { do: "archive", mode: "for_ever" });
  const told: IssueChange[] = [];
  await Promise.all([1, 2, 3].map(() => endArchives(database, new Date(now + 2_000), (each) => told.push(each))));
  expect(told.filter(({ issueId }) => issueId === ended.issueId)).toHaveLength(1);
  expect([await statusOf(ended), await statusOf(lasting), await statusOf(forEver)]).toEqual([
    "unresolved",
    "archived",
    "archived",
  ]);
});

test("[ISSUE-05] [C-86] of a discarded issue nothing is stored, counted or told; undiscarded, its events come in again", async () => {
  const issue = await createIssue();
  await change(issue, { do: "discard" });
  const result = await store(database, eventOf(issue.projectId, issue.fingerprint, { release: "1.0" }));
  expect(result).toMatchObject({ stored: [], outcomes: [{ outcome: "discarded", count: 1 }], signals: 0 });
  const [left] = await rows<object>(
    `select
      (select count(*)::int from events where project_id = $1) as events,
      (select event_count::int from issue_counters where project_id = $1) as counted,
      (select sum(count)::int from issue_counts where project_id = $1) as issue_hours,
      (select sum(count)::int from event_counts where project_id = $1) as hours,
      (select count(*)::int from releases where project_id = $1) as releases,
      (select sum(count)::int from outcome_counts where project_id = $1 and outcome = 'stored') as stored,
      (select sum(count)::int from outcome_counts where project_id = $1 and outcome = 'discarded') as discarded`,
    [issue.projectId],
  );
  expect(left).toEqual({ events: 1, counted: 1, issue_hours: 1, hours: 1, releases: 0, stored: 1, discarded: 1 });
  expect(await change(issue, { do: "undiscard" })).toBe("changed");
  expect(await occasionOf(issue)).toBe("repeat");
});

test("[ISSUE-05] [C-105] a deleted issue is gone at once, its events follow, and a later event makes a new one", async () => {
  const issue = await createIssue();
  const other = await createIssue(issue);
  await store(database, ...Array.from({ length: 1_500 }, () => eventOf(issue.projectId, issue.fingerprint)));
  await change(issue, { do: "resolve", mode: "now" });
  const told: IssueChange[] = [];
  expect(await remove(issue, (each) => told.push(each))).toBe("changed");
  expect(told).toMatchObject([{ action: "deleted", issueId: issue.issueId, projectId: issue.projectId }]);
  expect(await statusOf(issue)).toBe("deleted");
  expect(await remove(issue)).toBe("not_found");
  await followEvents(database, issue.projectId);
  for (const table of ["issue_fingerprints", "issue_counters", "issue_counts", "events"]) {
    const left = await rows<{ issue_id: string }>(`select distinct issue_id from ${table} where project_id = $1`, [
      issue.projectId,
    ]);
    expect([table, left.map(({ issue_id }) => issue_id)]).toEqual([table, [other.issueId]]);
  }
  expect(await rows("select 1 from event_moves where project_id = $1", [issue.projectId])).toEqual([]);
  const { stored } = await store(database, eventOf(issue.projectId, issue.fingerprint));
  expect(stored[0]?.occasion).toBe("new_issue");
  expect(stored[0]?.issueId).not.toBe(issue.issueId);
});

test("[C-85] deleting while events are stored loses nothing: every event is in an issue that exists, and counted there", async () => {
  const project = await createTestProject(database);
  const fingerprint = newFingerprint();
  const storing = { isDone: false };
  const deleting = (async () => {
    while (!storing.isDone) {
      const found = await rows<{ id: string }>("select id from issues where project_id = $1", [project.projectId]);
      for (const { id } of found) await remove({ ...project, issueId: id, fingerprint });
    }
  })();
  for (let round = 0; round < 15; round += 1) {
    await Promise.all(
      [1, 2, 3].map(() =>
        store(database, eventOf(project.projectId, fingerprint), eventOf(project.projectId, fingerprint)),
      ),
    );
  }
  storing.isDone = true;
  await deleting;
  await store(database, eventOf(project.projectId, fingerprint));
  await followAllEvents(database);
  const [sums] = await rows<object>(
    `select
      (select count(*)::int from issues where project_id = $1) as issues,
      (select count(*)::int from issue_counters where project_id = $1) as counters,
      (select sum(event_count)::int from issue_counters where project_id = $1)
        - (select count(*)::int from events where project_id = $1) as difference,
      (select count(*)::int from events e where project_id = $1
        and not exists (select from issues i where i.project_id = e.project_id and i.id = e.issue_id)) as orphans`,
    [project.projectId],
  );
  expect(sums).toEqual({ issues: 1, counters: 1, difference: 0, orphans: 0 });
});

test("many issues at once: a result for each, in chunks, and the same id twice counts once", async () => {
  const project = await createTestProject(database);
  const events = Array.from({ length: 230 }, () => eventOf(project.projectId, newFingerprint()));
  const ids = (await store(database, ...events)).stored.map(({ issueId }) => issueId);
  const unknown = randomUUID();
  const told: IssueChange[] = [];
  const request = { ...project, ids: [...ids, unknown, ...ids.slice(0, 5)], actor: SYSTEM };
  const results = await changeIssues(database, { ...request, command: { do: "discard" } }, (each) => told.push(each));
  expect([results.size, results.get(unknown), told.length]).toEqual([231, "not_found", 230]);
  expect(ids.every((id) => results.get(id) === "changed")).toBe(true);
  const again = await changeIssues(database, { ...request, command: { do: "resolve", mode: "now" } }, () => {});
  expect(ids.every((id) => again.get(id) === "illegal")).toBe(true);
});
