import type { ApiIssue, ApiPage } from "@mesher/protocol";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { ServerProcess } from "../src/server-process.ts";
import { waitUntil } from "../src/wait-until.ts";
import { CHROMIUM, startChromium } from "./chromium.ts";
import { startTestServer, type TestServer } from "./test-server.ts";
import { watchFaults } from "./watch-faults.ts";

const OWNER = { email: "olga@example.com", password: "correct horse battery" };

describe.runIf(CHROMIUM !== undefined)("triage, in a browser", () => {
  let world: TestServer;
  let server: ServerProcess;
  let browser: Browser;
  beforeAll(async () => {
    [world, browser] = await Promise.all([
      startTestServer({ MESHER_ADMIN_EMAIL: OWNER.email, MESHER_ADMIN_PASSWORD: OWNER.password }),
      startChromium(),
    ]);
    server = world.server;
  });
  afterAll(async () => {
    await browser.close();
    await world[Symbol.asyncDispose]();
  });

  async function report(message: string, level = "error"): Promise<void> {
    const key = /\/\/([^@]+)@/.exec(server.dsn)?.[1] ?? "";
    const response = await fetch(`${server.url}/api/v1/events`, {
      method: "POST",
      headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
      body: JSON.stringify({ message, level, fingerprint: [message] }),
    });
    expect(response.status).toBe(202);
    await findIssue(message);
  }

  function findIssue(title: string): Promise<ApiIssue> {
    return waitUntil(`the issue ${title}`, async () => {
      const { data } = await server.get<ApiPage<ApiIssue>>("/api/v1/projects/default/issues?limit=100");
      return data.find((issue) => issue.title === title);
    });
  }

  async function signedIn(path: string): Promise<{ page: Page; faults: readonly string[] }> {
    const context = await browser.newContext();
    await context.request.post(`${server.url}/api/v1/auth/sign-in/email`, {
      data: OWNER,
      headers: { origin: server.url },
    });
    const page = await context.newPage();
    page.setDefaultTimeout(20_000);
    const faults = watchFaults(page);
    await page.goto(new URL(path, server.url).href);
    return { page, faults };
  }

  const row = (page: Page, title: string) =>
    page.getByRole("list", { name: "Issues" }).getByRole("link", { name: title });

  test("by keys alone: search, pick, resolve, undo, assign", async () => {
    await report("the printer is on fire");
    await report("the coffee is cold", "warning");
    const { page, faults } = await signedIn("/projects/default");
    await row(page, "the coffee is cold").waitFor();

    await page.keyboard.press("/");
    await page.keyboard.type("lev");
    await page.getByRole("option", { name: "level:" }).waitFor();
    await page.keyboard.press("Tab");
    await page.keyboard.type("warn");
    await page.keyboard.press("Tab");
    await page.keyboard.press("Enter");
    await row(page, "the printer is on fire").waitFor({ state: "detached" });
    expect(new URL(page.url()).searchParams.get("query")).toBe("level:warning");
    await page.keyboard.press("Escape");
    await page.keyboard.press("Escape");

    await toFirstIssue(page);
    await page.keyboard.press("e");
    await row(page, "the coffee is cold").waitFor({ state: "detached" });
    await waitUntil("it to be resolved", async () => (await findIssue("the coffee is cold")).status === "resolved");
    await page.getByRole("button", { name: "Undo" }).click();
    await row(page, "the coffee is cold").waitFor();
    await waitUntil("it to be back", async () => (await findIssue("the coffee is cold")).status === "unresolved");

    await toFirstIssue(page);
    await page.keyboard.press("a");
    await page.getByRole("menuitemradio", { name: "(you)" }).waitFor();
    await page.keyboard.press("Enter");
    await waitUntil("somebody to have it", async () => (await findIssue("the coffee is cold")).assigned_to !== null);
    await row(page, "assigned to").waitFor();

    await page.keyboard.press("?");
    await page.getByRole("dialog", { name: "Keys" }).waitFor();
    await page.keyboard.press("Escape");
    await page.goBack();
    await row(page, "the printer is on fire").waitFor();
    expect(faults).toEqual([]);
    await page.context().close();
  }, 60_000);

  test("several at once: archived for some days, then deleted after a question", async () => {
    for (const name of ["one of three", "two of three", "three of three"]) await report(name);
    const { page, faults } = await signedIn("/projects/default?query=three");
    for (const name of ["one of three", "two of three"]) {
      const issue = await findIssue(name);
      await page.getByRole("checkbox", { name: `Select ${issue.short_id}` }).check();
    }
    await page.getByText("2 selected").waitFor();
    await page.getByRole("button", { name: "Archive" }).click();
    await page.getByRole("menuitem", { name: "For 7 days" }).click();
    await row(page, "two of three").waitFor({ state: "detached" });
    await row(page, "three of three").waitFor();
    await waitUntil("both to be archived", async () => (await findIssue("one of three")).status === "archived");

    await page.getByRole("link", { name: "Archived" }).click();
    await row(page, "one of three").waitFor();
    await page.getByRole("checkbox", { name: "Select all issues shown" }).check();
    await page.getByRole("button", { name: "More actions" }).click();
    await page.getByRole("menuitem", { name: "Delete…" }).click();
    await page.getByRole("dialog", { name: "Delete 2 issues?" }).getByRole("button", { name: "Delete" }).click();
    await waitUntil("both to be gone", async () => {
      const { data } = await server.get<ApiPage<ApiIssue>>("/api/v1/projects/default/issues?query=three");
      return data.length === 1;
    });
    expect(faults).toEqual([]);
    await page.context().close();
  }, 60_000);

  test("an issue is talked about, and merged with one that is like it", async () => {
    await report("Payment of order 1 was declined by the bank");
    await report("Payment of order 2 was declined by the bank!");
    const issue = await findIssue("Payment of order 1 was declined by the bank");
    const { page, faults } = await signedIn(`/issues/${issue.id}`);
    await page.getByLabel("Comment", { exact: true }).fill("Ask the bank.");
    await page.getByRole("button", { name: "Comment" }).click();
    await page.getByRole("list", { name: "Activity" }).getByText("Ask the bank.").waitFor();

    await page.getByRole("button", { name: /^Merge DEFAULT-\d+ into/ }).click();
    await page.getByRole("list", { name: "Merged issues" }).getByText("order 2").waitFor();
    await page.getByRole("button", { name: /^Take DEFAULT-\d+ out/ }).click();
    await page.getByRole("list", { name: "Merged issues" }).waitFor({ state: "detached" });
    expect(faults).toEqual([]);
    await page.context().close();
  }, 60_000);
});

/** The list takes keys when the search box has let go of them and the rows of the new search are there. */
function toFirstIssue(page: Page): Promise<boolean> {
  return waitUntil("the first issue to have the focus", async () => {
    await page.keyboard.press("j");
    return (await page.locator("a[data-issue]:focus").count()) > 0 || undefined;
  });
}
