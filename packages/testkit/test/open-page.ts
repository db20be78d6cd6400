import type { Browser, BrowserContext, BrowserContextOptions, Page } from "playwright-core";
import { PAGE_WAIT_MS } from "./chromium.ts";
import { isRefusal, watchFaults } from "./watch-faults.ts";

/** Who looks, and with what: besides, everything that a browser's context may be told. */
export interface Visitor extends BrowserContextOptions {
  /** Where to go at once; absent: the page stays blank, and the test prepares it. */
  readonly path?: string;
  /** Signs in first; absent: nobody is signed in. */
  readonly as?: { readonly email: string; readonly password: string };
  /** What the browser keeps instead of a login. */
  readonly token?: string;
}

export interface OpenPage {
  readonly page: Page;
  /** Of this page alone: it has no cookie of another. */
  readonly context: BrowserContext;
  /** What went wrong on the page until now; refusals are part of signing in. */
  readonly faults: readonly string[];
}

/** A page in a browser of its own. `url` is the server's: its paths begin there. */
export async function openPage(browser: Browser, url: string, visitor: Visitor = {}): Promise<OpenPage> {
  const { path, as, token, ...options } = visitor;
  const context = await browser.newContext(options);
  if (as !== undefined) {
    const answer = await context.request.post(`${url}/api/v1/auth/sign-in/email`, {
      data: as,
      headers: { origin: new URL(url).origin },
    });
    if (!answer.ok()) throw new Error(`signing in as ${as.email} was answered with ${answer.status()}`);
  }
  context.setDefaultTimeout(PAGE_WAIT_MS);
  const page = await context.newPage();
  const faults = watchFaults(page, isRefusal);
  if (token !== undefined) await page.addInitScript((kept) => localStorage.setItem("mesher-token", kept), token);
  if (path !== undefined) await page.goto(url + path);
  return { page, context, faults };
}
