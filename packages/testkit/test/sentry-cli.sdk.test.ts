import { execFile } from "node:child_process";
import { accessSync, constants } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { serializeEnvelope } from "@mesher/protocol";
import { SentryCli } from "@sentry/cli";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createDataDir, type DataDir } from "../src/data-dir.ts";
import { newEventId } from "../src/send.ts";
import type { ServerProcess } from "../src/server-process.ts";
import { readEvent, readIssue, startTestServer, type TestServer } from "./test-server.ts";

/** The binary comes with a package of its own for each platform. */
const hasCli = canRun(SentryCli.getPath());

let folder: DataDir;
let testServer: TestServer;
let server: ServerProcess;
beforeAll(async () => {
  folder = await createDataDir();
  testServer = await startTestServer();
  server = testServer.server;
});
afterAll(async () => {
  await testServer[Symbol.asyncDispose]();
  await folder[Symbol.asyncDispose]();
});

test("sentry-cli is here", ({ skip }) => {
  skip(!hasCli, `sentry-cli has no binary for ${process.platform}-${process.arch}`);
  expect(hasCli).toBe(true);
});

describe.runIf(hasCli)("sentry-cli", () => {
  test("send-event: everything that its options say arrives", async () => {
    const logFile = await writeInFolder("shop.log", "INFO: opening\nWARNING: disk is low\nno category\n");
    const options = [
      ["--message", "Disk of %s is full", "--message-arg", "shelf-1"],
      ["--level", "warning", "--platform", "python", "--timestamp", new Date().toISOString()],
      ["--release", "shop@1.2.3", "--dist", "7", "--env", "staging"],
      ["--tag", "shop:north", "--tag", "attempt:3", "--extra", "order:1001"],
      ["--user", "id:42", "--user", "email:jane@example.com", "--user", "plan:gold"],
      ["--fingerprint", "disk", "--fingerprint", "full"],
      ["--logfile", logFile, "--with-categories", "--no-environ"],
    ];
    const output = await sentryCli(["send-event", ...options.flat()]);
    const id = /Event id: ([0-9a-f-]{36})/.exec(output)?.[1]?.replaceAll("-", "") ?? "";

    const stored = await readEvent(server, id);
    expect(stored.normalized).toMatchObject({
      logentry: { message: "Disk of %s is full", params: ["shelf-1"], formatted: "Disk of shelf-1 is full" },
      level: "warning",
      platform: "python",
      release: "shop@1.2.3",
      dist: "7",
      environment: "staging",
      tags: { shop: "north", attempt: "3" },
      extra: { order: "1001" },
      user: { id: "42", email: "jane@example.com", plan: "gold" },
      fingerprint: ["disk", "full"],
      sdk: { name: "sentry-cli" },
    });
    expect(stored.normalized.breadcrumbs?.values.map(({ category, message }) => [category, message])).toEqual([
      ["INFO", "opening"],
      ["WARNING", "disk is low"],
      ["log", "no category"],
    ]);
    expect(await readIssue(server, stored.issue_id)).toMatchObject({
      title: "Disk of shelf-1 is full",
      level: "warning",
    });
  });

  test("send-event of a file", async () => {
    const event = {
      event_id: newEventId(),
      message: "From a file",
      level: "info",
      platform: "ruby",
      tags: { shop: "west" },
    };
    const file = await writeInFolder("event.json", JSON.stringify(event));
    await sentryCli(["send-event", file]);
    expect(await readEvent(server, event.event_id)).toMatchObject({ message: "From a file", payload: event });
  });

  test.for([
    { how: "parsed", options: [] },
    { how: "raw", options: ["--raw"] },
  ])("send-envelope of a file, $how by the client", async ({ options }) => {
    const id = newEventId();
    const event = {
      event_id: id,
      platform: "python",
      exception: { values: [{ type: "ValueError", value: `Bad ${id}` }] },
    };
    const payload = Buffer.from(JSON.stringify(event));
    const note = {
      header: { type: "attachment", filename: "note.txt" },
      payload: Buffer.from("Nothing keeps this yet"),
    };
    const bytes = serializeEnvelope({
      header: { event_id: id },
      items: [{ header: { type: "event" }, payload }, note],
    });
    await sentryCli(["send-envelope", ...options, await writeInFolder(`${id}.envelope`, bytes)]);
    expect((await readEvent(server, id)).normalized).toMatchObject(event);
  });
});

async function sentryCli(options: readonly string[]): Promise<string> {
  // No file of settings but the test's own, and no address to call but the DSN's.
  const env = { SENTRY_DSN: server.dsn, HOME: folder.path };
  const { stdout } = await promisify(execFile)(SentryCli.getPath(), options, { env, cwd: folder.path });
  return stdout;
}

async function writeInFolder(name: string, content: string | Uint8Array): Promise<string> {
  const path = join(folder.path, name);
  await writeFile(path, content);
  return path;
}

function canRun(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
