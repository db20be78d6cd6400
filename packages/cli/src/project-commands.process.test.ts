import { newEventId, sendEvent, testServer, waitUntil } from "@mesher/testkit";
import { afterAll, beforeAll, expect, test } from "vitest";
import { runProgram } from "./run-program.ts";
import { runCommand, testTerminal } from "./test-server.ts";

let started: Awaited<ReturnType<typeof testServer>>;
beforeAll(async () => {
  started = await testServer();
});
afterAll(() => started[Symbol.asyncDispose]());

const mesher = (...args: string[]) => runCommand(started.server, args);
const send = async (dsn: string | undefined) => (await sendEvent(dsn ?? "", { event_id: newEventId() })).status;
const dsnIn = (text: string) => /http:\S+/.exec(text)?.[0];

test("[ORG-02] [ORG-03] a project is made, keyed, renamed and ended from the command line", async () => {
  const made = await mesher("projects", "create", "Web shop", "--platform", "javascript");
  expect(made).toMatchObject({ code: 0, errors: "" });
  expect(made.out).toMatch(/web-shop +Web shop +javascript +http:/);
  expect(await send(dsnIn(made.out))).toBe(200);

  const key = await mesher("keys", "create", "web-shop", "--label", "mobile", "--rate-limit", "1");
  expect(key.out).toMatch(/mobile +1 +active +http:/);
  expect([await send(dsnIn(key.out)), await send(dsnIn(key.out))]).toEqual([200, 429]);
  const keyId = /[0-9a-f-]{36}/.exec(key.out)?.[0] ?? "";
  expect((await mesher("keys", "revoke", keyId)).out).toBe("The key is revoked.\n");
  expect((await mesher("keys", "revoke", keyId)).out).toBe("The key was revoked before.\n");
  expect(JSON.parse((await mesher("keys", "revoke", keyId, "--json")).out)).toEqual({ status: "ok", affected: 0 });
  expect(await send(dsnIn(key.out))).toBe(403);
  expect((await mesher("keys", "list", "web-shop")).out).toMatch(/default +- +active.*\n.*mobile +1 +revoked 20/);
  expect(JSON.parse((await mesher("keys", "list", "web-shop", "--json")).out)).toMatchObject([
    { label: "default", revoked_at: null },
    { id: keyId, label: "mobile" },
  ]);

  expect((await mesher("projects", "rename", "web-shop", "--slug", "shop")).out).toContain("shop ");
  expect((await mesher("projects", "list")).out).toMatch(/^shop +Web shop/m);
  expect(JSON.parse((await mesher("projects", "list", "--json")).out)).toContainEqual(
    expect.objectContaining({ slug: "shop", name: "Web shop", dsn: dsnIn(made.out) }),
  );
  expect(await mesher("projects", "delete", "shop")).toMatchObject({ code: 2 });
  expect(await mesher("projects", "delete", "shop", "--confirm", "web-shop")).toMatchObject({
    code: 1,
    errors: "The server refuses: slug must be the project's, shop, to confirm.\n",
  });
  const deleted = await mesher("projects", "delete", "web-shop", "--confirm", "shop", "--json");
  expect({ ...deleted, out: JSON.parse(deleted.out) }).toEqual({
    code: 0,
    out: { status: "ok", affected: 1 },
    errors: "",
  });
  expect(await send(dsnIn(made.out))).toBe(403);
});

test("settings are shown and changed, and what is wrong is told in one sentence", async () => {
  const change = ["--set", "retention_days=30", "--set", 'filters={"localhost":true}'];
  const { out } = await mesher("projects", "settings", "default", ...change);
  expect(JSON.parse(out)).toMatchObject({ retention_days: 30, filters: { localhost: true, web_crawlers: false } });
  expect((await mesher("projects", "settings", "default")).out).toBe(out);
  expect(await mesher("projects", "settings", "default", "--set", "sample_rate=2")).toMatchObject({
    code: 1,
    errors: "The server refuses: sample_rate must be a number from 0 to 1.\n",
  });
  expect(await mesher("projects", "settings", "default", "--set", "sample_rate")).toMatchObject({ code: 2 });
  expect(await mesher("projects", "settings", "nothing")).toMatchObject({
    code: 1,
    errors: "The server refuses: project not found.\n",
  });
  expect(await mesher("projects", "create")).toMatchObject({ code: 2, errors: "NAME is missing.\n" });
});

test("tail calls issues what the other commands call them, and tells programs their ids", async () => {
  const { url, token, dsn } = started.server;
  const interrupt = new AbortController();
  const tail = (...args: string[]) => {
    const env = { MESHER_URL: url, MESHER_BOOTSTRAP_TOKEN: token };
    const terminal = testTerminal({ env, interrupt: interrupt.signal });
    return { shown: terminal.shown, ended: runProgram(["tail", ...args], terminal) };
  };
  const [forPeople, forPrograms] = [tail("--project", "default"), tail("--project", "default", "--json")];
  const [shown, told] = await waitUntil("the event in both", async () => {
    await sendEvent(dsn, { event_id: newEventId(), message: "Seen by tail" });
    const lines = [
      /^.* Seen by tail {2}.*$/m.exec(forPeople.shown.out),
      /^\{"type":"event".*$/m.exec(forPrograms.shown.out),
    ];
    return lines.every((line) => line !== null) ? lines.map((line) => line[0]) : undefined;
  });
  const { issue_id: issueId } = JSON.parse(told ?? "") as { issue_id: string };
  const listed = JSON.parse((await mesher("issues", "list", "--json")).out) as {
    data: { id: string; short_id: string }[];
  };
  const issue = listed.data.find(({ id }) => id === issueId);
  expect(shown).toContain(`(${issue?.short_id}, `);
  expect(shown).not.toContain(issueId);
  interrupt.abort();
  expect(await Promise.all([forPeople.ended, forPrograms.ended])).toEqual([0, 0]);
});
