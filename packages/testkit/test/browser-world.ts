/** A server and a browser for all tests of a file. */
import type { Browser } from "playwright-core";
import { afterAll, beforeAll } from "vitest";
import { startChromium } from "./chromium.ts";
import { startTestServer, type TestServer } from "./test-server.ts";

interface BrowserWorld {
  readonly world: TestServer;
  readonly browser: Browser;
}

/** Both are there from the first test on, with an owner of the server, and end after the last. */
export function browserWorld(owner: { readonly email: string; readonly password: string }): BrowserWorld {
  let started: BrowserWorld | undefined;
  const running = () => {
    if (started === undefined) throw new Error("no test runs");
    return started;
  };
  beforeAll(async () => {
    const [world, browser] = await Promise.all([
      startTestServer({ MESHER_ADMIN_EMAIL: owner.email, MESHER_ADMIN_PASSWORD: owner.password }),
      startChromium(),
    ]);
    started = { world, browser };
  });
  afterAll(async () => {
    await started?.browser.close();
    await started?.world[Symbol.asyncDispose]();
  });
  return {
    get world() {
      return running().world;
    },
    get browser() {
      return running().browser;
    },
  };
}
