import type { ApiIssue, ApiJob, ApiPage, ApiProject } from "@mesher/protocol";
import { afterAll, beforeAll, expect, test } from "vitest";
import { testDatabase } from "../src/database.ts";
import { findPgBouncer, startPgBouncer } from "../src/pgbouncer.ts";
import { newEventId, sendEvent } from "../src/send.ts";
import { ServerProcess } from "../src/server-process.ts";
import { waitUntil } from "../src/wait-until.ts";
import { apiClient } from "./api-client.ts";
import { readEvent } from "./test-server.ts";

const version = findPgBouncer();
if (version === undefined)
  process.stderr.write("SKIPPED: no pgbouncer on this machine (Debian: apt-get install pgbouncer)\n");

const stack = new AsyncDisposableStack();
let server: ServerProcess;
beforeAll(async () => {
  if (version === undefined) return;
  // Empty: the migrations go through the pooler too.
  const db = stack.use(await testDatabase({ empty: true }));
  const pooler = stack.use(await startPgBouncer(db.url));
  server = stack.use(await ServerProcess.start({ databaseUrl: pooler.url }));
});
afterAll(() => stack.disposeAsync());

test.skipIf(version === undefined)(
  `behind a pooler of transactions events are stored, issues changed and jobs run`,
  async () => {
    const api = apiClient(server);
    const { body: project } = await api<ApiProject>("POST", "projects", { name: "Pooled" });
    const ids = Array.from({ length: 40 }, () => newEventId());
    await Promise.all(
      ids.map((event_id, n) => sendEvent(project.dsn, { event_id, message: `number ${n}`, fingerprint: [`${n % 4}`] })),
    );
    for (const id of ids) expect((await readEvent(server, id)).project_id).toBe(project.id);
    const { body } = await api<ApiPage<ApiIssue>>("GET", `projects/${project.id}/issues`);
    expect(body.data.map(({ event_count }) => event_count)).toEqual([10, 10, 10, 10]);

    // Named statements of many requests at once, on fewer sessions than there are connections.
    const read = await Promise.all(
      Array.from({ length: 60 }, (_, n) =>
        api("GET", `issues/${body.data[n % 4]?.id}/${n % 2 === 0 ? "events" : "activity"}`),
      ),
    );
    expect(new Set(read.map(({ status }) => status))).toEqual(new Set([200]));
    const resolved = await api("POST", `projects/${project.id}/issues/bulk`, { do: "resolve", query: {} });
    expect(resolved.body).toMatchObject({ affected: 4 });
    await waitUntil("every job to have run once", async () => {
      const { data } = (await api<{ data: ApiJob[] }>("GET", "jobs")).body;
      return data.length > 0 && data.every(({ outcome }) => outcome === "succeeded");
    });
    expect(server.output).not.toMatch(/prepared statement|unsupported startup/);
  },
);
