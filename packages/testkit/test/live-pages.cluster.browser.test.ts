import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type TestDatabase, testDatabase } from "../src/database.ts";
import { newEventId, sendEvent, sendMessage } from "../src/send.ts";
import { ServerCluster } from "../src/server-cluster.ts";
import type { ServerProcess } from "../src/server-process.ts";
import { CHROMIUM, startChromium } from "./chromium.ts";
import { expectAccessible } from "./expect-accessible.ts";
import { openPage } from "./open-page.ts";

/** As many rows as the page keeps. */
const FLOOD = 10_000;

const HOUR_MS = 3_600_000;
/** In which pages that have no feed ask several times. */
const AGAIN_MS = 30_000;

describe.runIf(CHROMIUM !== undefined)("two nodes, in a browser", () => {
  let database: TestDatabase;
  let cluster: ServerCluster;
  let browser: Browser;
  let seen: ServerProcess;
  let sent: ServerProcess;
  beforeAll(async () => {
    database = await testDatabase();
    [cluster, browser] = await Promise.all([ServerCluster.start(2, { databaseUrl: database.url }), startChromium()]);
    [seen, sent] = cluster.nodes as [ServerProcess, ServerProcess];
  });
  afterAll(async () => {
    await browser.close();
    await cluster[Symbol.asyncDispose]();
    await database[Symbol.asyncDispose]();
  });

  const report = (message: string) => sendMessage(sent.dsn, message);

  /** `prepare` runs in the page before any script of it, with `argument`. */
  async function open(path: string, prepare: (argument: number) => void = () => undefined, argument = 0) {
    const opened = await openPage(browser, seen.url, { token: seen.token });
    await opened.page.addInitScript(prepare, argument);
    await opened.page.goto(seen.url + path);
    return opened;
  }

  test("[UI-05] events that another node accepts come in live, wait while paused, and lead to their page", async () => {
    const { page, faults } = await open("/projects/default/live");
    await page
      .getByRole("status")
      .filter({ hasText: /^Live$/ })
      .first()
      .waitFor();
    await report("the first light");
    const rows = page.getByRole("region", { name: "Events" });
    await rows.getByRole("link", { name: "the first light" }).waitFor();
    await expectAccessible(page);

    await page.getByRole("button", { name: "Pause" }).click();
    await report("while nobody looks");
    await page.getByText("Paused, 1 waiting").waitFor();
    expect(await rows.getByText("while nobody looks").count()).toBe(0);
    await page.getByRole("button", { name: "Resume" }).click();
    await rows.getByRole("link", { name: "while nobody looks" }).waitFor();

    await page.getByLabel("Level").selectOption("warning");
    await page.getByText("Nothing that matches has happened.").waitFor();
    expect(new URL(page.url()).searchParams.get("level")).toBe("warning");
    await page
      .getByRole("status")
      .filter({ hasText: /^Live$/ })
      .first()
      .waitFor();
    await page.getByRole("link", { name: "Default" }).click();
    await page.getByRole("link", { name: "the first light" }).click();
    await page.getByRole("heading", { name: "the first light" }).waitFor();
    expect(faults).toEqual([]);
    await page.context().close();
  });

  test("[UI-05] 10,000 events that come in at once are all in the list, and few of them in the document; the keyboard walks through", async () => {
    const { page, faults } = await open("/projects/default/live?level=error", repeatEvents, FLOOD);
    await page.getByRole("status").filter({ hasText: "Connected" }).waitFor();
    await report("the flood");
    const list = page.getByRole("region", { name: "Events" });
    await page.getByText("the last 10,000 events").waitFor();
    await list.getByText("3 events left out here").waitFor();
    expect(await list.getByRole("listitem").count()).toBeLessThan(100);

    await list.focus();
    await page.keyboard.press("End");
    await page.getByRole("listitem").and(page.locator(`[aria-posinset="10000"]`)).waitFor();
    expect(await list.getByRole("listitem").count()).toBeLessThan(100);
    await page.keyboard.press("Home");
    await list.getByText("3 events left out here").waitFor();
    // It scrolls there smoothly.
    await page.waitForFunction(`document.querySelector("[role=region][aria-label=Events]").scrollTop === 0`);
    await page.keyboard.press("j");
    await page.keyboard.press("j");
    await page.locator("li[aria-posinset='3']:focus-within").waitFor();
    await page.keyboard.press("p");
    await page.getByText("Paused, 0 waiting").waitFor();
    expect(faults).toEqual([]);
    await page.context().close();
  });

  test("an issue that is new does not move the list under whoever points at it", async () => {
    await report("stands still");
    const { page, faults } = await open("/projects/default");
    const list = page.getByRole("list", { name: "Issues" });
    await list.getByRole("link", { name: "stands still" }).hover();
    await report("came in above");
    await page.getByRole("button", { name: "One new issue: show" }).waitFor();
    expect(await list.getByText("came in above").count()).toBe(0);
    await page.getByRole("button", { name: "One new issue: show" }).click();
    await list.getByRole("link", { name: "came in above" }).waitFor();
    expect(faults).toEqual([]);
    await page.context().close();
  });

  test("what is done to an issue on another node is seen in lists and on its page, and nothing is asked again and again", async () => {
    const happen = () =>
      sendEvent(sent.dsn, { event_id: newEventId(), message: "somebody else's", tags: { shelf: "left" } });
    await happen();
    const { page, faults } = await open("/projects/default");
    const row = page.getByRole("list", { name: "Issues" }).getByRole("link", { name: "somebody else's" });
    // In the middle of an hour: with a new one the list is read again, for its charts.
    await page.clock.install({ time: Math.floor(Date.now() / HOUR_MS) * HOUR_MS + HOUR_MS / 2 });
    await page.reload();
    await row.getByText("1 event", { exact: true }).waitFor();
    await page
      .getByRole("status")
      .filter({ hasText: /^Live$/ })
      .first()
      .waitFor();
    // What is read again when the feed begins.
    await page.waitForLoadState("networkidle");
    const asked: string[] = [];
    page.on("request", (request) => asked.push(request.url()));
    await happen();
    await row.getByText("2 events", { exact: true }).waitFor();
    await page.clock.fastForward(AGAIN_MS);
    await happen();
    await row.getByText("3 events", { exact: true }).waitFor();
    expect(asked).toEqual([]);

    const id = await row.getAttribute("data-issue");
    await row.click();
    const details = page.getByRole("complementary", { name: "Details" });
    const shelf = details.getByRole("list", { name: "shelf" });
    await shelf.getByTitle("3 events").waitFor();
    await page.getByText("3 in 14d").waitFor();
    await page
      .getByRole("status")
      .filter({ hasText: /^Live$/ })
      .first()
      .waitFor();
    // What was loaded before there was a feed asks until it has heard of something.
    await happen();
    await shelf.getByTitle("4 events").waitFor();
    await page.getByText("4 in 14d").waitFor();
    const named = (part: string) => asked.filter((url) => new URL(url).pathname.endsWith(part)).length;
    asked.length = 0;
    await page.clock.fastForward(AGAIN_MS);
    await happen();
    await shelf.getByTitle("5 events").waitFor();
    await page.getByText("5 in 14d").waitFor();
    // Once more if something happened while it was read.
    for (const part of ["/tags", "/volume"]) expect([1, 2]).toContain(named(part));

    await page.getByRole("navigation", { name: "Main" }).getByRole("link", { name: "Events" }).click();
    const events = page.getByRole("list", { name: "Events" }).getByRole("link", { name: "somebody else's" });
    await events.nth(4).waitFor();
    asked.length = 0;
    await page.clock.fastForward(AGAIN_MS);
    await happen();
    await events.nth(5).waitFor();
    expect([1, 2]).toContain(named("/events"));

    await page.getByRole("navigation", { name: "Main" }).getByRole("link", { name: "Dashboard" }).click();
    const counted = page.locator("dl > div").filter({ hasText: /^Events\d+$/ });
    const before = Number((await counted.innerText()).replace(/\D/g, ""));
    const counts = (more: number) => counted.filter({ hasText: new RegExp(`^Events${before + more}$`) }).waitFor();
    // What waits to be read is read now, and long ago when the next event comes.
    await page.clock.fastForward(AGAIN_MS / 2);
    await page.clock.fastForward(AGAIN_MS / 2);
    await happen();
    await counts(1);
    asked.length = 0;
    await page.clock.fastForward(AGAIN_MS);
    await happen();
    await counts(2);
    // Once more where a reading was on its way when the event before came.
    expect(named("/dashboard/volume")).toBeLessThanOrEqual(2);

    await page.goBack();
    await page.goBack();
    await page.goBack();
    await row.getByText("8 events", { exact: true }).waitFor();
    const tell = async (path: string, body: object) => {
      const response = await fetch(`${sent.url}/api/v1/issues/${id}/${path}`, {
        method: "POST",
        headers: { authorization: `Bearer ${sent.token}`, "content-type": "application/json" },
        body: JSON.stringify(body),
      });
      expect(response.status).toBe(200);
    };
    await tell("resolve", {});
    await row.waitFor({ state: "detached" });
    await page.goto(`${seen.url}/issues/${id}`);
    await page.getByRole("button", { name: "Unresolve" }).waitFor();
    await page
      .getByRole("status")
      .filter({ hasText: /^Live$/ })
      .first()
      .waitFor();
    await tell("archive", { mode: "for_ever" });
    await page.getByText("for ever", { exact: true }).waitFor();
    await page.getByRole("list", { name: "Activity" }).getByText("archived it").waitFor();
    expect(faults).toEqual([]);
    await page.context().close();
  });

  test("the cluster's page shows a node die", async () => {
    const { page, faults } = await open("/cluster");
    await page.getByText("2 of 2 nodes alive").waitFor();
    await page.getByRole("table").getByText("leads").waitFor();
    await sent.kill();
    await page.getByText("1 of 2 nodes alive").waitFor();
    await page.getByRole("table").getByText("dead").waitFor();
    await page.getByRole("log").getByText("mesher2 is dead").waitFor();
    await expectAccessible(page);
    await page.getByRole("img", { name: "mesher1 is alive, mesher2 is dead" }).waitFor();
    await page.goto(new URL("/jobs", seen.url).href);
    await page.getByRole("list", { name: "Jobs" }).getByText("Retention", { exact: true }).waitFor();
    expect(faults).toEqual([]);
    await page.context().close();
  });
});

/** In the page: what the feed tells of one event, it tells so many times, and that it then left something out. */
function repeatEvents(times: number): void {
  type Add = (this: WebSocket, type: string, listener: (event: Event) => void) => void;
  const { addEventListener } = WebSocket.prototype as { readonly addEventListener: Add };
  WebSocket.prototype.addEventListener = function (this: WebSocket, type: string, listener: (event: Event) => void) {
    addEventListener.call(this, type, (event) => {
      listener(event);
      if (!(event instanceof MessageEvent)) return;
      const message = JSON.parse(String(event.data)) as { type: string };
      if (message.type !== "event" || !this.url.includes("level=error")) return;
      const tell = (told: object) => listener(new MessageEvent("message", { data: JSON.stringify(told) }));
      for (let index = 0; index < times; index += 1) tell({ ...message, event_id: String(index).padStart(32, "0") });
      tell({ type: "dropped", count: 3 });
    });
  };
}
