import type { ApiAlert, ApiAlertRule, ApiDestination } from "@mesher/protocol";
import { HttpReceiver, newEventId, sendEvent, testServer, waitUntil } from "@mesher/testkit";
import { afterAll, beforeAll, expect, test } from "vitest";
import { runCommand } from "../test-server.ts";

let started: Awaited<ReturnType<typeof testServer>>;
beforeAll(async () => {
  started = await testServer();
});
afterAll(() => started[Symbol.asyncDispose]());

const mesher = (...args: string[]) => runCommand(started.server, args);

test("alerts are listed, acknowledged and resolved from the command line, and their rules listed", async () => {
  expect((await mesher("alerts", "list")).out).toBe("No alerts.\n");
  const response = await fetch(`${started.server.url}/api/v1/projects/default/alert-rules`, {
    method: "POST",
    headers: { authorization: `Bearer ${started.server.token}`, "content-type": "application/json" },
    body: JSON.stringify({ name: "New ones", condition: { condition_type: "new_issue" } }),
  });
  const rule = (await response.json()) as ApiAlertRule;
  expect((await mesher("alert-rules", "list")).out).toMatch(
    new RegExp(`${rule.id} +on +New ones +new_issue +60 min +- +0`),
  );

  expect((await sendEvent(started.server.dsn, { event_id: newEventId(), message: "Something" })).status).toBe(200);
  const [alert] = await waitUntil("the alert", async () => {
    const alerts = JSON.parse((await mesher("alerts", "list", "--json")).out) as ApiAlert[];
    return alerts.length > 0 && alerts;
  });
  const id = alert?.id ?? "";
  expect((await mesher("alerts", "list", "--status", "active")).out).toMatch(
    new RegExp(`${id} +active .* New ones +DEFAULT-1 +new_issue detected`),
  );
  expect(await mesher("alerts", "ack", id)).toEqual({ code: 0, out: `${id} is acknowledged.\n`, errors: "" });
  expect(await mesher("alerts", "ack", id)).toMatchObject({ code: 1, errors: expect.stringContaining("refuses") });
  expect(await mesher("alerts", "resolve", id, "nobody", "--json")).toEqual({
    code: 1,
    out: `{"id":"${id}","status":"ok","affected":1}\n`,
    errors: expect.stringContaining("refuses"),
  });
  expect((await mesher("alerts", "list", "--status", "active")).out).toBe("No alerts.\n");
  expect((await mesher("alerts", "ack")).code).toBe(2);
});

test("rules are made with what they look for and whom they tell, tested, silenced, switched off and deleted", async () => {
  await mesher("destinations", "create", "ops", "--kind", "webhook", "--set", "url=https://example.com/");
  const wish = "--condition threshold --threshold 100 --window 5 --level error --level fatal --environment production";
  const told = ["--tag", "shop=a=b", "--query", "payment", "--destination", "ops", "--people", "members"];
  const cooldown = ["--cooldown", "30", "--cooldown-scope", "rule"];
  const made = await mesher("alert-rules", "create", "Many", ...wish.split(" "), ...told, ...cooldown, "--json");
  const [ops] = JSON.parse((await mesher("destinations", "list", "--json")).out) as ApiDestination[];
  expect(made).toMatchObject({ code: 0, errors: "" });
  expect(JSON.parse(made.out)).toMatchObject({
    name: "Many",
    condition: { condition_type: "threshold", threshold: 100, window_minutes: 5 },
    filters: { level: ["error", "fatal"], environment: ["production"], tags: { shop: "a=b" }, query: "payment" },
    action: [
      { type: "destination", destination_id: ops?.id ?? "" },
      { type: "people", who: "members" },
    ],
    enabled: true,
    cooldown_minutes: 30,
    cooldown_scope: "rule",
  } satisfies Partial<ApiAlertRule>);
  const change = "--condition percent_change --percent 50 --window 60 --direction decrease --off".split(" ");
  const { out: row } = await mesher("alert-rules", "create", "Fewer", ...change, "--people", "assignee");
  expect(row).toMatch(/[0-9a-f-]{36} +off +Fewer +decrease of more than 50 % in 60 min +60 min +- +0/);

  const tested = await mesher("alert-rules", "test", "Many");
  const alertId = /^Many has fired a test: alert ([0-9a-f-]{36})\.\n$/.exec(tested.out)?.[1];
  const alerts = JSON.parse((await mesher("alerts", "list", "--json")).out) as ApiAlert[];
  expect(alerts.find(({ id }) => id === alertId)).toMatchObject({ kind: "test", rule_name: "Many" });
  expect((await mesher("alert-rules", "silence", "Many", "--minutes", "5")).out).toMatch(/^Many is silent until 20/);
  expect((await mesher("alert-rules", "list")).out).toMatch(/silent until 20\S+ +Many/);
  expect((await mesher("alert-rules", "silence", "Many", "--minutes", "0")).out).toBe("Many is silent no more.\n");
  expect((await mesher("alert-rules", "disable", "Many")).out).toBe("Many is off.\n");
  expect((await mesher("alert-rules", "list")).out).toMatch(/off +Many/);
  expect((await mesher("alert-rules", "enable", "Many")).out).toBe("Many is on.\n");

  expect(await mesher("alert-rules", "delete", "Many")).toMatchObject({ code: 2, out: "" });
  expect((await mesher("alert-rules", "delete", "Many", "--yes")).out).toBe("Many is deleted.\n");
  expect(await mesher("alert-rules", "test", "Many")).toMatchObject({
    code: 1,
    errors: "There is no alert rule Many.\n",
  });
});

test.each([
  [["create", "No condition"], 2, /^--condition is missing: threshold, /],
  [
    ["create", "x", "--condition", "threshold", "--threshold", "many"],
    2,
    /^--threshold is "many", but must be a whole/,
  ],
  [["create", "x", "--condition", "new_issue", "--tag", "shop"], 2, /^--tag is "shop", but must be KEY=VALUE/],
  [
    ["create", "x", "--condition", "threshold", "--window", "5"],
    1,
    /^The server refuses: condition must have threshold/,
  ],
  [["create", "x", "--condition", "new_issue", "--destination", "nowhere"], 1, /^There is no destination nowhere/],
  [["create", "x", "--condition", "new_issue", "--people", "a@example.com"], 1, /^a@example.com is no member/],
  [["silence"], 2, /^RULE is missing/],
] as const)("mesher alert-rules %j is answered with one sentence", async (args, code, sentence) => {
  const refused = await mesher("alert-rules", ...args);
  expect(refused).toMatchObject({ code, out: "", errors: expect.stringMatching(sentence) });
  expect(refused.errors.trim().split("\n")).toHaveLength(1);
});

test("destinations are made, tested, switched off and deleted; deliveries are listed and sent again", async () => {
  await using receiver = await HttpReceiver.start();
  const secret = "https://hooks.slack.com/services/T/B/very-secret";
  const chat = ["destinations", "create", "chat", "--kind", "slack", "--set", "webhook_url=-", "--off"];
  const made = await runCommand(started.server, chat, { input: `${secret}\n` });
  expect(made.out).toMatch(/chat +slack +off/);
  expect(made.out + (await mesher("destinations", "list", "--json")).out).not.toContain("very-secret");
  const hook = await mesher("destinations", "create", "inside", "--kind", "webhook", "--set", `url=${receiver.url}/`);
  expect(hook.out).toMatch(/inside +webhook +on[^]*signed with whsec_/);
  const to = ["--set", "to=a@example.com", "--set", "to=b@example.com"];
  const { out: mail } = await mesher("destinations", "create", "mail", "--kind", "email", ...to, "--json");
  expect(JSON.parse(mail)).toMatchObject({ config: { to: ["a@example.com", "b@example.com"] } });

  expect(await mesher("destinations", "test", "inside")).toEqual({
    code: 1,
    out: expect.stringContaining("The message has not arrived at inside: 127.0.0.1 is no address of the internet"),
    errors: "",
  });
  const dead = ["deliveries", "list", "--status", "dead", "--destination", "inside", "--json"];
  const [delivery] = JSON.parse((await mesher(...dead)).out) as { id: string }[];
  const id = delivery?.id ?? "";
  expect((await mesher("deliveries", "resend", id)).out).toBe(`${id} is on its way again.\n`);

  expect((await mesher("destinations", "enable", "chat")).out).toBe("chat is on.\n");
  expect((await mesher("destinations", "disable", "chat")).out).toBe("chat is off.\n");
  expect(await mesher("destinations", "delete", "chat")).toMatchObject({ code: 2, out: "" });
  expect((await mesher("destinations", "delete", "chat", "--yes")).out).toBe("chat is deleted.\n");
  expect((await mesher("destinations", "list")).out).not.toContain("chat");
});

test.each([
  [["create", "x"], 2, /^--kind is missing, but must be one of email, webhook/],
  [["create", "x", "--kind", "fax"], 2, /^--kind is "fax"/],
  [["create", "x", "--kind", "slack", "--set", "webhook_url"], 2, /must be FIELD=VALUE/],
  [["create", "x", "--kind", "slack", "--set", "a=1", "--set", "a=2"], 2, /^The field a may be given only once/],
  [["create", "x", "--kind", "slack", "--set", "webhook_url=-"], 1, /^No webhook_url was given: it is the first line/],
  [["create", "x", "--kind", "slack"], 1, /^The server refuses: .*webhook_url/],
  [["test", "nowhere"], 1, /^There is no destination nowhere/],
] as const)("mesher destinations %j is answered with one sentence", async (args, code, sentence) => {
  const refused = await mesher("destinations", ...args);
  expect(refused).toMatchObject({ code, out: "", errors: expect.stringMatching(sentence) });
  expect(refused.errors.trim().split("\n")).toHaveLength(1);
});

test.each(["alert-rules create", "destinations create"])(
  "the help of mesher %s has examples that it understands",
  async (name) => {
    const { out } = await mesher(...name.split(" "), "--help");
    const examples = out.split("\n").filter((line) => line.startsWith("  mesher "));
    expect(examples.length).toBeGreaterThan(1);
    for (const example of examples) {
      const [, ...args] = [...example.replace(/ < .*/, "").matchAll(/"([^"]*)"|(\S+)/g)].map(
        ([, quoted, bare]) => quoted ?? bare ?? "",
      );
      const ran = await runCommand(started.server, args, { input: "https://example.com/\n" });
      expect([example, ran.errors]).toEqual([example, expect.stringMatching(/^$|^There is no destination ops\.\n$/)]);
    }
  },
);
