import { randomUUID } from "node:crypto";
import { testDatabase } from "@mesher/testkit";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { withTransaction } from "../db/transaction.ts";
import {
  createTestMember,
  createTestOrganization,
  createTestPerson,
  insertRow,
  noticeOf,
  queue as queueFor,
  type TestOrganization,
} from "./deliveries-testing.ts";
import { WAITING_MAX } from "./limits.ts";
import { queueDeliveries } from "./queue-deliveries.ts";

let db: Awaited<ReturnType<typeof testDatabase>>;
let organization: TestOrganization;
let organizationId: string;
let projectId: string;

beforeAll(async () => {
  db = await testDatabase();
});
afterAll(() => db[Symbol.asyncDispose]());

/** Each test has an organization of its own. */
beforeEach(async () => {
  organization = await createTestOrganization(db.database);
  ({ organizationId, projectId } = organization);
});

describe("an alert is delivered", () => {
  test("to each destination that is named and switched on, once, with a job", async () => {
    const [on, off, unnamed] = [await destination("on"), await destination("off", false), await destination("unnamed")];
    await queue([named(on), named(off), named(on), named(randomUUID()), named("no id"), { type: "websocket" }]);
    expect(await receivers()).toEqual(["on"]);
    expect(unnamed).toBeDefined();
    expect(await jobKeys()).toEqual(await ids());
  });

  test("to no destination of another organization", async () => {
    const foreign = await createTestOrganization(db.database);
    await queue([named(await destination("foreign", true, foreign.organizationId))]);
    expect(await receivers()).toEqual([]);
  });

  test("with its transaction, or not at all", async () => {
    const id = await destination("on");
    const failing = withTransaction(db.database, async (tx) => {
      await queueDeliveries(tx, notice(), [named(id)]);
      throw new Error("the firing fails");
    });
    await expect(failing).rejects.toThrow("the firing fails");
    expect(await receivers()).toEqual([]);
  });

  test("to members as each of them wishes, and to each once", async () => {
    await member("Instant");
    await member("Muted", { mode: "mute" });
    const hourly = await member("Hourly", { mode: "hourly" });
    await member("Only assigned", { only_assigned: true });
    const assignee = await member("Assignee", { only_assigned: true });
    const issueId = await issue(assignee);
    await queue(
      [
        { type: "people", who: "members" },
        { type: "people", who: "assignee" },
        { type: "people", who: { user_id: hourly } },
      ],
      notice(issueId),
    );
    expect(await receivers()).toEqual(["Assignee", "Instant"]);
    expect(await digestOf(hourly)).toBe(1);
  });

  test("to the assignee, if there is one; and to a person only as long as they are a member", async () => {
    const { userId: stranger } = await createTestPerson(db.database, "Stranger");
    const assignee = await member("Assignee");
    const unassigned = await issue(null);
    await queue([{ type: "people", who: "assignee" }], notice(unassigned));
    await queue([{ type: "people", who: { user_id: stranger } }]);
    expect(await receivers()).toEqual([]);
    await queue([{ type: "people", who: "assignee" }], notice(await issue(assignee)));
    expect(await receivers()).toEqual(["Assignee"]);
  });
});

test("an alert about an issue of a team is delivered to those who are in it", async () => {
  const [one, other] = [await member("One"), await member("Other", { only_assigned: true })];
  await member("Elsewhere", { only_assigned: true });
  const { rows } = await db.database.query<{ id: string }>({
    text: `
      with team as (insert into teams (organization_id, slug, name) values ($1, 'back-end', 'Back end') returning id)
      insert into team_members (team_id, organization_id, user_id)
      select id, $1, unnest($2::uuid[]) from team returning team_id as id`,
    values: [organizationId, [one, other]],
  });
  await queue([{ type: "people", who: "assignee" }], notice(await issue(null, rows[0]?.id)));
  expect(await receivers()).toEqual(["One", "Other"]);
});

test("a receiver for whom too many wait gets no more: the delivery is dead and says why", async () => {
  const id = await destination("slow");
  await db.database.query({
    text: `
      insert into deliveries (organization_id, destination_id, kind, receiver, purpose, title, message, tries_left)
      select $1, $2, 'webhook', 'slow', 'test', 'One of many', '{}', 1 from generate_series(1, ${WAITING_MAX})`,
    values: [organizationId, id],
  });
  await queue([named(id)]);
  const { rows } = await db.database.query<{ status: string; error: string }>({
    text: "select status, error from deliveries where organization_id = $1 and title <> 'One of many'",
    values: [organizationId],
  });
  expect(rows).toEqual([{ status: "dead", error: `${WAITING_MAX} deliveries wait for this receiver already` }]);
  expect(await jobKeys()).toEqual([]);
});

const named = (id: string) => ({ type: "destination", destination_id: id }) as const;

function notice(issueId?: string) {
  const about = { title: "Boom", culprit: "checkout", level: "error" };
  return noticeOf(organization, issueId === undefined ? {} : { issue: { id: issueId, ...about } });
}

const queue = (actions: Parameters<typeof queueFor>[2], what = notice()) => queueFor(db.database, what, actions);

const insert = (text: string, values: readonly unknown[]) => insertRow(db.database, text, values);

function destination(name: string, isEnabled = true, ofOrganization = organizationId): Promise<string> {
  return insert(
    `insert into destinations (organization_id, kind, name, is_enabled, config, sealed_secrets)
     values ($1, 'webhook', $2, $3, '{}', '') returning id`,
    [ofOrganization, name, isEnabled],
  );
}

async function member(name: string, { mode = "instant", only_assigned = false } = {}): Promise<string> {
  const { userId } = await createTestMember(db.database, organization, name);
  if (mode !== "instant" || only_assigned) {
    await db.database.query({
      text: "insert into notification_preferences values ($1, $2, $3, $4, true)",
      values: [organizationId, userId, mode, only_assigned],
    });
  }
  return userId;
}

async function issue(assignee: string | null, team?: string): Promise<string> {
  return insert(
    `insert into issues (project_id, id, title, culprit, level, platform, assigned_to, assigned_team, grouping)
     values ($1, gen_random_uuid(), 'Boom', 'checkout', 'error', 'node', $2, $3, '{}') returning id`,
    [projectId, assignee, team],
  );
}

async function receivers(): Promise<string[]> {
  const { rows } = await db.database.query<{ receiver: string }>({
    text: "select receiver from deliveries where organization_id = $1 order by receiver",
    values: [organizationId],
  });
  return rows.map(({ receiver }) => receiver);
}

async function ids(): Promise<string[]> {
  const { rows } = await db.database.query<{ id: string }>({
    text: "select id from deliveries where organization_id = $1 order by id",
    values: [organizationId],
  });
  return rows.map(({ id }) => id);
}

async function jobKeys(): Promise<string[]> {
  const { rows } = await db.database.query<{ key: string }>({
    text: `
      select key from mesher_queue.jobs where key in (select id::text from deliveries where organization_id = $1) order by key`,
    values: [organizationId],
  });
  return rows.map(({ key }) => key);
}

async function digestOf(userId: string): Promise<number> {
  const { rows } = await db.database.query<{ count: number }>({
    text: "select count(*) from digest_entries where user_id = $1",
    values: [userId],
  });
  return rows[0]?.count ?? 0;
}
