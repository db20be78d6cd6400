/** A PostgreSQL of one's own, dumped under a running server with its own programs, restored, and gone on with: docs/operating.md. */
import { cp } from "node:fs/promises";
import { join } from "node:path";
import type { ApiIssue, ApiNewToken, ApiPage } from "@mesher/protocol";
import { expect, test } from "vitest";
import { createDataDir } from "../src/data-dir.ts";
import { newEventId, sendEvent } from "../src/send.ts";
import { ServerProcess } from "../src/server-process.ts";
import { waitUntil } from "../src/wait-until.ts";
import { startDebianPostgres } from "./debian-postgres.ts";
import { TestPerson } from "./test-person.ts";

const OWNER = { email: "olga@example.com", password: "correct horse battery" };
const EVENTS = 40;

/** What people would miss. */
const TABLES = [
  "events",
  "issues",
  "issue_counters",
  "issue_fingerprints",
  "event_counts",
  "issue_counts",
  "outcome_counts",
  "organizations",
  "organization_members",
  "users",
  "api_tokens",
  "projects",
  "project_keys",
  "audit_log",
];

test("a dump of a PostgreSQL of one's own, restored elsewhere, has all there was, and takes what comes", async () => {
  await using postgres = await startDebianPostgres();
  await using place = await createDataDir();
  await using oldData = await createDataDir();
  const dump = join(place.path, "mesher.dump");
  const restoredData = join(place.path, "data");
  await postgres.program("createdb", "first");

  const sent = Array.from({ length: EVENTS }, (_, n) => ({ event_id: newEventId(), message: `Failure ${n % 4}` }));
  let token = "";
  let before: readonly unknown[] = [];
  {
    await using server = await ServerProcess.start({
      databaseUrl: postgres.urlOf("first"),
      dataDir: oldData.path,
      env: { MESHER_ADMIN_EMAIL: OWNER.email, MESHER_ADMIN_PASSWORD: OWNER.password },
    });
    for (const event of sent) await sendEvent(server.dsn, event);
    await waitUntil("all events to be counted", async () => (await countsOf(server)) === EVENTS);
    token = await makeToken(server);
    await cp(join(oldData.path, "journal"), join(restoredData, "journal"), { recursive: true });
    await postgres.program("pg_dump", "-Fc", "-f", dump, "-d", "first");
    before = await issuesOf(server, server.token);
  }

  await postgres.program("createdb", "second");
  await postgres.program("pg_restore", "--no-owner", "--exit-on-error", "-d", "second", dump);
  for (const table of TABLES) {
    const [first, second] = await Promise.all(["first", "second"].map((database) => contentOf(database, table)));
    expect([table, second]).toEqual([table, first]);
  }
  async function contentOf(database: string, table: string): Promise<string> {
    const query = `select count(*) || ' ' || md5(string_agg(t::text, '|' order by t::text)) from ${table} t`;
    return (await postgres.program("psql", "-d", database, "-Atc", query)).trim();
  }

  await using server = await ServerProcess.start({ databaseUrl: postgres.urlOf("second"), dataDir: restoredData });
  expect(await issuesOf(server, token)).toEqual(before);
  const owner = new TestPerson(server.url);
  expect((await owner.signIn(OWNER.email, OWNER.password)).status).toBe(200);

  // What is sent again is known; what is new is counted where it belongs.
  for (const event of sent.slice(0, 4)) await sendEvent(server.dsn, event);
  for (const event of sent.slice(0, 4)) await sendEvent(server.dsn, { ...event, event_id: newEventId() });
  await waitUntil("the new events to be counted", async () => (await countsOf(server)) >= EVENTS + 4);
  expect(await countsOf(server)).toBe(EVENTS + 4);
  expect(await issuesOf(server, token)).toHaveLength(before.length);
});

async function issuesOf(server: ServerProcess, token: string): Promise<readonly unknown[]> {
  const headers = { authorization: `Bearer ${token}` };
  const response = await fetch(`${server.url}/api/v1/projects/default/issues?sort=first_seen`, { headers });
  expect(response.status).toBe(200);
  const { data } = (await response.json()) as ApiPage<ApiIssue>;
  return data.map(({ id, title, event_count, status }) => ({ id, title, event_count, status }));
}

async function countsOf(server: ServerProcess): Promise<number> {
  const { data } = await server.get<ApiPage<ApiIssue>>("/api/v1/projects/default/issues");
  return data.reduce((sum, { event_count }) => sum + event_count, 0);
}

async function makeToken(server: ServerProcess): Promise<string> {
  const response = await fetch(`${server.url}/api/v1/orgs/default/tokens`, {
    method: "POST",
    headers: { authorization: `Bearer ${server.token}`, "content-type": "application/json" },
    body: JSON.stringify({ label: "kept", scopes: ["event:read"] }),
  });
  expect(response.status).toBe(201);
  return ((await response.json()) as ApiNewToken).token;
}
