import type { ApiIssue, ApiNewInvitation, ApiOrganization, ApiPage, ApiProjectDetail } from "@mesher/protocol";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { ServerProcess } from "../src/server-process.ts";
import { waitUntil } from "../src/wait-until.ts";
import { CHROMIUM, startChromium } from "./chromium.ts";
import { expectAccessible } from "./expect-accessible.ts";
import { runNodeClient } from "./node-client.ts";
import { openPage } from "./open-page.ts";
import { TestPerson } from "./test-person.ts";
import { startTestServer, type TestServer } from "./test-server.ts";

const PASSWORD = "correct horse battery";
const OWNER = { email: "olga@example.com", password: PASSWORD };
const MEMBER = { email: "mia@example.com", password: PASSWORD };
const WIDE = { width: 1440, height: 900 };
const NARROW = { width: 390, height: 844 };
const HOUR_MS = 3_600_000;

describe.runIf(CHROMIUM !== undefined)("finding one's way, in a browser", () => {
  let world: TestServer;
  let server: ServerProcess;
  let browser: Browser;
  let owner: TestPerson;
  let payments: ApiProjectDetail;
  beforeAll(async () => {
    [world, browser] = await Promise.all([
      startTestServer({ MESHER_ADMIN_EMAIL: OWNER.email, MESHER_ADMIN_PASSWORD: OWNER.password }),
      startChromium(),
    ]);
    server = world.server;
    owner = new TestPerson(server.url);
    await owner.signIn(OWNER.email, OWNER.password);
    const { body } = await owner.post<ApiNewInvitation>("/api/v1/orgs/default/invitations", {
      email: MEMBER.email,
      role: "member",
    });
    const token = new URL(body.link).hash.slice(1);
    await new TestPerson(server.url).post("/api/v1/invitations/accept", {
      token,
      ...MEMBER,
      display_name: "Mia",
    });
    ({ body: payments } = await owner.post<ApiProjectDetail>("/api/v1/projects", { name: "Payments" }));
    await runNodeClient(payments.dsn, "@sentry/node", "exception with everything");
  });
  afterAll(async () => {
    await browser.close();
    await world[Symbol.asyncDispose]();
  });

  const signedIn = (path: string, { as = OWNER, viewport = WIDE } = {}) =>
    openPage(browser, server.url, { path, as, viewport, reducedMotion: "reduce", timezoneId: "Europe/Vienna" });

  test("an owner makes a project, and its first event from a stock SDK is celebrated", async () => {
    const { page, faults } = await signedIn("/new-project");
    await page.getByText("Node.js", { exact: true }).click();
    await page.getByLabel("Name").fill("Web shop");
    await expectAccessible(page);
    await page.getByRole("button", { name: "Create project" }).click();
    await page.waitForURL("**/projects/web-shop");
    await page.getByText("npm install @sentry/node").waitFor();
    await expectAccessible(page);

    const dsn = (await page.getByText(/^http:\S+\/\d+$/).textContent()) ?? "";
    await runNodeClient(dsn, "@sentry/node", "exception with everything");
    await page.getByText("The first event is here.").waitFor();
    await expectAccessible(page);
    await page.getByRole("link", { name: "Look at it" }).click();
    await page.getByRole("heading", { name: "Order 1001 cannot be placed" }).waitFor();
    expect(faults).toEqual([]);
    await page.context().close();
  });

  test("a member sees no way to make one, and is refused", async () => {
    const { page, faults } = await signedIn("/", { as: MEMBER });
    await page.getByRole("heading", { name: "Overview" }).waitFor();
    expect(await page.getByRole("link", { name: "New project" }).count()).toBe(0);
    expect(await page.getByRole("link", { name: "Cluster" }).count()).toBe(0);
    await page.goto(`${server.url}/new-project`);
    await page.getByText("Only owners and admins create projects.").waitFor();
    expect(faults).toEqual([]);
    const mia = new TestPerson(server.url);
    await mia.signIn(MEMBER.email, MEMBER.password);
    expect(await mia.post("/api/v1/projects", { name: "Mine" })).toMatchObject({ status: 403 });
    await page.context().close();
  });

  test("[UI-01] [UI-08] the overview leads to a dashboard whose charts zoom and whose address holds it all", async () => {
    // One of this hour, whenever the other was sent.
    await runNodeClient(payments.dsn, "@sentry/node", "exception with everything");
    await addPast();
    const { page, faults } = await signedIn("/");
    const row = page.getByRole("list", { name: "Projects" }).getByRole("listitem").filter({ hasText: "Payments" });
    await row.getByRole("img", { name: /^\d+ events in the last 24 hours$/ }).waitFor();
    await expectAccessible(page);
    await row.getByRole("link", { name: "Payments", exact: true }).click();
    await page.waitForURL("**/projects/payments/dashboard");

    const chart = page.getByRole("slider", { name: "Events by level" });
    const table = page.getByRole("table", { name: "Events by level" });
    await table.getByRole("row").nth(24).waitFor();
    await page.getByRole("list", { name: "Top issues" }).getByText("Order 1001 cannot be placed").waitFor();
    await page.getByText("accepted =").waitFor();
    // The chart itself is drawn by code that is loaded after the page.
    await page.locator("figure svg path[fill='var(--color-mark)']").first().waitFor();
    await expectAccessible(page);

    await drag(page, 0.25, 0.5);
    await page.waitForURL(/from=.*&to=/);
    const zoomed = new URL(page.url()).searchParams;
    const hours = (Date.parse(zoomed.get("to") ?? "") - Date.parse(zoomed.get("from") ?? "")) / HOUR_MS;
    expect(hours).toBeGreaterThanOrEqual(6);
    expect(hours).toBeLessThanOrEqual(8);
    // Browsers let one type years that no server knows.
    await page.getByRole("button", { name: "Other…" }).click();
    const from = page.getByRole("dialog", { name: "From and to" }).getByLabel("From", { exact: true });
    await from.fill("20266-01-01T00:00");
    await page.getByRole("button", { name: "Show it" }).click();
    expect(await from.evaluate((input) => input.matches(":invalid"))).toBe(true);
    await page.keyboard.press("Escape");
    await waitUntil("the chart of those hours", async () => (await table.getByRole("row").count()) === hours + 1);

    await page.goBack();
    await waitUntil("the day again", async () => (await table.getByRole("row").count()) === 25);
    await chart.focus();
    await page.keyboard.press("End");
    await page.keyboard.press("Enter");
    await page.getByRole("list", { name: "Issues" }).getByText("Order 1001 cannot be placed").waitFor();
    expect(new URL(page.url()).searchParams.get("query")).toMatch(/^lastSeen:>=\S+ firstSeen:<\S+$/);

    await page.goBack();
    await page.getByRole("link", { name: "7d" }).click();
    await page.getByLabel("Time zone").selectOption("Asia/Tokyo");
    await page.getByLabel("Tag", { exact: true }).selectOption("release");
    await page.getByRole("list", { name: "Events by release" }).first().getByText("shop@1.2.3").waitFor();
    await page.waitForURL(/period=7d.*tag=release/);
    expect(new URL(page.url()).searchParams.get("tz")).toBe("Asia/Tokyo");
    await page.reload();
    await waitUntil("seven days of hours", async () => (await table.getByRole("row").count()) === 7 * 24 + 1);
    expect(faults).toEqual([]);
    await page.context().close();
  });

  test("by keys alone: the palette finds pages, projects, issues and actions", async () => {
    const { page, faults } = await signedIn("/projects/payments");
    await page.getByRole("list", { name: "Issues" }).getByText("Order 1001 cannot be placed").waitFor();
    const type = async (text: string) => {
      await page.keyboard.press("Control+k");
      await page.getByRole("combobox", { name: "Go to anything" }).waitFor();
      await page.keyboard.type(text);
    };

    await type("dash");
    await expectAccessible(page);
    await page.getByRole("option", { name: "Dashboard", selected: true }).waitFor();
    await page.keyboard.press("Enter");
    await page.waitForURL("**/projects/payments/dashboard");

    const { data } = await server.get<ApiPage<ApiIssue>>("/api/v1/projects/payments/issues");
    // Enter comes before the answer.
    await type(data[0]?.short_id.toLowerCase() ?? "");
    await page.keyboard.press("Enter");
    await page.waitForURL(`**/issues/${data[0]?.id}`);

    await type("theme dark");
    await page.keyboard.press("Enter");
    await waitUntil("the dark theme", async () => (await page.locator("html").getAttribute("data-theme")) === "dark");

    await page.keyboard.press("g");
    await page.keyboard.press("o");
    await page.getByRole("heading", { name: "Overview" }).waitFor();
    await page.getByRole("list", { name: "Projects" }).waitFor();
    await expectAccessible(page);
    await page.keyboard.press("?");
    await page.getByRole("dialog", { name: "Keys" }).getByText("go to anything, do anything").waitFor();
    await page.keyboard.press("Escape");
    expect(faults).toEqual([]);
    await page.context().close();
  });

  test("the palette opens again at once after it was used", async () => {
    const { page, faults } = await signedIn("/projects/payments");
    await page.getByRole("list", { name: "Issues" }).getByText("Order 1001 cannot be placed").waitFor();
    await page.keyboard.press("Control+k");
    const combobox = page.getByRole("combobox", { name: "Go to anything" });
    await combobox.fill("theme dark");
    await page.getByRole("option", { name: /dark/i, selected: true }).waitFor();
    // Both keys come before the browser has told that the first has closed it.
    await page.evaluate(`(async () => {
      const input = document.activeElement;
      const closed = new Promise((resolve) => input.closest("dialog").addEventListener("close", resolve));
      input.dispatchEvent(new KeyboardEvent("keydown", { key: "Enter", bubbles: true }));
      await Promise.resolve();
      document.dispatchEvent(new KeyboardEvent("keydown", { key: "k", ctrlKey: true, bubbles: true }));
      await closed;
    })()`);
    expect(await page.locator("html").getAttribute("data-theme")).toBe("dark");
    expect(await combobox.isVisible()).toBe(true);
    expect(await combobox.inputValue()).toBe("");
    expect(faults).toEqual([]);
    await page.context().close();
  });

  test("somebody of two organizations changes between them, and sees the projects of one only", async () => {
    const { body } = await owner.post<ApiOrganization>("/api/v1/orgs", { name: "Second firm" });
    expect(body.slug).toBe("second-firm");
    const { page, faults } = await signedIn("/", { viewport: NARROW });
    await page.getByRole("button", { name: "Menu" }).click();
    await page.getByRole("button", { name: "Organization: Default" }).click();
    await page.getByRole("menuitemradio", { name: "Second firm" }).click();
    await page.getByText("There is no project yet.").waitFor();
    await page.getByRole("button", { name: "Organization: Second firm" }).waitFor();
    expect(await page.getByText("Payments").count()).toBe(0);
    await expectAccessible(page);
    expect(faults).toEqual([]);
    await page.context().close();
  });

  test("what one tab makes of the login counts in all: the organization, signing out, and in again", async () => {
    await owner.post<ApiOrganization>("/api/v1/orgs", { name: "Third firm" });
    const { page, context } = await signedIn("/");
    const other = await context.newPage();
    await other.goto(`${server.url}/projects/payments/settings`);
    await other.getByRole("button", { name: "Save the names" }).waitFor();
    await page.getByRole("button", { name: "Organization: Default" }).click();
    await page.getByRole("menuitemradio", { name: "Third firm" }).click();
    await other.getByRole("button", { name: "Organization: Third firm" }).waitFor();
    expect(new URL(other.url()).pathname).toBe("/");
    expect(await other.getByText("Payments").count()).toBe(0);

    await page.getByRole("button", { name: /^Account:/ }).click();
    await page.getByRole("menuitem", { name: "Sign out" }).click();
    await other.getByLabel("Email").waitFor();
    await page.getByLabel("Email").fill(OWNER.email);
    await page.getByLabel("Password").fill(OWNER.password);
    await page.getByRole("button", { name: "Sign in", exact: true }).click();
    await other.getByRole("button", { name: /^Account:/ }).waitFor();
    await context.close();
  });

  /** From a share of the chart's width to another. */
  async function drag(page: Page, from: number, to: number): Promise<void> {
    const box = await page.getByRole("slider", { name: "Events by level" }).boundingBox();
    if (box === null) throw new Error("the chart is not shown");
    await page.mouse.move(box.x + box.width * from, box.y + box.height / 2);
    await page.mouse.down();
    await page.mouse.move(box.x + box.width * to, box.y + box.height / 2, { steps: 4 });
    await page.mouse.up();
  }

  /** What was counted in the days before. */
  async function addPast(): Promise<void> {
    await world.database.query({
      text: `insert into event_counts
        select id, date_trunc('hour', now()) - make_interval(hours => h), 'warning', h % 7
        from projects, generate_series(1, 100) h where slug = 'payments'`,
    });
  }
});
