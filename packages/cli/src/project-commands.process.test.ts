import { newEventId, sendEvent, testServer } from "@mesher/testkit";
import { afterAll, beforeAll, expect, test } from "vitest";
import { runCommand } from "./test-server.ts";

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
  expect(await send(dsnIn(key.out))).toBe(403);
  expect((await mesher("keys", "list", "web-shop")).out).toMatch(/default +- +active.*\n.*mobile +1 +revoked 20/);

  expect((await mesher("projects", "rename", "web-shop", "--slug", "shop")).out).toContain("shop ");
  expect((await mesher("projects", "list")).out).toMatch(/^shop +Web shop/m);
  expect(await mesher("projects", "delete", "shop")).toMatchObject({ code: 2 });
  expect(await mesher("projects", "delete", "shop", "--confirm", "web-shop")).toMatchObject({
    code: 1,
    errors: "The server refuses: slug must be the project's, shop, to confirm.\n",
  });
  expect(await mesher("projects", "delete", "web-shop", "--confirm", "shop")).toMatchObject({ code: 0 });
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
