import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import type { Browser, Page } from "playwright-core";
import { build } from "vite";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { endpointOf } from "../src/send.ts";
import type { ServerProcess } from "../src/server-process.ts";
import { waitUntil } from "../src/wait-until.ts";
import { CHROMIUM, PAGE_WAIT_MS, startChromium } from "./chromium.ts";
import {
  countOutcome,
  readEvent,
  readIssue,
  type StoredEvent,
  startTestServer,
  type TestServer,
} from "./test-server.ts";
import { watchFaults } from "./watch-faults.ts";

const CLIENT = fileURLToPath(new URL("./clients/browser-sdk.mjs", import.meta.url));

test("Chromium is here", ({ skip }) => {
  skip(CHROMIUM === undefined, "no Chromium is found on the search path");
  expect(CHROMIUM).toBeDefined();
});

describe.runIf(CHROMIUM !== undefined)("@sentry/browser on a page of another origin", () => {
  let testServer: TestServer;
  let server: ServerProcess;
  let browser: Browser;
  let shop: Shop;
  beforeAll(async () => {
    [testServer, browser, shop] = await Promise.all([startTestServer(), startChromium(), openShop()]);
    server = testServer.server;
  });
  afterAll(async () => {
    await browser.close();
    await shop[Symbol.asyncDispose]();
    await testServer[Symbol.asyncDispose]();
  });

  test("an error in a click handler arrives with stack trace, page, browser and the click", async () => {
    await using visit = await visitShop({ dsn: server.dsn });
    await visit.page.click("#throw");
    const { normalized: event, ...stored } = await readSent(visit.page);

    expect(event.exception?.values).toMatchObject([{ type: "TypeError", value: "Cart 12 has no items" }]);
    const [exception] = event.exception?.values ?? [];
    expect(exception?.mechanism?.handled).toBe(false);
    expect(
      exception?.stacktrace?.frames.slice(-3).map((frame) => [frame.function, frame.filename, frame.in_app]),
    ).toEqual(
      ["HTMLButtonElement.openCartOnClick", "openCart", "readCart"].map((name) => [
        name,
        `${shop.url}/client.js`,
        true,
      ]),
    );
    expect(event.breadcrumbs?.values.map(({ category, message }) => [category, message])).toEqual([
      ["ui.click", "body > button#throw"],
    ]);
    expect(event.request?.url).toBe(visit.page.url());
    expect(new Map(event.request?.headers).get("User-Agent")).toContain("Chrome/");
    expect(event.user).toMatchObject({ id: "7", username: "joe" });
    expect(event.tags).toEqual({ shop: "north" });
    expect(event.contexts?.["trace"]).toMatchObject({ trace_id: expect.stringMatching(/^[0-9a-f]{32}$/) });
    expect(event).toMatchObject({ platform: "javascript", release: "shop-front@4.5.6", environment: "production" });
    expect(stored).toMatchObject({ sdk_name: "sentry.javascript.browser", level: "error", cuts: [] });
    expect(await readIssue(server, stored.issue_id)).toMatchObject({ title: "TypeError: Cart 12 has no items" });
    expect(visit.faults).toEqual(["TypeError: Cart 12 has no items"]);
  });

  test("an unhandled rejection arrives", async () => {
    await using visit = await visitShop({ dsn: server.dsn });
    await visit.page.click("#reject");
    const { normalized: event } = await readSent(visit.page);
    expect(event.exception?.values).toMatchObject([{ type: "RangeError", value: "Card is declined" }]);
    expect(event.exception?.values[0]?.mechanism?.handled).toBe(false);
    expect(event.exception?.values[0]?.stacktrace?.frames.at(-1)?.function).toContain("payOnClick");
  });

  test("a message arrives with its level", async () => {
    await using visit = await visitShop({ dsn: server.dsn });
    await visit.page.click("#message");
    expect(await readSent(visit.page)).toMatchObject({ message: "Cart is slow", level: "warning" });
    expect(visit.faults).toEqual([]);
  });

  test("through a tunnel nothing but the envelope's header names the project", async () => {
    const { envelopeUrl } = endpointOf(server.dsn);
    await using visit = await visitShop({ dsn: server.dsn, tunnel: envelopeUrl });
    const posted = visit.page.waitForRequest((request) => request.method() === "POST");
    await visit.page.click("#message");
    expect((await posted).url()).toBe(envelopeUrl);
    expect(await readSent(visit.page)).toMatchObject({ message: "Cart is slow" });
    expect(visit.faults).toEqual([]);
  });

  test("the page may read why it was refused", async () => {
    await using visit = await visitShop({ dsn: server.dsn });
    const { storeUrl } = endpointOf(server.dsn);
    const error = await visit.page.evaluate(
      `fetch(${JSON.stringify(storeUrl)}, { method: "POST", body: "{}" }).then((response) => response.headers.get("x-sentry-error"))`,
    );
    expect(error).toBe("missing authorization information");
  });

  test("the SDK sees a rate limit and backs off", async () => {
    await using limited = await startTestServer({ MESHER_RATE_LIMIT_MAX_EVENTS: "1" });
    await using visit = await visitShop({ dsn: limited.server.dsn });
    const statuses: number[] = [];
    visit.page.on("response", (response) => {
      // There are sessions, too, which have no limit.
      const isEvent = response.request().postData()?.includes(`"type":"event"`);
      if (isEvent === true) statuses.push(response.status());
    });
    await visit.page.click("#three");
    await visit.page.waitForFunction(`document.title === "three sent"`);
    expect(statuses).toEqual([200, 429]);
    // Leaving the page is when the SDK tells what it dropped.
    await visit.page.goto("about:blank");
    await waitUntil(
      "the client report",
      async () => (await countOutcome(limited.server, "client_discarded", "ratelimit_backoff")) === 1,
    );
  });

  async function visitShop(parameters: Readonly<Record<string, string>>): Promise<Visit> {
    const page = await browser.newPage();
    page.setDefaultTimeout(PAGE_WAIT_MS);
    const faults = watchFaults(page);
    await page.goto(`${shop.url}/?${new URLSearchParams(parameters).toString()}`);
    await page.waitForFunction(`document.title === "ready"`);
    return { page, faults, [Symbol.asyncDispose]: () => page.close() };
  }

  /** The one event the page has sent, whose payload must be what the SDK has made. */
  async function readSent(page: Page): Promise<StoredEvent> {
    const sent = await waitUntil("the SDK to send", async () => {
      const events = await page.evaluate<{ event_id: string }[]>("window.sentEvents");
      return events.length > 0 && events;
    });
    expect(sent).toHaveLength(1);
    const stored = await readEvent(server, sent[0]?.event_id ?? "");
    expect(stored.payload).toEqual(sent[0]);
    return stored;
  }
});

interface Visit extends AsyncDisposable {
  readonly page: Page;
  /** Errors in the console, and such that nobody caught. */
  readonly faults: readonly string[];
}

/** Somebody else's web site. */
interface Shop extends AsyncDisposable {
  readonly url: string;
}

const SHOP_PAGE = `<!doctype html>
<html lang="en">
<head><title>loading</title><link rel="icon" href="data:,"></head>
<body>
  <button id="throw">Open cart</button>
  <button id="reject">Pay</button>
  <button id="message">Wait</button>
  <button id="three">Send three</button>
  <script type="module" src="/client.js"></script>
</body>
</html>`;

async function openShop(): Promise<Shop> {
  const script = await bundleClient();
  const web: Server = createServer((request, response) => {
    const isScript = request.url === "/client.js";
    response.setHeader("content-type", isScript ? "text/javascript" : "text/html; charset=utf-8");
    response.end(isScript ? script : SHOP_PAGE);
  }).listen(0, "127.0.0.1");
  await once(web, "listening");
  return {
    url: `http://127.0.0.1:${(web.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      web.closeAllConnections();
      web.close();
      await once(web, "close");
    },
  };
}

/** As an application's build would bundle it; with its names, since source maps are not the matter here. */
async function bundleClient(): Promise<string> {
  const result = await build({
    configFile: false,
    logLevel: "error",
    build: { write: false, minify: false, rolldownOptions: { input: CLIENT } },
  });
  const output = "output" in result ? result.output : [];
  const [chunk] = output;
  if (chunk?.type !== "chunk") throw new Error("the client's bundle is empty");
  return chunk.code;
}
