import { execFile } from "node:child_process";
import { join } from "node:path";
import type { ApiIssue, ApiIssueDetail, ApiPage } from "@mesher/protocol";
import { afterAll, beforeAll, expect, test } from "vitest";
import { newEventId, sendEvent } from "../src/send.ts";
import { readEvent, readIssue, startTestServer, type TestServer } from "./test-server.ts";

const MAIN = join(import.meta.dirname, "../../cli/src/main.ts");

const OWNER = "owner@example.com";

let running: TestServer;
let issue: ApiIssueDetail;
beforeAll(async () => {
  running = await startTestServer({ MESHER_ADMIN_EMAIL: OWNER, MESHER_ADMIN_PASSWORD: "correct horse battery" });
  const { server } = running;
  const event_id = newEventId();
  await sendEvent(server.dsn, { event_id, message: "The disk is full", level: "fatal", release: "backup@1.0.0" });
  issue = await readIssue(server, (await readEvent(server, event_id)).issue_id);
});
afterAll(() => running[Symbol.asyncDispose]());

interface Ended {
  readonly code: number;
  readonly out: string;
  readonly errors: string;
}

/** `mesher issues …` as a process of its own, on the running server. */
function issues(...args: readonly string[]): Promise<Ended> {
  const { url, token } = running.server;
  const env = { PATH: process.env.PATH, MESHER_URL: url, MESHER_BOOTSTRAP_TOKEN: token };
  return new Promise((resolve) => {
    const child = execFile(process.execPath, [MAIN, "issues", ...args], { env }, (_, out, errors) => {
      resolve({ code: child.exitCode ?? -1, out, errors });
    });
  });
}

test("issues are listed as a table, or as JSON", async () => {
  const table = await issues("list");
  expect(table).toMatchObject({ code: 0, errors: "" });
  expect(table.out).toMatch(/^ISSUE {2,}STATUS .*TITLE\n/);
  expect(table.out).toContain(`${issue.short_id}   unresolved   high`);
  expect(table.out).toContain("The disk is full");
  const json = await issues("list", "--json", "--level", "fatal", "--status", "all");
  expect((JSON.parse(json.out) as ApiPage<ApiIssue>).data.map(({ id }) => id)).toEqual([issue.id]);
  expect((await issues("list", "--status", "discarded")).out).toBe("No discarded issues.\n");
  expect((await issues("list", "--query", 'release:backup@* "disk"', "--sort", "priority")).out).toContain(
    issue.short_id,
  );
  expect((await issues("list", "--query", "!release:backup@*")).out).toBe("No issues.\n");
  expect(await issues("list", "--query", "level:eror")).toMatchObject({
    code: 1,
    errors: expect.stringContaining("column 7: expected one of fatal, error") as string,
  });
});

test("an issue is changed and shown by its short id or its id", async () => {
  expect(await issues("resolve", issue.short_id, "--in-next-release")).toEqual({
    code: 0,
    out: `${issue.short_id} was resolved.\n`,
    errors: "",
  });
  expect((await issues("resolve", issue.id, "--in-next-release")).out).toBe(`${issue.short_id} was so already.\n`);
  const shown = await issues("show", issue.short_id.toLowerCase());
  expect(shown.out).toMatch(/Status +resolved: in_next_release, after backup@1\.0\.0\n/);
  expect(shown.out).toContain("resolved by ");
  expect((await issues("archive", issue.id, "--days", "7")).out).toBe(`${issue.short_id} was archived.\n`);
  expect((await issues("priority", issue.id, "--to", "low")).out).toContain("was given the priority");
  expect(await readIssue(running.server, issue.id)).toMatchObject({
    status: "archived",
    status_details: { mode: "until_time" },
    priority: "low",
  });
  const json = await issues("unresolve", issue.short_id, "--json");
  expect(JSON.parse(json.out)).toEqual([{ id: issue.id, short_id: issue.short_id, affected: 1 }]);
});

test("people and teams are named as people call them", async () => {
  const { url, token } = running.server;
  const made = await fetch(`${url}/api/v1/teams`, {
    method: "POST",
    headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
    body: JSON.stringify({ name: "Backend", slug: "backend" }),
  });
  expect(made.status).toBe(201);
  expect((await issues("show", issue.short_id)).out).toMatch(/^Assigned to +nobody$/m);
  expect((await issues("assign", issue.short_id, "--to", "#backend")).code).toBe(0);
  expect((await issues("show", issue.short_id)).out).toMatch(/^Assigned to +#backend$/m);
  expect((await issues("assign", issue.short_id, "--to", "Owner@example.com")).code).toBe(0);
  const shown = await issues("show", issue.short_id);
  expect(shown.out).toMatch(/^Assigned to +owner@example\.com$/m);
  expect(shown.out).toMatch(/assigned by .*: to owner@example\.com, before #backend$/m);
  expect((await issues("assign", issue.short_id, "--to", "stranger@example.com")).errors).toBe(
    "stranger@example.com is no member of the organization.\n",
  );
});

test("whoever sends events, or writes comments, does not command the terminal of whoever reads them", async () => {
  const { server } = running;
  const hostile = (word: string) => `${word}\u001b[2J\u0007\u202e\u009b31m the end of ${word}`;
  const event_ids = [newEventId(), newEventId()];
  for (const [index, event_id] of event_ids.entries()) {
    const fingerprint = [`hostile ${index}`];
    await sendEvent(server.dsn, { event_id, message: hostile("Hello"), transaction: hostile("where"), fingerprint });
  }
  const [similar, shown] = await Promise.all(
    event_ids.map(async (id) => readIssue(server, (await readEvent(server, id)).issue_id)),
  );
  const commented = await fetch(`${server.url}/api/v1/issues/${shown?.id}/comments`, {
    method: "POST",
    headers: { authorization: `Bearer ${server.token}`, "content-type": "application/json" },
    body: JSON.stringify({ text: `${hostile("comment")}\r\nDEFAULT-4711   unresolved` }),
  });
  expect(commented.status).toBe(201);

  const list = (await issues("list", "--query", "Hello")).out;
  const detail = (await issues("show", shown?.short_id ?? "")).out;
  const json = (await issues("show", shown?.short_id ?? "", "--json")).out;
  expect(list).toContain("Hello [2J 31m the end of Hello");
  for (const part of ["the end of Hello", "the end of where", "the end of comment DEFAULT-4711", similar?.short_id]) {
    expect(detail).toContain(part);
  }
  for (const text of [list, detail, json]) expect(text.replaceAll("\n", "")).not.toMatch(/[\p{Cc}\p{Cf}]/u);
  expect(JSON.parse(json)).toMatchObject({ title: shown?.title });
});

test("what the server refuses is one sentence and exit code 1, a wrong command line exit code 2", async () => {
  await issues("discard", issue.short_id);
  expect(await issues("resolve", issue.short_id)).toMatchObject({
    code: 1,
    errors: "The server refuses: a discarded issue must be undiscarded before it is resolved.\n",
  });
  await issues("undiscard", issue.short_id);
  expect(await issues("show", "DEFAULT-4711")).toMatchObject({
    code: 1,
    errors: "The server refuses: issue not found.\n",
  });
  expect((await issues("assign", issue.short_id, "--to", "somebody")).errors).toContain("must be a member");
  expect((await issues("assign", issue.short_id, "--to", "#nobody")).errors).toContain("must be a team");
  for (const args of [
    ["resolve"],
    ["delete", issue.short_id],
    ["archive", issue.short_id, "--days", "7", "--for-ever"],
    ["archive", issue.short_id, "--days", "soon"],
    ["assign", issue.short_id],
  ]) {
    expect([args, (await issues(...args)).code]).toEqual([args, 2]);
  }
});

test("an issue that went into another one is changed by none of its names, and neither is the other", async () => {
  const { server } = running;
  const event_id = newEventId();
  await sendEvent(server.dsn, { event_id, message: "The disk is nearly full" });
  const source = await readIssue(server, (await readEvent(server, event_id)).issue_id);
  const merged = await fetch(`${server.url}/api/v1/issues/${issue.id}/merge`, {
    method: "POST",
    headers: { authorization: `Bearer ${server.token}`, "content-type": "application/json" },
    body: JSON.stringify({ ids: [source.id] }),
  });
  expect(merged.status).toBe(200);
  const before = await readIssue(server, issue.id);

  for (const [action, name, ...options] of [
    ["delete", source.short_id, "--yes"],
    ["delete", source.id, "--yes"],
    ["resolve", source.short_id.toLowerCase()],
    ["discard", source.short_id],
    ["archive", source.short_id],
    ["assign", source.short_id, "--to", OWNER],
    ["priority", source.short_id, "--to", "high"],
  ] as const) {
    const errors = `${name} went into ${issue.short_id}: name that.\n`;
    expect([action, await issues(action, name, ...options)]).toEqual([action, { code: 1, out: "", errors }]);
  }
  expect(await readIssue(server, issue.id)).toEqual(before);
  expect((await issues("show", source.short_id)).out).toContain(issue.short_id);
});

test("an issue is changed by the short id that it had before its project got another slug, and is gone once deleted", async () => {
  const { url, token } = running.server;
  const moved = await fetch(`${url}/api/v1/projects/default`, {
    method: "PATCH",
    headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
    body: JSON.stringify({ slug: "moved" }),
  });
  expect(moved.status).toBe(200);
  const shortId = issue.short_id.replace("DEFAULT", "MOVED");
  expect(await issues("priority", issue.short_id, "--to", "low")).toMatchObject({ code: 0, errors: "" });
  expect((await issues("delete", issue.short_id, "--yes")).out).toBe(`${shortId} was deleted.\n`);
  expect((await issues("show", shortId)).code).toBe(1);
});
