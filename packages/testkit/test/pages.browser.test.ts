import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { ServerProcess } from "../src/server-process.ts";
import { CHROMIUM, PAGE_WAIT_MS, startChromium } from "./chromium.ts";
import { expectAccessible } from "./expect-accessible.ts";
import { runNodeClient } from "./node-client.ts";
import { startTestServer, type TestServer } from "./test-server.ts";
import { watchFaults } from "./watch-faults.ts";

/** A folder for pictures of what the test sees; absent: none are taken. */
const PICTURES = process.env["MESHER_TEST_PICTURES"];

test("Chromium is here", ({ skip }) => {
  skip(CHROMIUM === undefined, "no Chromium is found on the search path");
  expect(CHROMIUM).toBeDefined();
});

describe.runIf(CHROMIUM !== undefined)("a person's way", () => {
  let testServer: TestServer;
  let server: ServerProcess;
  let browser: Browser;
  beforeAll(async () => {
    [testServer, browser] = await Promise.all([startTestServer(), startChromium()]);
    server = testServer.server;
  });
  afterAll(async () => {
    await browser.close();
    await testServer[Symbol.asyncDispose]();
  });

  test("from the link in the terminal to the line of source, without a reload", async () => {
    const page = await browser.newPage({ viewport: { width: 1440, height: 1000 } });
    page.setDefaultTimeout(PAGE_WAIT_MS);
    const faults = watchFaults(page);
    await page.goto(`${server.url}/#token=${server.token}`);
    await page.getByText(server.dsn).first().waitFor();
    expect(page.url()).not.toContain(server.token);
    await expectAccessible(page);
    await picture(page, "waiting");

    await runNodeClient(server.dsn, "@sentry/node", "exception with everything");
    await page.getByRole("link", { name: "Order 1001 cannot be placed" }).waitFor();
    await expectAccessible(page);
    await picture(page, "issues");

    await page.getByRole("link", { name: "Order 1001 cannot be placed" }).click();
    await page.getByRole("heading", { name: "Order 1001 cannot be placed" }).waitFor();
    await picture(page, "issue");

    await page.getByRole("link", { name: "Open", exact: true }).click();
    await page.waitForURL(/\/issues\/[^/]+\/events\/[0-9a-f]{32}/);
    for (const text of [
      `throw new TypeError("Order 1001 cannot be placed", { cause: error });`,
      "Card is declined",
      "Trying again",
      "payment.attempt",
      "shop@1.2.3",
    ]) {
      await page.getByText(text, { exact: true }).first().waitFor();
    }
    await picture(page, "event");
    expect(faults).toEqual([]);
    await page.close();
  });
});

async function picture(page: Page, name: string): Promise<void> {
  if (PICTURES === undefined) return;
  for (const colorScheme of ["light", "dark"] as const) {
    await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
    await page.screenshot({ path: join(PICTURES, `${name}-${colorScheme}.png`), fullPage: true });
  }
}
