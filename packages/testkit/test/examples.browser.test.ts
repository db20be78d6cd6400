/** `examples/node-app` and `examples/browser-page`, run as their READMEs say. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { createServer } from "vite";
import { expect, test } from "vitest";
import { CHROMIUM, PAGE_WAIT_MS, startChromium } from "./chromium.ts";
import { readEvent, startTestServer } from "./test-server.ts";

const EXAMPLES = fileURLToPath(new URL("../../../examples", import.meta.url));

test("the examples report their errors, and say the ids by which they are found", async () => {
  await using testServer = await startTestServer();
  const { server } = testServer;

  await using shop = await openShop(server.dsn);
  expect(await (await fetch(`${shop.url}/?fruit=pears`)).text()).toBe("You get one of 3 pears.\n");
  const refused = await fetch(`${shop.url}/?fruit=coconuts`);
  expect(refused.status).toBe(500);
  const [eventId = ""] = /[0-9a-f]{32}/.exec(await refused.text()) ?? [];
  const { normalized: error } = await readEvent(server, eventId);
  expect(error).toMatchObject({ release: "node-app@1.0.0", tags: { route: "/" } });
  expect(error.exception?.values).toMatchObject([{ type: "TypeError", value: "Nobody sells coconuts" }]);
  expect(error.exception?.values[0]?.stacktrace?.frames.at(-1)?.function).toBe("orderOf");
  expect(error.breadcrumbs?.values.map(({ message }) => message)).toContain("Somebody wants coconuts");

  if (CHROMIUM === undefined) return;
  await using page = await openPage();
  const url = `${page.url}?dsn=${encodeURIComponent(server.dsn)}`;
  const browserEventId = await page.breakIt(url);
  const { normalized: browserError } = await readEvent(server, browserEventId);
  expect(browserError).toMatchObject({ release: "browser-page@1.0.0", platform: "javascript" });
  expect(browserError.exception?.values).toMatchObject([{ type: "TypeError" }]);
});

async function openShop(dsn: string) {
  const child = spawn(process.execPath, [`${EXAMPLES}/node-app/app.mjs`], {
    env: { PATH: process.env.PATH, PORT: "0", MESHER_DSN: dsn },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const [line] = (await once(createInterface(child.stdout), "line")) as [string];
  return {
    url: new URL(line.slice(line.indexOf("http"))).origin,
    [Symbol.asyncDispose]: async () => {
      const closed = once(child, "close");
      child.kill("SIGTERM");
      await closed;
    },
  };
}

async function openPage() {
  await using started = new AsyncDisposableStack();
  const vite = await createServer({
    root: `${EXAMPLES}/browser-page`,
    configFile: false,
    logLevel: "error",
    cacheDir: `${EXAMPLES}/../node_modules/.vite-examples`,
    server: { port: 0, host: "127.0.0.1" },
  });
  started.defer(() => vite.close());
  await vite.listen();
  const browser = await startChromium();
  started.defer(() => browser.close());
  const everything = started.move();
  return {
    url: vite.resolvedUrls?.local[0] ?? "",
    /** Gives the id of the event that the page has sent. */
    breakIt: async (url: string): Promise<string> => {
      const page = await browser.newPage();
      page.setDefaultTimeout(PAGE_WAIT_MS);
      await page.goto(url);
      await page.getByText("Reports to").waitFor();
      // Sessions are sent too, and have no id.
      const sending = page.waitForRequest((request) => /"type":"event"/.test(request.postData() ?? ""));
      await page.getByRole("button", { name: "Open the cart" }).click();
      const answer = (await (await (await sending).response())?.json()) as { id: string };
      return answer.id;
    },
    [Symbol.asyncDispose]: () => everything.disposeAsync(),
  };
}
