import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { ApiAlertRule, ApiDestination } from "@mesher/protocol";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { sendMessage } from "../src/send.ts";
import { waitUntil } from "../src/wait-until.ts";
import { CHROMIUM, startChromium } from "./chromium.ts";
import { expectAccessible } from "./expect-accessible.ts";
import { openPage } from "./open-page.ts";
import { startTestServer, type TestServer } from "./test-server.ts";

const OWNER = { email: "olga@example.com", password: "correct horse battery" };
const MEMBER = { email: "mia@example.com", password: "correct horse battery" };
const WIDE = { width: 1280, height: 800 };
const PHONE = { width: 390, height: 844 };

describe.runIf(CHROMIUM !== undefined)("alerts, in a browser", () => {
  let world: TestServer;
  let browser: Browser;
  let receiver: Server;
  const received: string[] = [];
  beforeAll(async () => {
    receiver = createServer((request, response) => {
      received.push(request.url ?? "");
      response.end("ok");
    }).listen(0, "127.0.0.1");
    await once(receiver, "listening");
    [world, browser] = await Promise.all([
      startTestServer({
        MESHER_ADMIN_EMAIL: OWNER.email,
        MESHER_ADMIN_PASSWORD: OWNER.password,
        MESHER_OUTBOUND_ALLOW: "127.0.0.0/8",
      }),
      startChromium(),
    ]);
    const { url, token } = world.server;
    const made = await fetch(`${url}/api/v1/users`, {
      method: "POST",
      headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
      body: JSON.stringify({ ...MEMBER, display_name: "Mia", role: "member" }),
    });
    if (made.status !== 201) throw new Error(`making a member was answered with ${made.status}`);
  });
  afterAll(async () => {
    await browser.close();
    await world[Symbol.asyncDispose]();
    receiver.close();
  });

  const open = (path: string, as = OWNER, viewport = WIDE) =>
    openPage(browser, world.server.url, { path, as, viewport });

  test("[UI-06] a destination is added and tested, and its outcome is shown", async () => {
    const { page, context, faults } = await open("/settings/destinations");
    await page.getByRole("button", { name: "Webhook", exact: true }).click();
    await page.getByLabel("Name").fill("Status page");
    await page.getByLabel("URL").fill(`http://127.0.0.1:${(receiver.address() as AddressInfo).port}/hook`);
    await page.getByRole("button", { name: "Add it" }).click();
    await page.getByText("It is shown only now.").waitFor();
    const row = page.getByRole("list", { name: "Destinations" }).getByRole("listitem");
    await row.getByRole("button", { name: "Test Status page" }).click();
    await row.getByRole("status").getByText("sent").waitFor();
    expect(received).toContain("/hook");
    await expectAccessible(page);

    await row.getByRole("link", { name: "Log" }).click();
    const deliveries = page.getByRole("list", { name: "Deliveries" });
    await deliveries.getByRole("link").first().click();
    await deliveries.getByRole("list", { name: "Attempts" }).getByText("200", { exact: true }).waitFor();
    await expectAccessible(page);
    const { data } = await world.server.get<{ data: readonly ApiDestination[] }>("/api/v1/orgs/default/destinations");
    expect(data).toMatchObject([{ name: "Status page", kind: "webhook", is_enabled: true }]);
    expect(faults).toEqual([]);
    await context.close();
  });

  test("[UI-06] with the keyboard alone a rule is made; it fires, is acknowledged, changed, switched off, and deleted", async () => {
    const { page, context, faults } = await open("/projects/default/alert-rules");
    await page.getByText("There is no rule yet.").waitFor();
    await page.getByRole("link", { name: "New rule" }).first().focus();
    await page.keyboard.press("Enter");
    await page.getByLabel("Name").waitFor();
    await page.keyboard.type("Something new");
    await page.keyboard.press("Tab");
    await page.keyboard.type("an issue is new");
    await page.getByRole("status").filter({ hasText: "It would" }).waitFor();
    await expectAccessible(page);
    await page.getByLabel("Name").focus();
    await page.keyboard.press("Enter");
    const rules = page.getByRole("list", { name: "Alert rules" });
    await rules.getByText("When an issue is new; at most once an hour for each issue.").waitFor();
    await expectAccessible(page);

    // What fires is told by the live feed, once.
    await page
      .getByRole("status")
      .filter({ hasText: /^Live$/ })
      .first()
      .waitFor();
    await sendMessage(world.server.dsn, "the first of its kind");
    await page.getByText(/Alert: Something new/).waitFor();
    await rules.getByRole("link", { name: "1 open" }).click();
    const alerts = page.getByRole("list", { name: "Alerts" });
    await alerts.getByRole("button", { name: "Acknowledge Something new" }).click();
    await alerts.getByText("acknowledged").waitFor();
    await expectAccessible(page);
    await alerts.getByRole("link", { name: "Something new" }).click();
    await page.getByRole("list", { name: "Timeline" }).getByText("Acknowledged").waitFor();
    await page.getByText("the first of its kind").first().waitFor();
    await expectAccessible(page);

    await page.getByRole("link", { name: "Rules" }).click();
    await rules.getByRole("switch", { name: "Something new is on" }).press("Space");
    await page.getByText("Something new is off").waitFor();
    await page.getByRole("button", { name: "Undo" }).click();
    await page.getByText("Something new is on", { exact: true }).waitFor();
    await rules.getByRole("link", { name: "Something new" }).click();
    await page.getByLabel("Condition").selectOption("threshold");
    await page.getByLabel("Threshold").fill("7");
    await page.getByLabel("Status page").check();
    await page.getByRole("button", { name: "Save" }).click();
    await rules.getByText("When there are more than 7 events in 5 minutes").waitFor();
    const [rule] = await world.server.get<ApiAlertRule[]>("/api/v1/projects/default/alert-rules");
    expect(rule).toMatchObject({ enabled: true, condition: { condition_type: "threshold", threshold: 7 } });
    expect(JSON.stringify(rule?.action)).toContain("destination");

    await rules.getByRole("link", { name: "Something new" }).click();
    const sent = received.length;
    await page.getByRole("button", { name: "Send a test alert" }).click();
    await page.getByText("A test alert is on its way").waitFor();
    await waitUntil("the test alert to reach the destination", async () => received.length > sent || undefined);
    await page.getByRole("button", { name: "Delete", exact: true }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Delete" }).click();
    await page.getByText("There is no rule yet.").waitFor();
    expect(faults).toEqual([]);
    await context.close();
  });

  test("a member sees rules and destinations, changes none, and on a phone nothing scrolls sideways", async () => {
    const { page, context, faults } = await open("/projects/default/alert-rules", MEMBER, PHONE);
    await page.getByText("Owners and admins of the organization create them.").waitFor();
    expect(await page.getByRole("link", { name: "New rule" }).count()).toBe(0);
    const sideways: string[] = [];
    for (const path of [
      "/projects/default/alerts",
      "/projects/default/alert-rules/new",
      "/settings/destinations",
      "/settings/deliveries",
      "/settings/notifications",
    ]) {
      await page.goto(world.server.url + path);
      await page.getByRole("heading", { level: 1 }).waitFor();
      await expectAccessible(page);
      if (Number(await page.evaluate("document.documentElement.scrollWidth - innerWidth")) > 0) sideways.push(path);
    }
    expect(sideways).toEqual([]);
    // What is chosen is shown before the server has answered.
    const answer = Promise.withResolvers<void>();
    await page.route("**/me/notification-preferences", async (route) => {
      if (route.request().method() === "PATCH") await answer.promise;
      await route.continue();
    });
    await page.getByRole("radio", { name: /Every day/ }).check();
    expect(await page.getByRole("radio", { name: /Every day/ }).isChecked()).toBe(true);
    answer.resolve();
    await page.getByText("Saved").waitFor();
    await page.goto(`${world.server.url}/settings/destinations`);
    await page.getByText("Status page").waitFor();
    expect(await page.getByRole("button", { name: "Test Status page" }).count()).toBe(0);
    expect(await page.getByRole("switch", { name: "Status page is on" }).isDisabled()).toBe(true);
    expect(faults).toEqual([]);
    await context.close();
  });

  test("a rule that somebody else has changed meanwhile is not written over, and is opened as it is", async () => {
    const { url, token } = world.server;
    const ask = async (method: string, path: string, body: object) => {
      const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
      const answer = await fetch(`${url}/api/v1/${path}`, { method, headers, body: JSON.stringify(body) });
      expect([path, answer.ok]).toEqual([path, true]);
      return (await answer.json()) as ApiAlertRule;
    };
    const condition = { condition_type: "threshold", threshold: 100, window_minutes: 5 } as const;
    const { id } = await ask("POST", "projects/default/alert-rules", { name: "Of two people", condition });
    const { page, context } = await openPage(browser, url, { as: OWNER, viewport: WIDE });
    await page.clock.install();
    await page.goto(`${url}/projects/default/alert-rules/${id}`);
    await page.getByLabel("Name").fill("Of one of them");
    await ask("PATCH", `alert-rules/${id}`, { condition: { ...condition, threshold: 7 } });
    await page.getByRole("button", { name: "Save" }).click();
    await page.getByRole("alert").getByText("Somebody has changed it meanwhile").waitFor();
    const saved = await world.server.get<ApiAlertRule>(`/api/v1/alert-rules/${id}`);
    expect(saved).toMatchObject({ name: "Of two people", condition: { threshold: 7 } });

    await page.getByRole("navigation", { name: "Alerts" }).getByRole("link", { name: "Rules" }).click();
    const link = page.getByRole("list", { name: "Alert rules" }).getByRole("link", { name: "Of two people" });
    await link.waitFor();
    await page.clock.fastForward("00:05");
    await link.click();
    const threshold = page.getByLabel("Threshold");
    await threshold.waitFor();
    expect(await threshold.inputValue()).toBe("7");
    await page.getByLabel("with tag").fill("browser Firefox");
    await page.getByRole("button", { name: "Save" }).click();
    await page.getByRole("alert").getByText("“browser Firefox” is no tag").waitFor();
    await context.close();
  });

  test("a rule that names a deleted destination says so, is saved as it is, and without it", async () => {
    const { url, token } = world.server;
    const post = async <T>(path: string, body: object): Promise<T> => {
      const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
      const answer = await fetch(`${url}/api/v1/${path}`, { method: "POST", headers, body: JSON.stringify(body) });
      expect([path, answer.ok]).toEqual([path, true]);
      return (await answer.json()) as T;
    };
    const config = { to: ["ops@example.com"] };
    const destination = await post<ApiDestination>("orgs/default/destinations", { kind: "email", name: "Old", config });
    const action = [{ type: "destination", destination_id: destination.id }];
    const condition = { condition_type: "new_issue" };
    const rule = await post<ApiAlertRule>("projects/default/alert-rules", { name: "Outlives", condition, action });
    await post(`orgs/default/destinations/${destination.id}/delete`, {});
    const saved = () => world.server.get<ApiAlertRule>(`/api/v1/alert-rules/${rule.id}`);

    const { page, context, faults } = await open(`/projects/default/alert-rules/${rule.id}`);
    await page.getByLabel("A destination that was deleted").waitFor();
    await expectAccessible(page);
    await page.getByLabel("Name").fill("Still outlives");
    await page.getByRole("button", { name: "Save" }).click();
    const link = page.getByRole("list", { name: "Alert rules" }).getByRole("link", { name: "Still outlives" });
    await link.click();
    expect(await saved()).toMatchObject({ name: "Still outlives", action });

    await page.getByLabel("A destination that was deleted").uncheck();
    await page.getByRole("button", { name: "Save" }).click();
    await link.waitFor();
    expect(await saved()).toMatchObject({ action: { type: "websocket" } });
    await post(`alert-rules/${rule.id}/delete`, {});
    expect(faults).toEqual([]);
    await context.close();
  });
});
