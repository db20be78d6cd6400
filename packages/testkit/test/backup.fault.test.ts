/** Backups of a server that goes on taking events, and what is there when one is restored and started. */

import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { chmod, cp, mkdir, readdir, readFile, rename, rm, symlink, truncate, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { ApiProjectStorage } from "@mesher/protocol";
import { lockDirectory, openDatabase } from "@mesher/server/testing";
import { expect, test } from "vitest";
import { createDataDir } from "../src/data-dir.ts";
import { testDatabase } from "../src/database.ts";
import { newEventId, sendEvent } from "../src/send.ts";
import { ServerProcess } from "../src/server-process.ts";
import { waitUntil } from "../src/wait-until.ts";

const CLI = fileURLToPath(new URL("../../cli/src/main.ts", import.meta.url));

const BACKUP = fileURLToPath(new URL("../../server/src/backup-main.ts", import.meta.url));

/** A user who is nobody's owner. */
const NOBODY = 65534;

/** Senders at a time, so that events are in every stage of their way when the backup begins. */
const SENDERS = 8;

async function mesher(...args: string[]): Promise<{ code: number | null; output: string }> {
  const child = spawn(process.execPath, [CLI, ...args], { stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text: string) => {
      output += text;
    });
  }
  const [code] = (await once(child, "close")) as [number | null];
  return { code, output };
}

test("a backup made under load holds every event that was answered before it began, once", async () => {
  await using place = await createDataDir();
  const backupDir = join(place.path, "backup");
  const restoredDir = join(place.path, "restored");
  const answered: string[] = [];
  let answeredBefore = 0;
  {
    await using server = await ServerProcess.start();
    const over = new AbortController();
    const send = async () => {
      while (!over.signal.aborted) {
        const event_id = newEventId();
        const { ok } = await sendEvent(server.dsn, { event_id, message: "x".repeat(5_000) });
        if (ok) answered.push(event_id);
      }
    };
    const senders = Array.from({ length: SENDERS }, send);
    await waitUntil("300 answers", async () => answered.length >= 300);
    answeredBefore = answered.length;
    const made = await mesher("backup", backupDir, "--data-dir", server.dataDir);
    over.abort();
    await Promise.all(senders);
    expect(made).toMatchObject({
      code: 0,
      output: expect.stringMatching(/backup: \d+ files, [\d.]+ MiB, in [\d.]+ s/),
    });
  }
  expect(await mesher("restore", backupDir, "--data-dir", restoredDir)).toMatchObject({ code: 0 });

  await using restored = await ServerProcess.start({ dataDir: restoredDir });
  await waitUntil("the journal to be stored", async () => {
    const { journal } = await restored.get<{ journal: { waiting: number } }>("/readyz");
    return journal.waiting === 0;
  });
  for (const eventId of answered.slice(0, answeredBefore)) {
    const { event } = await restored.get<{ event: { id: string } }>(`/api/v1/events/${eventId}`);
    expect(event.id).toBe(eventId);
  }
  const { data: issues } = await restored.get<{ data: { event_count: number }[] }>("/api/v1/projects/default/issues");
  const storage = await restored.get<ApiProjectStorage>("/api/v1/projects/default/storage");
  expect(storage.event_count).toBe(issues.reduce((sum, issue) => sum + issue.event_count, 0));
  expect(storage.event_count).toBeGreaterThanOrEqual(answeredBefore);
  expect(storage.event_count).toBeLessThanOrEqual(answered.length);
  // It goes on as any other.
  expect((await sendEvent(restored.dsn, { event_id: newEventId() })).status).toBe(200);
  // And nothing of its stop is worth a warning, not even that its database ends.
  expect(await restored.stop()).toBe(0);
  const [, told] = restored.output.split("SIGTERM received");
  expect(told).toMatch(/Mesher stopped/);
  expect(told).not.toMatch(/ (warn|ERROR) /);
});

test("events that were answered and wait for the database are in a backup, too", async () => {
  await using place = await createDataDir();
  const [backupDir, restoredDir] = [join(place.path, "backup"), join(place.path, "restored")];
  const answered = Array.from({ length: 20 }, newEventId);
  {
    await using server = await ServerProcess.start();
    await using lock = await lockEvents(server.dataDir);
    for (const event_id of answered) expect((await sendEvent(server.dsn, { event_id })).status).toBe(200);
    expect(await mesher("backup", backupDir, "--data-dir", server.dataDir)).toMatchObject({ code: 0 });
    expect(await lock.storedEvents()).toBe(0);
  }
  expect(await mesher("restore", backupDir, "--data-dir", restoredDir)).toMatchObject({ code: 0 });
  await using restored = await ServerProcess.start({ dataDir: restoredDir });
  await waitUntil("all events to be stored", async () => {
    const { event_count } = await restored.get<ApiProjectStorage>("/api/v1/projects/default/storage");
    return event_count === answered.length;
  });
  for (const eventId of answered) {
    expect(await restored.get(`/api/v1/events/${eventId}`)).toMatchObject({ event: { id: eventId } });
  }
});

/** Lets nobody store events into the embedded database as long as it lasts. */
async function lockEvents(dataDir: string) {
  const socketDir = encodeURIComponent(join(dataDir, "postgres/socket"));
  const url = `postgresql://mesher@localhost/mesher?host=${socketDir}&port=5432`;
  const database = openDatabase({ url, applicationName: "lock", log: () => undefined });
  const { client, release } = await database.acquire();
  await client.query("begin");
  await client.query("set local idle_in_transaction_session_timeout = 0");
  await client.query("lock table events in exclusive mode");
  return {
    storedEvents: async () =>
      (await database.query<{ n: number }>({ text: "select count(*) as n from events" })).rows[0]?.n,
    [Symbol.asyncDispose]: async () => {
      await client.query("rollback");
      release();
      await database.close();
    },
  };
}

test("a server that is stopped is backed up too; a damaged or unfinished backup, or a directory in use, is refused", async () => {
  await using place = await createDataDir();
  const [dataDir, backupDir, restoredDir] = ["data", "backup", "restored"].map((name) => join(place.path, name)) as [
    string,
    string,
    string,
  ];
  const event_id = newEventId();
  {
    await using server = await ServerProcess.start({ dataDir });
    await sendEvent(server.dsn, { event_id });
  }
  // On a disk of its own, which is a link here. What else lies there is no file, or nowhere.
  await rename(join(dataDir, "journal"), join(place.path, "disk"));
  await symlink(join(place.path, "disk"), join(dataDir, "journal"));
  await symlink(join(place.path, "nowhere"), join(dataDir, "nowhere"));
  await using socket = createServer().listen(join(dataDir, "socket"));
  await once(socket, "listening");
  expect(await mesher("backup", backupDir, "--data-dir", dataDir)).toMatchObject({ code: 0 });
  expect(await mesher("backup", backupDir, "--data-dir", dataDir)).toMatchObject({
    code: 1,
    output: expect.stringContaining(`${backupDir} is there already`),
  });
  expect(await mesher("restore", backupDir, "--data-dir", dataDir)).toMatchObject({
    code: 1,
    output: expect.stringContaining("is not empty"),
  });

  const log = join(backupDir, "postgres/cluster/PG_VERSION");
  const version = await readFile(log, "utf8");
  await writeFile(log, "17\n");
  expect(await mesher("restore", backupDir, "--data-dir", restoredDir)).toMatchObject({
    code: 1,
    output: expect.stringContaining("PG_VERSION is not what was backed up"),
  });
  await writeFile(log, version);
  // What the refused attempt left does not hinder the next.
  expect(await readdir(restoredDir)).toContain("restoring");
  expect(await mesher("restore", backupDir, "--data-dir", restoredDir)).toMatchObject({ code: 0 });
  expect(await readdir(join(restoredDir, "journal"))).toEqual(["identity.json"]);
  {
    await using restored = await ServerProcess.start({ dataDir: restoredDir });
    expect(await restored.get(`/api/v1/events/${event_id}`)).toMatchObject({ event: { id: event_id } });
  }

  // A server that did not come far has left its lock there, or holds it.
  const otherDir = join(place.path, "other");
  await mkdir(otherDir);
  {
    using held = lockDirectory(otherDir);
    expect((await readdir(otherDir)).every((name) => held.owns(name))).toBe(true);
    expect(await mesher("restore", backupDir, "--data-dir", otherDir)).toMatchObject({
      code: 1,
      output: expect.stringContaining(`Another Mesher (process ${process.pid}) is using ${otherDir}`),
    });
  }
  expect(await mesher("restore", backupDir, "--data-dir", otherDir)).toMatchObject({ code: 0 });

  await truncate(join(backupDir, "manifest.json"), 100);
  expect(await mesher("restore", backupDir, "--data-dir", join(place.path, "other"))).toEqual({
    code: 1,
    output: `${join(backupDir, "manifest.json")} cannot be read: the backup is damaged\n`,
  });
  await rm(join(backupDir, "manifest.json"));
  expect(await mesher("restore", backupDir, "--data-dir", join(place.path, "other"))).toMatchObject({
    code: 1,
    output: expect.stringContaining("it has no manifest.json"),
  });
});

test("a data directory without a database of its own says how the database is backed up", async () => {
  await using place = await createDataDir();
  expect(await mesher("backup", join(place.path, "backup"), "--data-dir", place.path)).toMatchObject({
    code: 1,
    output: expect.stringContaining("pg_dump"),
  });
});

test("what an embedded database held before is not taken for a backup of a server that stores elsewhere now", async () => {
  await using db = await testDatabase();
  await using place = await createDataDir();
  const dataDir = join(place.path, "data");
  await (await ServerProcess.start({ dataDir })).stop();
  await using server = await ServerProcess.start({ dataDir, databaseUrl: db.url });
  expect(await mesher("backup", join(place.path, "backup"), "--data-dir", dataDir)).toMatchObject({
    code: 1,
    output: expect.stringMatching(
      new RegExp(`runs without the embedded database .*pg_dump[^]*process ${server.process.pid}\\)`),
    ),
  });
  expect(await readdir(place.path)).toEqual(["data"]);
});

test("events that are answered on a journal that was set back to a copy are stored", async () => {
  await using db = await testDatabase();
  await using place = await createDataDir();
  const [dataDir, copy] = [join(place.path, "data"), join(place.path, "journal")];
  const start = () => ServerProcess.start({ dataDir, databaseUrl: db.url });
  const send = async (server: ServerProcess) => {
    const event_id = newEventId();
    expect((await sendEvent(server.dsn, { event_id })).status).toBe(200);
    expect(await waitUntil("the event", () => server.get(`/api/v1/events/${event_id}`))).toBeTruthy();
  };
  await (await start()).stop();
  await cp(join(dataDir, "journal"), copy, { recursive: true });
  {
    await using server = await start();
    await send(server);
  }
  await rm(join(dataDir, "journal"), { recursive: true });
  await rename(copy, join(dataDir, "journal"));
  await using server = await start();
  await send(server);
  expect(server.output).toContain("Journal is older than what the database has stored of it");
});

test("a data directory that is closed to whoever backs it up is not told to hold no database", async ({ skip }) => {
  if (process.getuid?.() !== 0) skip("becoming another user needs root");
  await using place = await createDataDir();
  const dataDir = await makeDataDir(join(place.path, "data"));
  await chmod(join(dataDir, "postgres"), 0o700);
  const args = [BACKUP, "backup", dataDir, join(place.path, "backup")];
  const { status, stderr } = spawnSync(process.execPath, args, { uid: NOBODY, gid: NOBODY, encoding: "utf8" });
  expect([status, stderr]).toEqual([
    1,
    expect.stringMatching(/^\S+ is closed to this user: back it up as the user who started the server\nEACCES: /),
  ]);
});

/** What `mesher backup` takes for a data directory, without a server having run on it. */
async function makeDataDir(dataDir: string): Promise<string> {
  await mkdir(join(dataDir, "postgres/cluster"), { recursive: true });
  await writeFile(join(dataDir, "bootstrap-token"), "secret");
  return dataDir;
}

test("a backup into the data directory itself, by whichever way, is refused and leaves nothing", async () => {
  await using place = await createDataDir();
  const dataDir = await makeDataDir(join(place.path, "data"));
  const link = join(place.path, "link");
  await symlink(dataDir, link);
  const before = await readdir(dataDir, { recursive: true });
  for (const [from, to] of [
    [dataDir, join(dataDir, "backup")],
    [dataDir, join(dataDir, "postgres/backups/today")],
    [dataDir, join(link, "backup")],
    [link, join(dataDir, "backup")],
  ] as const) {
    expect(await mesher("backup", to, "--data-dir", from)).toEqual({
      code: 1,
      output: `${to} is in the data directory ${from}, and would be a part of itself: name a directory outside of it\n`,
    });
  }
  expect(await readdir(dataDir, { recursive: true })).toEqual(before);
});

test("a backup that fails or is interrupted leaves nothing, no database that it started either", async () => {
  await using place = await createDataDir();
  const dataDir = join(place.path, "data");
  await (await ServerProcess.start({ dataDir })).stop();
  const backupDir = join(place.path, "backup");
  const around = join(dataDir, "around");
  await symlink(place.path, around);
  expect(await mesher("backup", backupDir, "--data-dir", dataDir)).toMatchObject({
    code: 1,
    output: expect.stringContaining(`${around} leads to where the backup is made`),
  });
  await rm(around);

  const child = spawn(process.execPath, [BACKUP, "backup", dataDir, backupDir], { stdio: "ignore" });
  const ended = once(child, "exit");
  await waitUntil("the backup to begin", async () => (await readdir(place.path)).includes("backup.unfinished"));
  child.kill("SIGINT");
  expect(await ended).toEqual([1, null]);
  expect(await readdir(place.path)).toEqual(["data"]);
  expect(await readdir(join(dataDir, "postgres/cluster"))).not.toContain("postmaster.pid");
});

test("a data directory is not taken for what an earlier backup left unfinished", async () => {
  await using place = await createDataDir();
  const backupDir = join(place.path, "backup");
  const dataDir = await makeDataDir(join(place.path, "backup.unfinished/data"));
  const before = await readdir(dataDir, { recursive: true });
  expect(await mesher("backup", backupDir, "--data-dir", dataDir)).toEqual({
    code: 1,
    output: `The data directory ${dataDir} is in ${backupDir}.unfinished, where the backup is made: name another directory\n`,
  });
  expect(await readdir(dataDir, { recursive: true })).toEqual(before);
});

test("a backup that lies in the data directory is refused, and is still there", async () => {
  await using place = await createDataDir();
  // Here restoring puts everything first, after clearing it.
  const backupDir = join(place.path, "restoring");
  await mkdir(backupDir);
  await writeFile(join(backupDir, "manifest.json"), JSON.stringify({ format: 1, directories: [], files: [] }));
  expect(await mesher("restore", backupDir, "--data-dir", place.path)).toEqual({
    code: 1,
    output: `${backupDir} is in the data directory ${place.path}: move it out of it first\n`,
  });
  expect(await readdir(backupDir)).toEqual(["manifest.json"]);
});
