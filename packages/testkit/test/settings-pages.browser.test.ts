import type { ApiProjectSettings } from "@mesher/protocol";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { CHROMIUM, startChromium } from "./chromium.ts";
import { startTestServer, type TestServer } from "./test-server.ts";
import { watchFaults } from "./watch-faults.ts";

const OWNER = { email: "olga@example.com", password: "correct horse battery" };

describe.runIf(CHROMIUM !== undefined)("settings, in a browser", () => {
  let world: TestServer;
  let browser: Browser;
  beforeAll(async () => {
    [world, browser] = await Promise.all([
      startTestServer({ MESHER_ADMIN_EMAIL: OWNER.email, MESHER_ADMIN_PASSWORD: OWNER.password }),
      startChromium(),
    ]);
  });
  afterAll(async () => {
    await browser.close();
    await world[Symbol.asyncDispose]();
  });

  test("[UI-07] an owner invites, makes a token and a key, changes a project, and finds it in the log", async () => {
    const { server } = world;
    const context = await browser.newContext();
    await context.request.post(`${server.url}/api/v1/auth/sign-in/email`, {
      data: OWNER,
      headers: { origin: server.url },
    });
    const page = await context.newPage();
    page.setDefaultTimeout(20_000);
    const faults = watchFaults(page);

    await page.goto(`${server.url}/settings/members`);
    await page.getByLabel("Email").fill("mia@example.com");
    await page.getByRole("button", { name: "Invite" }).click();
    await page.getByText(/\/join#mshr_[0-9a-f]{48}/).waitFor();
    await page.getByRole("list", { name: "Invitations" }).getByText("mia@example.com").waitFor();

    await page.goto(`${server.url}/settings/tokens`);
    await page.getByLabel("What it is for").fill("build");
    await page.getByRole("button", { name: "Make a token" }).click();
    const token = await page.getByText(/^mshr_[0-9a-f]+$/).textContent();
    const answer = await fetch(`${server.url}/api/v1/projects`, { headers: { authorization: `Bearer ${token}` } });
    expect(answer.status).toBe(200);

    await page.goto(`${server.url}/projects/default/settings`);
    await page.getByLabel("New key").fill("backend");
    await page.getByRole("button", { name: "Make it" }).click();
    await page.getByRole("button", { name: "Copy the DSN of backend" }).waitFor();
    await page.getByRole("button", { name: "Show what would be stored" }).click();
    await page.getByText("extra.password").waitFor();
    await page.getByLabel("Days an event is kept").fill("45");
    await page.getByLabel("Web crawlers").check();
    await page.getByRole("button", { name: "Save" }).click();
    await page.getByText("Saved;").waitFor();
    const settings = await server.get<ApiProjectSettings>("/api/v1/projects/default/settings");
    expect(settings).toMatchObject({ retention_days: 45, filters: { web_crawlers: true } });

    await page.goto(`${server.url}/settings/audit`);
    await page.getByRole("list", { name: "Audit log" }).getByText(OWNER.email).first().waitFor();
    await page.goto(`${server.url}/settings/account`);
    await page.getByRole("list", { name: "Logins" }).getByText("This browser").waitFor();
    expect(faults).toEqual([]);
    await context.close();
  }, 60_000);
});
