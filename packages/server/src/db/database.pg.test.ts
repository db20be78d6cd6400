import { BlackholeProxy, testDatabase, waitUntil } from "@mesher/testkit";
import { expect, test } from "vitest";
import { type Database, openDatabase, waitForDatabase } from "./database.ts";
import { isTransient, PG, sqlState } from "./errors.ts";

const log = (): void => undefined;

test("values come as the types the code works with", async () => {
  await using db = await testDatabase();
  const { rows } = await db.database.query({
    text: `select 5::int8 as count, 9007199254740993::int8 as huge, 1.5::numeric as ratio, sum(n) as total,
             '2026-03-01'::date as day, '2026-03-01T10:00:00.123Z'::timestamptz as at, array[1, null]::int8[] as list
           from generate_series(1::int8, 3) as n`,
  });
  expect(rows).toEqual([
    {
      count: 5,
      huge: 9007199254740993n,
      ratio: 1.5,
      total: 6,
      day: "2026-03-01",
      at: new Date("2026-03-01T10:00:00.123Z"),
      list: [1, null],
    },
  ]);
});

test("the pool survives the end of its connections, busy and idle", async () => {
  await using db = await testDatabase({ poolSize: 2 });
  await using other = openOther(db.url);
  const busy = db.database.query({ text: "select pg_sleep(20)" });
  const busyEnd = busy.then(
    () => undefined,
    (error: unknown) => error,
  );
  await db.database.query({ text: "select 1" });
  const backends =
    "from pg_stat_activity where datname = current_database() and backend_type = 'client backend' and pid <> pg_backend_pid()";
  await waitUntil(
    "both connections to be there",
    async () => (await other.query({ text: `select pid ${backends}` })).rowCount === 2,
  );

  await other.query({ text: `select pg_terminate_backend(pid) ${backends}` });

  expect(await busyEnd).toSatisfy(isTransient);
  // The end of an idle connection may be heard a moment after it was given out again.
  const { rows } = await waitUntil("a new connection", () => db.database.query({ text: "select 1 as one" }));
  expect(rows).toEqual([{ one: 1 }]);
});

test("when a pool is closed the server has none of its connections any more, so that it may be stopped", async () => {
  await using db = await testDatabase();
  for (let round = 0; round < 10; round += 1) {
    const pool = openDatabase({ url: db.url, poolSize: 8, applicationName: "closing", log });
    await Promise.all(Array.from({ length: 8 }, () => pool.query({ text: "select pg_sleep(0.01)" })));
    await pool.close();
    const { rowCount } = await db.database.query({
      text: "select from pg_stat_activity where application_name = 'closing' and datname = current_database()",
    });
    expect([round, rowCount]).toEqual([round, 0]);
  }
});

test("a refused statement does not cost the connection", async () => {
  await using db = await testDatabase({ poolSize: 1 });
  const backendPid = (): Promise<unknown> => db.database.query({ text: "select pg_backend_pid()" });
  const before = await backendPid();
  await expect(db.database.query({ text: "select from nowhere" })).rejects.toSatisfy(
    (error) => sqlState(error) === PG.undefinedTable && !isTransient(error),
  );
  expect(await backendPid()).toEqual(before);
});

test("a database that goes silent fails the statement in time, and the next one works after it is back", async () => {
  await using db = await testDatabase();
  await using proxy = await BlackholeProxy.inFrontOf(db.url);
  await using database = openDatabase({ url: proxy.url, applicationName: "test", log });
  const query = (): Promise<unknown> => database.query({ text: "select 1 as one", timeoutMs: 2_000 });
  await query();

  proxy.goSilent();
  const silenced = query();
  await expect(silenced).rejects.toThrow(/timeout/i);
  await expect(silenced).rejects.toSatisfy(isTransient);
  proxy.heal();
  await expect(query()).resolves.toMatchObject({ rows: [{ one: 1 }] });
});

test("waiting for a database ends when it comes, and says why when it does not", async () => {
  await using db = await testDatabase();
  await using proxy = await BlackholeProxy.inFrontOf(db.url);
  await using database = openDatabase({ url: proxy.url, applicationName: "test", log });

  proxy.cut();
  await expect(waitForDatabase(database, { timeoutMs: 300, log })).rejects.toThrow(/did not answer within 0.3 s: .+/);
  const lines: string[] = [];
  const waiting = waitForDatabase(database, {
    timeoutMs: 20_000,
    log: (message) => {
      lines.push(message);
      proxy.heal();
    },
  });
  await expect(waiting).resolves.toBeUndefined();
  expect(lines).toEqual(["Waiting for the database"]);
});

test("waiting for a database ends when nobody wants it any more", async () => {
  await using db = await testDatabase();
  await using proxy = await BlackholeProxy.inFrontOf(db.url);
  await using database = openDatabase({ url: proxy.url, applicationName: "test", log });
  proxy.cut();
  const stopping = new AbortController();
  const waiting = waitForDatabase(database, {
    timeoutMs: 3_600_000,
    log: () => stopping.abort(),
    signal: stopping.signal,
  });
  await expect(waiting).rejects.toThrow("aborted");
});

test("waiting for a database that refuses us does not wait", async () => {
  await using db = await testDatabase();
  await using database = openDatabase({ url: withName(db.url, "nowhere"), applicationName: "test", log });
  await expect(waitForDatabase(database, { timeoutMs: 20_000, log })).rejects.toThrow(/refuses: .*nowhere/);
});

function openOther(url: string): Database {
  return openDatabase({ url, poolSize: 1, applicationName: "test-other", log });
}

function withName(databaseUrl: string, name: string): string {
  const url = new URL(databaseUrl);
  url.pathname = `/${name}`;
  return url.href;
}
