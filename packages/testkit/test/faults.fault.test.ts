/** What an operator's bad night looks like: nothing that was answered with 2xx may be lost, doubled or miscounted. */
import { execFileSync } from "node:child_process";
import { cpSync, readdirSync, rmSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import type { ApiIssue, ApiPage } from "@mesher/protocol";
import { expect, test } from "vitest";
import { BlackholeProxy } from "../src/blackhole-proxy.ts";
import { createDataDir } from "../src/data-dir.ts";
import { testDatabase } from "../src/database.ts";
import { newEventId, sendEvent } from "../src/send.ts";
import { ServerProcess } from "../src/server-process.ts";
import { waitUntil } from "../src/wait-until.ts";

const UNLIMITED = { MESHER_RATE_LIMIT_MAX_EVENTS: "1000000" };
const ISSUES = 5;

interface Load {
  /** Ids that were answered with 2xx. */
  readonly answered: Set<string>;
  readonly statuses: Map<number | string, number>;
  stop(): Promise<void>;
}

/** Sends events of a few issues from several clients, until stopped. Refusals and broken connections are normal here. */
function startLoad(dsn: () => string, clients = 8): Load {
  const answered = new Set<string>();
  const statuses = new Map<number | string, number>();
  const stopping = new AbortController();
  const run = async (client: number) => {
    for (let n = 0; !stopping.signal.aborted; n += 1) {
      const event_id = newEventId();
      const message = `Order ${n} of shop ${"ABCDE"[(n + client) % ISSUES]} failed`;
      const status = await sendEvent(dsn(), { event_id, message, level: "error" }).then(
        async (response) => {
          await response.arrayBuffer();
          if (response.ok) answered.add(event_id);
          return response.status;
        },
        () => "no answer",
      );
      statuses.set(status, (statuses.get(status) ?? 0) + 1);
      if (status === "no answer" || status === 429) await sleep(20);
    }
  };
  const running = Array.from({ length: clients }, (_, client) => run(client));
  return {
    answered,
    statuses,
    async stop() {
      stopping.abort();
      await Promise.all(running);
    },
  };
}

test("what is sent after a restart is stored, although the journal was drained and emptied before it", async () => {
  await using db = await testDatabase();
  await using dataDir = await createDataDir();
  for (let run = 0; run < 3; run += 1) {
    await using server = await ServerProcess.start({ databaseUrl: db.url, dataDir: dataDir.path });
    const sent = Array.from({ length: 5 }, newEventId);
    for (const event_id of sent) await sendEvent(server.dsn, { event_id, message: "after a restart" });
    for (const id of sent)
      expect(await waitUntil(`event ${id} of run ${run}`, () => server.get(`/api/v1/events/${id}`))).toBeTruthy();
  }
});

test("a second server on the same data directory is refused, and takes nothing of what the first has answered for", async () => {
  await using db = await testDatabase();
  await using dataDir = await createDataDir();
  const start = () => ServerProcess.start({ databaseUrl: db.url, dataDir: dataDir.path });
  const first = await start();
  await sendEvent(first.dsn, { event_id: newEventId() });
  await expect(start()).rejects.toThrow(`Another Mesher (process ${first.process.pid}) is using ${dataDir.path}`);
  const later = newEventId();
  expect((await sendEvent(first.dsn, { event_id: later })).status).toBe(200);
  await first.kill();

  await using after = await start();
  expect(await waitUntil("the event to be stored", () => after.get(`/api/v1/events/${later}`))).toBeTruthy();
});

/** Waits until so many more events were accepted. */
async function answers({ answered }: Load, more: number): Promise<void> {
  const before = answered.size;
  await waitUntil(`${more} more answers`, async () => answered.size >= before + more);
}

type TestDatabase = Awaited<ReturnType<typeof testDatabase>>;

/** Every answered event is stored, none twice, and all counters say so. Events without an answer may be stored too. */
async function expectBalanced({ database }: TestDatabase, answered: ReadonlySet<string>): Promise<void> {
  await waitUntil("all answered events to be stored", async () => {
    const { rows } = await database.query<{ found: number }>({
      text: "select count(distinct event_id)::int as found from events where event_id = any($1::uuid[])",
      values: [[...answered]],
    });
    if (rows[0]?.found !== answered.size) throw new Error(`${rows[0]?.found} of ${answered.size} are stored`);
    return true;
  });
  const one = async (text: string) => Number((await database.query<{ n: number }>({ text })).rows[0]?.n);
  const stored = await one("select count(*) as n from events");
  expect(stored).toBeGreaterThanOrEqual(answered.size);
  expect(await one("select count(distinct (project_id, event_id)) as n from events")).toBe(stored);
  expect(await one("select sum(event_count) as n from issue_counters")).toBe(stored);
  expect(await one("select sum(count) as n from event_counts")).toBe(stored);
  expect(await one("select sum(count) as n from issue_counts")).toBe(stored);
  expect(await one("select coalesce(sum(count), 0) as n from outcome_counts where outcome = 'stored'")).toBe(stored);
  expect(await one("select count(*) as n from issues")).toBe(ISSUES);
  expect(
    await one(`select count(*) as n from issue_counters c
      where event_count <> (select count(*) from events e where e.project_id = c.project_id and e.issue_id = c.issue_id)`),
  ).toBe(0);
}

test("what is sent after a data directory was put back as it was before a restart is stored", async () => {
  await using db = await testDatabase();
  await using dataDir = await createDataDir();
  await using backup = await createDataDir();
  const run = async (): Promise<void> => {
    await using server = await ServerProcess.start({ databaseUrl: db.url, dataDir: dataDir.path });
    const event_id = newEventId();
    const response = await sendEvent(server.dsn, { event_id, message: "Sent in one of the runs", level: "error" });
    expect(response.status).toBe(200);
    await waitUntil("the event to be stored", () => server.get(`/api/v1/events/${event_id}`), 20_000);
  };
  await run();
  cpSync(dataDir.path, backup.path, { recursive: true });
  await run();
  rmSync(dataDir.path, { recursive: true });
  cpSync(backup.path, dataDir.path, { recursive: true });
  await run();
});

test("[F.4-1] killed with SIGKILL under load again and again, the server loses and doubles nothing it answered for", async () => {
  await using db = await testDatabase();
  await using dataDir = await createDataDir();
  const start = () => ServerProcess.start({ databaseUrl: db.url, dataDir: dataDir.path, env: UNLIMITED });
  let server = await start();
  const load = startLoad(() => server.dsn);
  for (let kill = 0; kill < 3; kill += 1) {
    await answers(load, 150);
    // At any moment of the work that is under way then.
    await sleep(Math.random() * 500);
    await server.kill();
    server = await start();
  }
  await answers(load, 150);
  await load.stop();
  await expectBalanced(db, load.answered);
  expect(await server.stop()).toBe(0);
});

test("[F.4-2] stopped with SIGTERM in the middle of a burst, the server stores all it answered for before it exits", async () => {
  await using db = await testDatabase();
  await using dataDir = await createDataDir();
  const server = await ServerProcess.start({ databaseUrl: db.url, dataDir: dataDir.path, env: UNLIMITED });
  const load = startLoad(() => server.dsn, 16);
  await answers(load, 1_000);
  expect(await server.stop()).toBe(0);
  await load.stop();

  const { rows } = await db.database.query<{ stored: number }>({
    text: "select count(*)::int as stored from events where event_id = any($1::uuid[])",
    values: [[...load.answered]],
  });
  expect(rows[0]?.stored).toBe(load.answered.size);
  expect(readdirSync(`${dataDir.path}/journal`).filter((name) => name.endsWith(".journal"))).toEqual([]);
  await expectBalanced(db, load.answered);
});

test("while the database is frozen, events are accepted; when it thaws, they are stored", async () => {
  await using db = await testDatabase();
  await using proxy = await BlackholeProxy.inFrontOf(db.url);
  await using server = await ServerProcess.start({ databaseUrl: proxy.url, env: UNLIMITED });
  const load = startLoad(() => server.dsn, 4);
  await waitUntil("the first events to be stored", async () => (await issuesOf(server)).length === ISSUES);

  proxy.goSilent();
  await answers(load, 500);
  expect([...load.statuses.keys()]).toEqual([200]);
  expect(await fetch(`${server.url}/readyz`).then((response) => response.status)).toBe(200);
  proxy.heal();
  await load.stop();
  await expectBalanced(db, load.answered);
});

test("that the database is away is told although nobody sends anything, and that it is back", async () => {
  await using db = await testDatabase();
  await using proxy = await BlackholeProxy.inFrontOf(db.url);
  await using server = await ServerProcess.start({ databaseUrl: proxy.url });
  const readiness = async () => (await (await fetch(`${server.url}/readyz`)).json()) as { database: string };
  expect(await readiness()).toMatchObject({ ready: true, database: "reachable" });
  for (const [change, database] of [
    [() => proxy.cut(), "away"],
    [() => proxy.heal(), "reachable"],
  ] as const) {
    change();
    expect(
      await waitUntil(`the database to be ${database}`, async () => (await readiness()).database === database),
    ).toBe(true);
  }
});

test("[F.4-3] while PostgreSQL is away for 30 s, events are accepted; when it is back, they are stored, with progress to see", async () => {
  await using db = await testDatabase();
  await using proxy = await BlackholeProxy.inFrontOf(db.url);
  await using server = await ServerProcess.start({ databaseUrl: proxy.url, env: UNLIMITED });
  const load = startLoad(() => server.dsn, 4);
  await waitUntil("the first events to be stored", async () => (await issuesOf(server)).length === ISSUES);

  proxy.cut();
  const before = load.answered.size;
  await sleep(30_000);
  const answeredMeanwhile = load.answered.size - before;
  const readiness = (await (await fetch(`${server.url}/readyz`)).json()) as {
    ready: boolean;
    database: string;
    journal: { waiting: number };
  };
  expect(readiness).toMatchObject({ ready: true, database: "away" });
  expect(answeredMeanwhile).toBeGreaterThan(0);
  expect(readiness.journal.waiting).toBeGreaterThanOrEqual(answeredMeanwhile);
  proxy.heal();
  await load.stop();
  expect([...load.statuses.keys()]).toEqual([200]);
  await expectBalanced(db, load.answered);
  expect(server.output).toContain("Database cannot store; accepted events wait in the journal");
  expect(server.output).toContain("Journal drains");
});

test("a full journal refuses with 429 and a time to come back, and takes events again once it is drained", async () => {
  await using db = await testDatabase();
  await using proxy = await BlackholeProxy.inFrontOf(db.url);
  await using server = await ServerProcess.start({
    databaseUrl: proxy.url,
    env: { ...UNLIMITED, MESHER_JOURNAL_MAX_BYTES: "200000" },
  });
  proxy.cut();
  const load = startLoad(() => server.dsn, 4);
  await waitUntil("a refusal", async () => (load.statuses.get(429) ?? 0) > 0);
  await load.stop();
  const refused = await sendEvent(server.dsn, { event_id: newEventId(), message: "one more ".repeat(500) });
  expect(refused.status).toBe(429);
  expect(Number(refused.headers.get("retry-after"))).toBeGreaterThan(0);
  expect(refused.headers.get("x-sentry-rate-limits")).toContain("error");
  expect((await fetch(`${server.url}/healthz`)).status).toBe(200);
  expect((await fetch(`${server.url}/readyz`)).status).toBe(503);

  proxy.heal();
  await waitUntil("room in the journal", async () => {
    const event_id = newEventId();
    const response = await sendEvent(server.dsn, { event_id, message: "Order 1 of shop A failed" });
    if (response.ok) load.answered.add(event_id);
    return response.ok;
  });
  await waitUntil("balancers to be told", async () => (await fetch(`${server.url}/readyz`)).ok);
  try {
    await expectBalanced(db, load.answered);
  } catch (cause) {
    const ready = JSON.stringify(await server.get("/readyz"));
    throw new Error(`the journal does not drain: ${ready}\n${server.output.slice(-4_000)}`, { cause });
  }
});

test("a disk without room refuses with 429 and loses nothing of what it took", async ({ skip }) => {
  if (process.getuid?.() !== 0) skip("mounting a small disk needs root");
  await using db = await testDatabase();
  await using dataDir = await createDataDir();
  execFileSync("mount", ["-t", "tmpfs", "-o", "size=512k", "tmpfs", dataDir.path]);
  try {
    await using proxy = await BlackholeProxy.inFrontOf(db.url);
    await using server = await ServerProcess.start({ databaseUrl: proxy.url, dataDir: dataDir.path, env: UNLIMITED });
    proxy.cut();
    const load = startLoad(() => server.dsn, 4);
    await waitUntil("a refusal", async () => (load.statuses.get(429) ?? 0) > 3);
    await waitUntil("balancers to be told", async () => (await fetch(`${server.url}/readyz`)).status === 503);
    await load.stop();
    expect(new Set(load.statuses.keys())).toEqual(new Set([200, 429]));
    expect(load.answered.size).toBeGreaterThan(100);
    proxy.heal();
    await expectBalanced(db, load.answered);
    await waitUntil("balancers to be told", async () => (await fetch(`${server.url}/readyz`)).ok);
  } finally {
    execFileSync("umount", ["--lazy", dataDir.path]);
  }
});

async function issuesOf(server: ServerProcess): Promise<readonly ApiIssue[]> {
  return (await server.get<ApiPage<ApiIssue>>("/api/v1/projects/default/issues?limit=100")).data;
}
