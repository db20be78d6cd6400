import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { CHROMIUM, startChromium } from "./chromium.ts";
import { freePort } from "./free-port.ts";
import { CLIENT, startIdentityProvider } from "./identity-provider.ts";
import { runNodeClient } from "./node-client.ts";
import { openPage } from "./open-page.ts";
import { PathProxy } from "./path-proxy.ts";
import { startTestServer, type TestServer } from "./test-server.ts";

const OWNER = { email: "olga@example.com", password: "correct horse battery" };
const PREFIX = "/tools/mesher";

describe.runIf(CHROMIUM !== undefined)("under a path of a host that others share", () => {
  const stack = new AsyncDisposableStack();
  let world: TestServer;
  let browser: Browser;
  let port: number;
  let serverPort: number;
  beforeAll(async () => {
    port = await freePort();
    serverPort = await freePort();
    const base = `http://127.0.0.1:${port}${PREFIX}`;
    const provider = stack.use(await startIdentityProvider(`${base}/api/v1/auth/callback/oidc`));
    const env = {
      MESHER_OIDC_ISSUER: provider.issuer,
      MESHER_OIDC_CLIENT_ID: CLIENT.id,
      MESHER_OIDC_CLIENT_SECRET: CLIENT.secret,
      MESHER_PUBLIC_URL: `${base}/`,
      MESHER_ADMIN_EMAIL: OWNER.email,
      MESHER_ADMIN_PASSWORD: OWNER.password,
      MESHER_HTTP_PORT: String(serverPort),
    };
    [world, browser] = await Promise.all([startTestServer(env), startChromium()]);
    stack.use(world);
    stack.defer(() => browser.close());
  });
  afterAll(() => stack.disposeAsync());

  test.each([
    { strips: true, name: "which the proxy takes off" },
    { strips: false, name: "which the proxy leaves on" },
  ])("$name: pages, sign-in, SDKs, live streams and links work", async ({ strips }) => {
    const target = new URL(`http://127.0.0.1:${serverPort}`);
    await using proxy = await PathProxy.inFrontOf(target, { prefix: PREFIX, strips, port });
    const base = `http://127.0.0.1:${proxy.port}${PREFIX}`;
    const { page, context, faults } = await openPage(browser, base, { path: "/projects/default/live" });
    await page.getByLabel("Email").fill(OWNER.email);
    await page.getByLabel("Password").fill(OWNER.password);
    await page.getByRole("button", { name: "Sign in", exact: true }).click();
    await page
      .getByRole("status")
      .filter({ hasText: /^Live$/ })
      .waitFor();
    expect(page.url()).toBe(`${base}/projects/default/live`);

    expect(world.server.dsn).toContain(`127.0.0.1:${port}${PREFIX}/1`);
    await runNodeClient(world.server.dsn, "@sentry/node", "exception with everything");
    await page.goto(`${base}/projects/default`);
    await page.getByRole("link", { name: "Order 1001 cannot be placed" }).click();
    await page.waitForURL(`${base}/issues/*`);
    await page.reload();
    await page.getByRole("heading", { name: "Order 1001 cannot be placed" }).waitFor();

    const invited = await page.request.post(`${base}/api/v1/orgs/default/invitations`, {
      data: { email: `mia-${strips}@example.com`, role: "member" },
      headers: { origin: new URL(base).origin },
    });
    const { link } = (await invited.json()) as { link: string };
    expect(link).toMatch(new RegExp(`^${base}/join#`));
    await page.goto(link);
    await page.getByText("You are invited as a member.").waitFor();

    const docs = await context.newPage();
    await docs.goto(`${base}/api/docs`);
    await docs.locator(".opblock-tag").first().waitFor();
    expect(faults).toEqual([]);
    await context.close();
  });

  test("single sign-on leads to the provider and back to the page, strangers to the reason", async () => {
    const target = new URL(`http://127.0.0.1:${serverPort}`);
    await using proxy = await PathProxy.inFrontOf(target, { prefix: PREFIX, strips: true, port });
    const base = `http://127.0.0.1:${proxy.port}${PREFIX}`;
    for (const login of [OWNER.email, "stranger@example.com"]) {
      const { page } = await openPage(browser, base, { path: "/settings/account" });
      await page.getByRole("button", { name: "Single sign-on" }).click();
      await page.locator("input[name=login]").fill(login);
      await page.locator("input[name=password]").fill("any");
      await page.getByRole("button", { name: "Sign-in" }).click();
      await page.getByRole("button", { name: "Continue" }).click();
      if (login === OWNER.email) {
        await page.getByRole("heading", { name: "Account" }).waitFor();
        expect(page.url()).toBe(`${base}/settings/account`);
      } else {
        await page.getByRole("heading", { name: "That did not work" }).waitFor();
        await page.getByText("Nobody with that address is invited.").waitFor();
        await page.getByRole("button", { name: "Back to signing in" }).click();
        await page.getByRole("heading", { name: "Sign in" }).waitFor();
      }
      await page.context().close();
    }
  });
});
