import { existsSync, readdirSync, readFileSync } from "node:fs";
import { type ApiIssue, type ApiIssueDetail, type ApiPage, parseExactJson } from "@mesher/protocol";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { newEventId, sendEvent, sendMessage } from "../src/send.ts";
import type { ServerProcess } from "../src/server-process.ts";
import { waitUntil } from "../src/wait-until.ts";
import { apiClient } from "./api-client.ts";
import { CHROMIUM, startChromium } from "./chromium.ts";
import { expectAccessible } from "./expect-accessible.ts";
import { openPage } from "./open-page.ts";
import { countRounds, type LoadedPage, readLoad, watchLoad } from "./page-load.ts";
import { readEvent, startTestServer, type TestServer } from "./test-server.ts";

/** Real events of many platforms; not part of the repository (its README says where they are from). */
const SAMPLES = new URL("../../../../shared/data/events/", import.meta.url);

/** Events that one request may carry. */
const BULK_EVENTS_MAX = 100;

/** Run in the page: all that is folded is opened, then how far it is too wide, and what it says. */
const OPENED = `
  document.querySelectorAll("article details").forEach((each) => each.setAttribute("open", ""));
  ({ over: document.documentElement.scrollWidth - window.innerWidth, text: document.body.innerText })`;

/** Cumulative layout shift that nobody sees: a fraction of a pixel in a line of text. */
const LAYOUT_SHIFT_MAX = 0.001;

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
    await sendMessage(server.dsn, message, level);
    await findIssue(message);
  }

  function findIssue(title: string): Promise<ApiIssue> {
    return waitUntil(`the issue ${title}`, async () => {
      const { data } = await server.get<ApiPage<ApiIssue>>("/api/v1/projects/default/issues?limit=100");
      return data.find((issue) => issue.title === title);
    });
  }

  async function reportMany(count: number, name: string): Promise<void> {
    const key = new URL(server.dsn).username;
    const events = Array.from({ length: count }, (_, index) => ({
      message: `${name} ${index}`,
      fingerprint: [name, String(index)],
    }));
    for (let sent = 0; sent < count; sent += BULK_EVENTS_MAX) {
      const response = await fetch(`${server.url}/api/v1/events/bulk`, {
        method: "POST",
        headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
        body: JSON.stringify(events.slice(sent, sent + BULK_EVENTS_MAX)),
      });
      expect(response.status).toBe(202);
    }
    await waitUntil(`${count} issues`, async () => (await countIssues(name)) === count);
  }

  async function countIssues(query: string): Promise<number> {
    let count = 0;
    for (let cursor = ""; ; ) {
      const path = `/api/v1/projects/default/issues?limit=100&sort=first_seen&query=${encodeURIComponent(query)}${cursor}`;
      const page = await server.get<ApiPage<ApiIssue>>(path);
      count += page.data.length;
      if (!page.has_more) return count;
      cursor = `&cursor=${page.next_cursor}&cursor_id=${page.next_cursor_id}`;
    }
  }

  const signedIn = (path: string, width = 1280) =>
    openPage(browser, server.url, { path, as: OWNER, viewport: { width, height: 800 } });

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
    await page.getByRole("button", { name: "Undo" }).click();
    await row(page, "the coffee is cold").waitFor();
    await waitUntil("it to be back", async () => (await findIssue("the coffee is cold")).status === "unresolved");

    await toFirstIssue(page);
    await page.keyboard.press("a");
    await page.getByRole("option", { name: "(you)" }).waitFor();
    await page.keyboard.press("Enter");
    await waitUntil("somebody to have it", async () => (await findIssue("the coffee is cold")).assigned_to !== null);
    await row(page, "assigned to").waitFor();

    // Into the issue and back: nowhere is the focus lost, and what asks for something takes what is typed.
    const inFocus = page.locator(":focus");
    await row(page, "the coffee is cold").and(inFocus).waitFor();
    await page.keyboard.press("Enter");
    await page.locator("main:focus").waitFor();
    await page.getByRole("button", { name: "Archive" }).focus();
    await page.keyboard.press("Enter");
    for (let times = 0; times < 3; times += 1) await page.keyboard.press("ArrowUp");
    await page.keyboard.press("Enter");
    await page.getByRole("dialog", { name: "Archive for some days" }).waitFor();
    await page.keyboard.press("Escape");
    await page.getByRole("button", { name: "Archive" }).and(inFocus).waitFor();
    await page.keyboard.press("Enter");
    for (let times = 0; times < 3; times += 1) await page.keyboard.press("ArrowUp");
    await page.keyboard.press("Enter");
    // What is done next comes after it, however long its request takes.
    const held = Promise.withResolvers<void>();
    let answers = 0;
    page.on("response", (response) => {
      if (response.url().endsWith("/issues/bulk")) answers += 1;
    });
    await page.route("**/issues/bulk", (route) => held.promise.then(() => route.continue()), { times: 1 });
    await page.keyboard.type("3");
    await page.keyboard.press("Enter");
    await page.getByRole("button", { name: "Unarchive" }).and(inFocus).press("Enter");
    await page.getByRole("button", { name: "Archive" }).waitFor();
    held.resolve();
    await waitUntil("both to be done", async () => answers === 2);
    expect((await findIssue("the coffee is cold")).status).toBe("unresolved");
    await page.goBack();
    await row(page, "the coffee is cold").and(inFocus).waitFor();

    await page.keyboard.press("?");
    await page.getByRole("dialog", { name: "Keys" }).waitFor();
    await page.keyboard.press("Escape");
    await page.goBack();
    await row(page, "the printer is on fire").waitFor();
    await page.goto(`${server.url}/projects/default`);
    await row(page, "the coffee is cold").waitFor();
    await toFirstIssue(page);
    const [first, second] = await page.locator("[data-issue]").all();
    const [firstId, secondId] = [await first?.getAttribute("data-issue"), await second?.getAttribute("data-issue")];
    await page.keyboard.press("e");
    await page.locator(`[data-issue="${firstId}"]`).waitFor({ state: "detached" });
    await page.locator(`[data-issue="${secondId}"]:focus`).waitFor();
    expect(faults).toEqual([]);
    await page.context().close();
  });

  test("what is selected in the search box is typed over, and keys are what they are on every keyboard", async () => {
    const { page, faults } = await signedIn("/projects/default");
    const box = page.getByRole("combobox", { name: "Search issues" });
    await box.click();
    await page.keyboard.type("hello world");
    await page.keyboard.press("ControlOrMeta+a");
    await page.keyboard.type("bye");
    expect(await box.inputValue()).toBe("bye");
    await page.keyboard.press("Shift+ArrowLeft");
    await page.keyboard.press("Shift+ArrowLeft");
    await page.keyboard.type("ack");
    expect(await box.inputValue()).toBe("back");

    // As on a keyboard that writes Russian.
    await box.blur();
    await page.locator("body").dispatchEvent("keydown", { key: "л", code: "KeyK", ctrlKey: true });
    const palette = page.getByRole("combobox", { name: "Go to anything" });
    await palette.fill("jobs");
    await page.getByRole("option", { name: "Jobs" }).waitFor();
    // With it an input method takes a word.
    await palette.dispatchEvent("keydown", { key: "Enter", isComposing: true });
    expect(await palette.isVisible()).toBe(true);
    await palette.press("Enter");
    await page.getByRole("heading", { name: "Jobs" }).waitFor();
    expect(faults).toEqual([]);
    await page.context().close();
  });

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
  });

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
  });

  test("several issues are merged from the list into the one that is chosen, and parted again by the toast, and by the activity", async () => {
    const names = ["plum cake burnt", "plum jam burnt", "plum tart burnt"];
    for (const name of [...names, "plum jam burnt"]) await report(name);
    await waitUntil("two of one", async () => (await findIssue("plum jam burnt")).event_count === 2);
    const { page, faults } = await signedIn("/projects/default?query=plum");
    const merge = async () => {
      await row(page, "plum tart burnt").waitFor();
      await page.getByRole("checkbox", { name: "Select all issues shown" }).click();
      await page.getByText("3 selected").waitFor();
      await page.getByRole("button", { name: "Merge…" }).click();
      return page.getByRole("dialog", { name: "Merge 3 issues" });
    };
    const dialog = await merge();
    expect(await dialog.getByRole("radio", { name: "plum jam burnt" }).isChecked()).toBe(true);
    await expectAccessible(page);
    await dialog.getByRole("radio", { name: "plum cake burnt" }).check();
    const cake = await findIssue("plum cake burnt");
    await dialog.getByRole("button", { name: `Merge into ${cake.short_id}` }).click();
    await page.getByText(`2 issues are part of ${cake.short_id} now`).waitFor();
    expect((await findIssue("plum cake burnt")).event_count).toBe(4);
    await page.getByRole("button", { name: "Undo" }).click();
    await row(page, "plum jam burnt").waitFor();
    await waitUntil("them to be three", async () => (await countIssues("plum")) === 3);

    await (await merge()).getByRole("button", { name: "Merge into" }).click();
    await row(page, "plum cake burnt").waitFor({ state: "detached" });
    await row(page, "plum jam burnt").click();
    await page.getByRole("button", { name: "Undo the merge" }).click();
    await page.getByText("2 issues are issues again").waitFor();
    await waitUntil("them to be three", async () => (await countIssues("plum")) === 3);
    expect(faults).toEqual([]);
    await page.context().close();
  });

  test("whatever was done to an issue is undone by its toast, terms and all", async () => {
    await report("a window that does not close");
    const { page, faults } = await signedIn("/projects/default?query=window");
    const title = "a window that does not close";
    const issue = await findIssue(title);
    const api = apiClient(server);
    await api("POST", `issues/${issue.id}/archive`, { mode: "for_ever" });
    await page.goto(`${server.url}/issues/${issue.short_id}`);
    const undo = async (said: string) => {
      const toast = page
        .getByRole("status")
        .locator("div")
        .filter({ hasText: `${issue.short_id} ${said}` });
      await toast.getByRole("button", { name: "Undo" }).click();
      await page.getByText("Undone").first().waitFor();
      await page.getByRole("button", { name: "Dismiss" }).first().click();
      // The next one is not to be taken for undone by this word.
      await page.getByText("Undone").first().waitFor({ state: "hidden" });
    };
    const read = async () => (await api<ApiIssueDetail>("GET", `issues/${issue.id}`)).body;

    await page.getByRole("button", { name: "Unarchive" }).click();
    await undo("unresolved");
    expect(await read()).toMatchObject({ status: "archived", status_details: { mode: "for_ever" } });

    await page.getByRole("button", { name: "Priority" }).click();
    await page.getByRole("menuitem", { name: "high" }).click();
    await waitUntil("it to be set", async () => (await read()).is_priority_set);
    await undo("set to high");
    expect(await read()).toMatchObject({ is_priority_set: false });

    await page.getByRole("button", { name: "More actions" }).click();
    await page.getByRole("menuitem", { name: "Discard" }).click();
    await undo("discarded");
    expect(await read()).toMatchObject({ status: "archived", status_details: { mode: "for_ever" } });
    expect(faults).toEqual([]);
    await page.context().close();
  });

  test("[UI-03] a list is longer than its document, and all that match are changed at once and brought back", async () => {
    await reportMany(120, "herring");
    const { page, faults } = await signedIn("/projects/default?query=herring");
    await page.getByRole("listitem").first().waitFor();
    const rows = page.getByRole("list", { name: "Issues" }).getByRole("listitem");
    await rows.first().waitFor();
    expect(await rows.count()).toBeLessThan(60);
    await page.getByRole("checkbox", { name: "Select all issues shown" }).click();
    await page.getByRole("button", { name: "Select all that match" }).click();
    await page.getByText("All that match").waitFor();
    await page.getByRole("button", { name: "Archive" }).click();
    await page.getByRole("menuitem", { name: "For ever" }).click();
    await page.getByText("120 issues archived").waitFor();
    await page.getByRole("button", { name: "Undo" }).click();
    await waitUntil("them to be back", async () => (await countIssues("is:unresolved herring")) === 120);
    await rows.first().waitFor();

    await waitUntil("the end of the list", async () => {
      await page.mouse.wheel(0, 4_000);
      return (await page.locator("li[aria-posinset='120']").count()) > 0 || undefined;
    });
    const last = page.locator("li[aria-posinset='120'] a[data-issue]");
    await last.click();
    await page.getByRole("heading", { level: 1 }).waitFor();
    await page.goBack();
    await page.locator("li[aria-posinset='120']").waitFor();
    await page.locator("a[data-issue]:focus").waitFor();
    expect(faults).toEqual([]);
    await page.context().close();
  });

  test("[UI-03] a search is kept for everybody, renamed and deleted; one that is none says where", async () => {
    await report("kept for later", "warning");
    const { page, faults } = await signedIn("/projects/default?level=warning");
    await row(page, "kept for later").waitFor();
    await expectAccessible(page);
    const saved = page.getByRole("button", { name: "Saved searches" });
    await saved.click();
    await page.getByRole("menuitem", { name: "Save this search…" }).click();
    await page.getByLabel("Name").fill("Warnings");
    await page.getByLabel("Everybody").check();
    await page.getByRole("button", { name: "Save", exact: true }).click();
    await page.getByText("“Warnings” saved").waitFor();

    await page.goto(`${server.url}/projects/default`);
    await saved.click();
    await page.getByRole("menuitemradio", { name: "Warnings" }).click();
    await page.waitForURL(/query=/);
    expect(new URL(page.url()).searchParams.get("query")).toBe("is:unresolved level:warning");
    await row(page, "kept for later").waitFor();

    await saved.click();
    await page.getByRole("menuitem", { name: "Rename or delete…" }).click();
    const dialog = page.getByRole("dialog", { name: "Saved searches" });
    await dialog.getByLabel("Name of Warnings").fill("All warnings");
    await dialog.getByRole("button", { name: "Rename" }).click();
    await dialog.getByRole("button", { name: "Delete All warnings" }).click();
    await dialog.getByText("There is none left.").waitFor();
    await page.keyboard.press("Escape");

    const box = page.getByRole("combobox", { name: "Search issues" });
    await box.fill("level:[error");
    await box.press("Enter");
    await page.getByRole("alert").getByText("This is no search. Column").waitFor();
    expect(faults).toEqual([]);
    await page.context().close();
  });

  test("[UI-04] an event shows its stack with coloured source, breadcrumbs to be filtered, and contexts in words", async () => {
    const event_id = newEventId();
    await sendEvent(server.dsn, { ...CRASH, event_id });
    await readEvent(server, event_id);
    const { page, faults } = await signedIn("/projects/default?query=PaymentError");
    await toFirstIssue(page);
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { level: 1, name: "PaymentError" }).waitFor();
    expect(new URL(page.url()).pathname).toMatch(/^\/issues\/DEFAULT-\d+$/);
    await page.getByLabel("Source").locator("span[style*='--shiki-token-keyword']").first().waitFor();
    await page.getByRole("heading", { name: "Browser Firefox 140.0" }).waitFor();
    await page.getByText("Free memory").waitFor();
    await page.getByText("/cart → /pay").waitFor();
    await page.getByLabel("Kind of breadcrumb").selectOption("fetch");
    await page.getByText("/cart → /pay").waitFor({ state: "detached" });
    await page.getByText("POST https://shop.example/pay: 502").waitFor();
    await expectAccessible(page);

    await page.getByRole("link", { name: "Open", exact: true }).click();
    await page.getByRole("navigation", { name: "Events of this issue" }).waitFor();
    await page.getByText("Raw JSON", { exact: true }).click();
    await page.getByRole("button", { name: "As text" }).waitFor();
    await expectAccessible(page);
    expect(faults).toEqual([]);
    await page.context().close();
  });

  test("[UI-04] the newest event gets a way to its successor when there is one, and long numbers show all their digits", async () => {
    const [event_id, successor] = [newEventId(), newEventId()];
    const event = { message: "one after the other", extra: { account: parseExactJson("12345678901234567890") } };
    await sendEvent(server.dsn, { ...event, event_id });
    const { issue_id } = await readEvent(server, event_id);
    const { page, faults } = await signedIn(`/issues/${issue_id}/events/${event_id}`);
    await page.getByLabel("Newer event: none").waitFor();
    await page.getByText("Raw JSON", { exact: true }).click();
    await page.getByRole("button", { name: "As text" }).click();
    await page.getByLabel("Raw JSON", { exact: true }).getByText('"account": 12345678901234567890').waitFor();

    await sendEvent(server.dsn, { ...event, event_id: successor });
    await page.getByRole("link", { name: "Newer event" }).click();
    await page.waitForURL(`**/events/${successor}*`);
    expect(faults).toEqual([]);
    await page.context().close();
  });

  test("[UI-02] events are searched by what the issue's tags say, by the project, and page by page", async () => {
    for (let index = 0; index < 60; index++)
      await sendEvent(server.dsn, {
        event_id: newEventId(),
        message: "the same again",
        tags: { plan: index % 2 === 0 ? "free" : "pro" },
      });
    const issue = await waitUntil("60 events", async () => {
      const found = await findIssue("the same again");
      return found.event_count === 60 ? found : undefined;
    });
    const { page, faults } = await signedIn(`/issues/${issue.short_id}`);
    await page.getByRole("link", { name: "free 50 %" }).click();
    const events = page.getByRole("list", { name: "Events" }).getByRole("listitem");
    await waitUntil("30 of them", async () => (await events.count()) === 30);
    expect(new URL(page.url()).searchParams.get("query")).toBe("plan:free");
    await expectAccessible(page);

    await page.goto(`${server.url}/projects/default/events?query=%22the+same+again%22`);
    await waitUntil("a page", async () => (await events.count()) === 50);
    await page.getByRole("button", { name: "Older events" }).click();
    await waitUntil("all of them", async () => (await events.count()) === 60);
    await page.getByRole("combobox", { name: "Search events" }).fill("plan:pro");
    await page.keyboard.press("Enter");
    await waitUntil("30 of them", async () => (await events.count()) === 30);
    await page.goBack();
    await waitUntil("what was before", async () => (await events.count()) > 30);
    await events.first().getByRole("link").click();
    await page.getByRole("heading", { level: 1, name: "the same again" }).waitFor();
    expect(faults).toEqual([]);
    await page.context().close();
  });

  test("no page jumps while it loads, waits for more than it must, or asks for anything twice", async () => {
    const event_id = newEventId();
    await sendEvent(server.dsn, { ...CRASH, event_id, fingerprint: ["of a page that loads"] });
    const issue = `/issues/${(await readEvent(server, event_id)).issue_id}`;
    // In the first round comes the document, in the second the code and what `early.ts` asks for, in the third what an answer names.
    const pages: readonly (LoadedPage & { readonly rounds: number })[] = [
      { name: "issues", path: "/projects/default", ready: "a[data-issue]", rounds: 2 },
      { name: "issue", path: issue, ready: "[aria-label=Actions] button", rounds: 2 },
      {
        name: "event",
        path: `${issue}/events/${event_id}`,
        ready: "nav[aria-label='Events of this issue']",
        rounds: 2,
      },
      { name: "dashboard", path: "/projects/default/dashboard", ready: "[role=slider]", rounds: 3 },
      { name: "live", path: "/projects/default/live", ready: "select[name=level]", rounds: 2 },
    ];
    const { page: first, faults } = await signedIn("/");
    const found: object[] = [];
    for (const each of pages) {
      const path = `${server.url}${each.path}`;
      const page = await first.context().newPage();
      await watchLoad(page, each.ready);
      await page.goto(path, { waitUntil: "commit" });
      const { layoutShift, moved } = await readLoad(page);
      await page.close();
      const again = await first.context().newPage();
      const rounds = await countRounds(again, { ...each, path });
      await again.close();
      found.push({
        page: each.name,
        moved: layoutShift < LAYOUT_SHIFT_MAX ? [] : [layoutShift, ...moved],
        twice: rounds.flat().filter((asked, at, all) => all.indexOf(asked) !== at),
        tooLate: rounds.slice(each.rounds),
      });
    }
    expect(found).toEqual(pages.map(({ name }) => ({ page: name, moved: [], twice: [], tooLate: [] })));
    expect(faults).toEqual([]);
    await first.context().close();
  });

  test("new issues wait above a list that somebody points at, until they are asked for", async () => {
    await report("here from the start");
    const { page, faults } = await signedIn("/projects/default");
    await row(page, "here from the start").hover();
    await report("came meanwhile");
    await page.getByRole("button", { name: "One new issue: show" }).click();
    await row(page, "came meanwhile").waitFor();
    expect(faults).toEqual([]);
    await page.context().close();
  });

  test("a list in another order is in that order, wherever the pointer is while it loads", async () => {
    await reportMany(2, "ordered");
    await report("ordered often");
    for (let times = 0; times < 3; times += 1) await sendMessage(server.dsn, "ordered often", "error");
    await waitUntil("its events", async () => (await findIssue("ordered often")).event_count === 4);
    await report("ordered last");
    const { page, faults } = await signedIn("/projects/default?query=ordered");
    const first = page.getByRole("list", { name: "Issues" }).getByRole("listitem").first();
    await first.getByText("ordered last").waitFor();
    const answer = Promise.withResolvers<void>();
    await page.route("**/issues?*sort=events*", async (route) => {
      await answer.promise;
      await route.continue();
    });
    await page.getByLabel("Sort").selectOption("Most events");
    await first.hover();
    answer.resolve();
    await first.getByText("ordered often").waitFor();
    expect(faults).toEqual([]);
    await page.context().close();
  });

  test("a key that is held resolves one issue, not all that follow", async () => {
    await report("held down 1");
    await report("held down 2");
    const { page, faults } = await signedIn("/projects/default?query=held");
    await row(page, "held down 2").focus();
    await page.keyboard.down("e");
    await row(page, "held down 2").waitFor({ state: "detached" });
    await row(page, "held down 1").and(page.locator(":focus")).waitFor();
    // What a key sends that is held down.
    await page.keyboard.down("e");
    await page.keyboard.up("e");
    await waitUntil("it to be resolved", async () => (await findIssue("held down 2")).status === "resolved");
    expect(await row(page, "held down 1").count()).toBe(1);
    expect(faults).toEqual([]);
    await page.context().close();
  });

  test("no sample of a real event makes a page of 390 pixels scroll sideways, or shows what no person can read", async ({
    skip,
  }) => {
    skip(!existsSync(SAMPLES), `${SAMPLES.pathname} is absent`);
    const { page, faults } = await signedIn("/projects/default", 390);
    const samples = readdirSync(SAMPLES).map((file) => ({ file, event_id: newEventId() }));
    for (const { file, event_id } of samples) {
      const sample = JSON.parse(readFileSync(new URL(file, SAMPLES), "utf8")) as object;
      await sendEvent(server.dsn, { ...sample, event_id, timestamp: undefined });
    }
    for (const { file, event_id } of samples) {
      const { issue_id } = await readEvent(server, event_id);
      await page.goto(`${server.url}/issues/${issue_id}/events/${event_id}`);
      await page.getByText("Raw JSON", { exact: true }).waitFor();
      const { over, text } = await page.evaluate<{ over: number; text: string }>(OPENED);
      expect([file, Math.max(0, over)]).toEqual([file, 0]);
      expect([file, text.includes("[object Object]")]).toEqual([file, false]);
    }
    expect(faults).toEqual([]);
    await page.context().close();
  });
});

/** A crash as an SDK tells it, with all that people look for. */
const CRASH = {
  platform: "node",
  exception: {
    values: [
      {
        type: "PaymentError",
        value: "The bank has declined",
        stacktrace: {
          frames: [
            { function: "handle", filename: "node_modules/fastify/handler.js", lineno: 33, in_app: false },
            {
              function: "pay",
              filename: "src/bank.ts",
              lineno: 12,
              in_app: true,
              pre_context: ["async function pay(cents: number) {"],
              context_line: "  if (cents === 0) throw new PaymentError(`nothing to pay`);",
              post_context: ["}"],
            },
          ],
        },
      },
    ],
  },
  contexts: { browser: { name: "Firefox", version: "140.0" }, device: { free_memory: 34_359_738_368 } },
  breadcrumbs: {
    values: [
      { category: "ui.click", message: "button#pay" },
      { category: "fetch", data: { method: "POST", url: "https://shop.example/pay", status_code: 502 } },
      { category: "navigation", data: { from: "/cart", to: "/pay" } },
      ...["one", "two", "three"].map((message) => ({ category: "console", message, level: "warning" })),
    ],
  },
};

/** The list takes keys when the search box has let go of them and the rows of the new search are there. */
function toFirstIssue(page: Page): Promise<boolean> {
  return waitUntil("the first issue to have the focus", async () => {
    await page.keyboard.press("j");
    return (await page.locator("a[data-issue]:focus").count()) > 0 || undefined;
  });
}
