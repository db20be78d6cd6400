import { createHmac } from "node:crypto";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { ServerProcess } from "../src/server-process.ts";
import { CHROMIUM, startChromium } from "./chromium.ts";
import { expectAccessible } from "./expect-accessible.ts";
import { openPage } from "./open-page.ts";
import { TestPerson } from "./test-person.ts";
import { startTestServer, type TestServer } from "./test-server.ts";

const EMAIL = "olga@example.com";
const PASSWORD = "correct horse battery";

describe.runIf(CHROMIUM !== undefined)("signing in, in a browser", () => {
  let world: TestServer;
  let server: ServerProcess;
  let browser: Browser;
  beforeAll(async () => {
    [world, browser] = await Promise.all([startTestServer(), startChromium()]);
    server = world.server;
  });
  afterAll(async () => {
    await browser.close();
    await world[Symbol.asyncDispose]();
  });

  /** A browser of its own: no cookie, no token. */
  const visit = (path: string) => openPage(browser, server.url, { path });

  async function fillPassword(page: Page, password: string): Promise<void> {
    await page.getByLabel("Email").fill(EMAIL);
    await page.getByLabel("Password").fill(password);
    await page.getByRole("button", { name: "Sign in", exact: true }).click();
  }

  test("the set-up link makes an owner, who is in; signing out and in again leads to the same page", async () => {
    const setupLink = /Owner\s+(\S+)/.exec(server.output)?.[1] ?? "";
    const { page, faults } = await visit(new URL(setupLink).pathname + new URL(setupLink).hash);
    await page.getByRole("heading", { name: "Set up Mesher" }).waitFor();
    expect(page.url()).not.toContain("mshr_");
    await page.getByLabel("Email").fill(EMAIL);
    await page.getByLabel("Name").fill("Olga");
    await page.getByLabel("Password").fill(PASSWORD);
    await page.getByRole("button", { name: "Continue" }).click();
    await page.getByText("Waiting for the first event").waitFor();

    await page.getByRole("button", { name: "Account: Olga" }).click();
    await page.getByRole("menuitem", { name: "Sign out" }).click();
    await page.getByRole("heading", { name: "Sign in" }).waitFor();
    await fillPassword(page, "not the password");
    await page.getByRole("alert").filter({ hasText: "Invalid email or password." }).waitFor();
    expect(await page.getByLabel("Email").inputValue()).toBe(EMAIL);
    await fillPassword(page, PASSWORD);
    await page.getByText("Waiting for the first event").waitFor();
    expect(new URL(page.url()).pathname).toBe("/projects/default");
    expect(faults).toEqual([]);

    await page.goto(setupLink);
    await page.getByRole("heading", { name: "This link no longer works" }).waitFor();
    await page.context().close();
  });

  test("an invitation makes a member", async () => {
    const response = await fetch(`${server.url}/api/v1/orgs/default/invitations`, {
      method: "POST",
      headers: { authorization: `Bearer ${server.token}`, "content-type": "application/json" },
      body: JSON.stringify({ email: "mia@example.com", role: "member" }),
    });
    const link = new URL(((await response.json()) as { link: string }).link);
    const { page, faults } = await visit(link.pathname + link.hash);
    await page.getByText("You are invited as a member.").waitFor();
    expect(await page.getByLabel("Email").inputValue()).toBe("mia@example.com");
    await page.getByLabel("Name").fill("Mia");
    await page.getByLabel("Password").fill(PASSWORD);
    await page.getByRole("button", { name: "Continue" }).click();
    await page.getByRole("button", { name: "Account: Mia" }).waitFor();
    expect(faults).toEqual([]);
    await page.context().close();
  });

  test("a passkey is added to the account, signs in, and is removed", async () => {
    const { page, faults } = await visit("/");
    await plugInPasskeys(page);
    await page.goto(`${server.url}/settings/account`);
    await fillPassword(page, PASSWORD);
    await page.getByText("No passkey yet.").waitFor();
    await page.getByLabel("Name of the new passkey").fill("Key ring");
    await page.getByRole("button", { name: "Add a passkey" }).click();
    const passkeys = page.getByRole("list", { name: "Passkeys" });
    await passkeys.getByText("not used yet").waitFor();
    await page.getByRole("button", { name: "Rename Key ring" }).click();
    await page.getByLabel("New name of Key ring").fill("Laptop");
    await passkeys.getByRole("button", { name: "Save" }).click();
    await passkeys.getByText("Laptop").waitFor();
    await expectAccessible(page);

    const signOut = async () => {
      await page.getByRole("button", { name: "Account: Olga" }).click();
      await page.getByRole("menuitem", { name: "Sign out" }).click();
    };
    // A browser that does not fill passkeys in has the button alone.
    await page.evaluate("PublicKeyCredential.isConditionalMediationAvailable = async () => false");
    await signOut();
    await page.getByRole("button", { name: "Sign in with a passkey" }).waitFor();
    await expectAccessible(page);
    await page.getByRole("button", { name: "Sign in with a passkey" }).click();
    await passkeys.getByText("last used").waitFor();
    // One that does, with somebody who takes the first it offers.
    await page.reload();
    await passkeys.waitFor();
    const entered = page.waitForResponse((response) => response.url().endsWith("/passkey/verify-authentication"));
    await signOut();
    expect((await entered).status()).toBe(200);
    await passkeys.waitFor();

    await page.getByRole("button", { name: "Remove Laptop" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Remove" }).click();
    await page.getByText("No passkey yet.").waitFor();
    // Browsers have passkeys at names only.
    await page.goto(`${server.url.replace("localhost", "127.0.0.1")}/settings/account`);
    await fillPassword(page, PASSWORD);
    await page.getByText("Passkeys of this server work at localhost only, and you are at 127.0.0.1.").waitFor();
    expect(faults).toEqual([]);
    await page.context().close();
  });

  test("whoever has a second factor is asked for its code", async () => {
    const owner = new TestPerson(server.url);
    expect(await owner.signIn(EMAIL, PASSWORD)).toMatchObject({ status: 200 });
    const { body } = await owner.post<{ totpURI: string }>("/api/v1/auth/two-factor/enable", { password: PASSWORD });
    const secret = new URL(body.totpURI).searchParams.get("secret") ?? "";
    expect(await owner.post("/api/v1/auth/two-factor/verify-totp", { code: codeOf(secret) })).toMatchObject({
      status: 200,
    });

    const { page, faults } = await visit("/projects/default");
    await page.getByRole("heading", { name: "Sign in" }).waitFor();
    await fillPassword(page, PASSWORD);
    await page.getByRole("heading", { name: "Two-factor code" }).waitFor();
    await page.getByLabel("Six digits").fill(codeOf(secret));
    await page.getByRole("button", { name: "Continue" }).click();
    await page.getByText("Waiting for the first event").waitFor();
    expect(faults).toEqual([]);
    await page.context().close();
  });
});

/** A device that keeps passkeys, with its person at hand. */
async function plugInPasskeys(page: Page): Promise<void> {
  const devtools = await page.context().newCDPSession(page);
  await devtools.send("WebAuthn.enable");
  await devtools.send("WebAuthn.addVirtualAuthenticator", {
    options: {
      protocol: "ctap2",
      transport: "internal",
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
      automaticPresenceSimulation: true,
    },
  });
}

const BASE32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
const PERIOD_SECONDS = 30;

/** As an authenticator app computes it (RFC 6238). */
function codeOf(secret: string): string {
  const bits = Array.from(secret, (letter) => BASE32.indexOf(letter).toString(2).padStart(5, "0")).join("");
  const key = Buffer.from((bits.match(/.{8}/g) ?? []).map((byte) => Number.parseInt(byte, 2)));
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 1000 / PERIOD_SECONDS)));
  const hash = createHmac("sha1", key).update(counter).digest();
  const number = hash.readUInt32BE((hash.at(-1) ?? 0) & 15) & 0x7fffffff;
  return String(number % 1_000_000).padStart(6, "0");
}
