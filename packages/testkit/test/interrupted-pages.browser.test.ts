import type { ApiIssue, ApiPage, ApiProject } from "@mesher/protocol";
import type { WebSocketRoute } from "playwright-core";
import { describe, expect, test } from "vitest";
import { sendMessage } from "../src/send.ts";
import { waitUntil } from "../src/wait-until.ts";
import { apiClient } from "./api-client.ts";
import { browserWorld } from "./browser-world.ts";
import { CHROMIUM } from "./chromium.ts";
import { openPage } from "./open-page.ts";

const OWNER = { email: "olga@example.com", password: "correct horse battery" };
const PROJECTS = "**/api/v1/projects";
/** What the code of a page is called in an address. */
const JOBS_CODE = "**/assets/jobs-page*";

/** As browsers do when they are looked at again. */
const LOOK_AGAIN = `window.dispatchEvent(new Event("visibilitychange"))`;
/** As browsers do when the last network goes away. */
const GO_OFFLINE = `window.dispatchEvent(new Event("offline"))`;
const PAINTED = `new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)))`;

describe.runIf(CHROMIUM !== undefined)("what comes between a page and its server, in a browser", () => {
  const running = browserWorld(OWNER);

  const blank = () =>
    openPage(running.browser, running.world.server.url, { as: OWNER, viewport: { width: 1280, height: 800 } });

  async function report(title: string): Promise<void> {
    await sendMessage(running.world.server.dsn, title, "error");
    await waitUntil(`the issue ${title}`, async () => (await findIssue(title)) !== undefined);
  }

  async function findIssue(title: string): Promise<ApiIssue | undefined> {
    const { data } = await running.world.server.get<ApiPage<ApiIssue>>("/api/v1/projects/default/issues");
    return data.find((issue) => issue.title === title);
  }

  test("what was typed stays while the projects cannot be read anew", async () => {
    await report("still there");
    const { page, context } = await blank();
    await page.clock.install();
    await page.goto(`${running.world.server.url}/projects/default`);
    await page.getByRole("link", { name: "still there" }).waitFor();
    const box = page.getByRole("combobox", { name: "Search issues" });
    await box.fill("half a thought");
    let refusals = 0;
    await page.route(PROJECTS, async (route) => {
      await route.fulfill({ status: 503, json: { error: "not now", code: "unavailable" } });
      refusals += 1;
    });
    await page.clock.fastForward("02:00");
    await page.evaluate(LOOK_AGAIN);
    await waitUntil("it to be tried three times", () => Promise.resolve(refusals >= 3));
    await page.evaluate(PAINTED);
    expect(await page.getByText("could not be loaded").count()).toBe(0);
    expect(await box.inputValue()).toBe("half a thought");
    await context.close();
  });

  test("a browser without internet reads and changes what a server next door has", async () => {
    await report("no internet");
    const { page, context } = await blank();
    await page.goto(`${running.world.server.url}/projects/default`);
    const row = page.getByRole("link", { name: "no internet" });
    await row.waitFor();
    await page.evaluate(GO_OFFLINE);
    await row.focus();
    await page.keyboard.press("e");
    await waitUntil("it to be resolved", async () => (await findIssue("no internet"))?.status === "resolved");
    await page.getByRole("link", { name: "Cluster" }).click();
    await page.getByRole("heading", { name: "Cluster", exact: true }).waitFor();
    expect(await page.getByText("This node stands alone.").count()).toBe(1);
    await context.close();
  });

  test("addresses that name a project as it was called before lead to the same page of it", async () => {
    const api = apiClient(running.world.server);
    const { body: made } = await api<ApiProject>("POST", "projects", { name: "Shop" });
    await api("PATCH", `projects/${made.slug}`, { slug: "store" });
    const { page, context, faults } = await blank();
    await page.goto(`${running.world.server.url}/projects/${made.slug}?query=x`);
    await page.waitForURL(`${running.world.server.url}/projects/store?query=x`);
    await page.getByRole("heading", { name: "Shop" }).waitFor();
    await page.goto(`${running.world.server.url}/projects/${made.slug}/settings?tab=keys`);
    await page.waitForURL(`${running.world.server.url}/projects/store/settings?tab=keys`);
    await page.getByRole("button", { name: "Create key" }).waitFor();
    expect(faults).toEqual([]);
    await page.goto(`${running.world.server.url}/projects/nowhere`);
    await page.getByText("There is no project “nowhere”.").waitFor();
    await context.close();
  });

  test("a page whose code cannot be loaded says so, and is there once it can", async () => {
    const { page, context } = await blank();
    await page.goto(`${running.world.server.url}/settings/account`);
    await page.route(JOBS_CODE, (route) => route.abort());
    await page.getByRole("link", { name: "Jobs" }).click();
    await page.getByText("This page could not be loaded.").waitFor();
    await page.unroute(JOBS_CODE);
    await page.getByRole("button", { name: "Try again" }).click();
    await page.getByRole("heading", { name: "Jobs" }).waitFor();
    expect(await page.getByText("could not be loaded").count()).toBe(0);
    await context.close();
  });

  test("a connection that is cut on its way is noticed, and one that is only quiet is kept", async () => {
    const { page, context } = await blank();
    const live = page.getByRole("status", { name: "Live", exact: true });
    await page.clock.install();
    const opened: WebSocketRoute[] = [];
    const cut = new Set<WebSocketRoute>();
    let answers = 0;
    await page.routeWebSocket(/\/stream\/projects\//, (socket) => {
      opened.push(socket);
      const server = socket.connectToServer();
      socket.onMessage((message) => cut.has(socket) || server.send(message));
      server.onMessage((message) => {
        if (cut.has(socket)) return;
        if (String(message).includes("filters_updated")) answers += 1;
        socket.send(message);
      });
    });
    await page.goto(`${running.world.server.url}/projects/default`);
    await live.waitFor();
    await page.clock.fastForward(30_000);
    await waitUntil("it to answer", () => Promise.resolve(answers === 1));
    await page.clock.fastForward(10_000);
    await live.waitFor();
    expect(opened).toHaveLength(1);

    for (const socket of opened) cut.add(socket);
    await report("told to nobody");
    await page.clock.fastForward(30_000);
    await page.clock.fastForward(10_000);
    await page.clock.fastForward(2_000);
    await waitUntil("it to connect anew", () => Promise.resolve(opened.length === 2));
    await page.getByRole("link", { name: "told to nobody" }).waitFor();
    await live.waitFor();
    await context.close();
  });
});
