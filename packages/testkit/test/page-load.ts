/** How a page comes about in a browser: when it shows something, when it can be used, whether it jumps, what it waits for. */
import type { Page, Route } from "playwright-core";
import { waitUntil } from "../src/wait-until.ts";

/** A page, and by what one sees that it is there: the first thing of it that can be used. */
export interface LoadedPage {
  readonly name: string;
  readonly path: string;
  /** A selector. */
  readonly ready: string;
}

export interface PageLoad {
  readonly firstPaintMs: number;
  /** Something that `ready` names lies on top, where it can be pressed, and the page has drawn since. */
  readonly interactiveMs: number;
  readonly largestPaintMs: number;
  /** Cumulative layout shift: 0 if nothing moved that was there already. */
  readonly layoutShift: number;
  /** What moved, for people. */
  readonly moved: readonly string[];
  /** What tasks took above 50 ms each. */
  readonly blockedMs: number;
  readonly transferredBytes: number;
  readonly requests: number;
}

/** For so many frames nothing has moved, and nothing more was asked for: the page rests. */
const REST_FRAMES = 20;

const REST_WITHIN_MS = 90_000;

/** Runs in the page from its beginning; a text, since nothing of this file is there. */
const OBSERVER = `(ready) => {
  const load = { interactiveMs: 0, largestPaintMs: 0, layoutShift: 0, moved: [], blockedMs: 0 };
  let restFrames = 0;
  const observe = (type, take) => new PerformanceObserver((list) => list.getEntries().forEach(take)).observe({ type, buffered: true });
  observe("largest-contentful-paint", ({ startTime }) => { load.largestPaintMs = startTime; });
  observe("longtask", ({ duration }) => { load.blockedMs += Math.max(0, duration - 50); });
  observe("layout-shift", ({ value, hadRecentInput, sources }) => {
    if (hadRecentInput) return;
    restFrames = 0;
    load.layoutShift += value;
    for (const { node } of sources) load.moved.push((node?.outerHTML ?? node?.nodeName ?? "gone").slice(0, 160));
  });
  const resources = () => performance.getEntriesByType("resource");
  const canBePressed = () => {
    const found = document.querySelector(ready);
    const { left, top, width, height } = found?.getBoundingClientRect() ?? {};
    return width > 0 && found.contains(document.elementFromPoint(left + width / 2, top + height / 2));
  };
  const read = () => ({
    ...load,
    firstPaintMs: performance.getEntriesByName("first-contentful-paint")[0].startTime,
    transferredBytes: [...performance.getEntriesByType("navigation"), ...resources()].reduce((sum, { transferSize }) => sum + transferSize, 0),
    requests: 1 + resources().length,
  });
  window.mesherLoad = new Promise((resolve, reject) => {
    let known = 0;
    setTimeout(() => reject(new Error("the page does not come to rest with " + ready)), ${REST_WITHIN_MS});
    const look = () => {
      if (load.interactiveMs === 0 && canBePressed()) load.interactiveMs = performance.now();
      restFrames = load.interactiveMs > 0 && resources().length === known ? restFrames + 1 : 0;
      known = resources().length;
      if (restFrames > ${REST_FRAMES}) resolve(read());
      else requestAnimationFrame(look);
    };
    requestAnimationFrame(look);
  });
}`;

/** Before the page is opened; `ready` as in `LoadedPage`. */
export async function watchLoad(page: Page, ready: string): Promise<void> {
  await page.addInitScript(`(${OBSERVER})(${JSON.stringify(ready)})`);
}

/** Waits until the page can be used and has come to rest. */
export function readLoad(page: Page): Promise<PageLoad> {
  return page.evaluate<PageLoad>("window.mesherLoad");
}

/** Turns that the page takes after an answer: enough to ask for all that it can ask for now, however busy the machine is. */
const TURNS = `(async () => {
  for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setTimeout(resolve, 5));
})()`;
const ROUNDS_MAX = 20;

/** A request of ours: what the page has asked for before it has come, when it comes. */
const TURN = "/mesher-test-turn";

/**
 * How often the page has to wait for answers, one after the other, until it can be used: the depth of its waterfall. Answers
 * are held until the page has asked for all it can, and then let go together.
 */
export async function countRounds(page: Page, { path, ready }: LoadedPage): Promise<readonly string[][]> {
  const held: Route[] = [];
  const rounds: string[][] = [];
  await page.route("**/*", (route) => void held.push(route));
  const navigation = page.goto(path, { waitUntil: "commit" });
  await waitUntil("the page to be asked for", async () => held.length > 0);
  for (let isReady = false; !isReady; ) {
    if (held.length === 0 || rounds.length > ROUNDS_MAX) throw new Error(`${path}: ${JSON.stringify(rounds)}`);
    const released = held.splice(0);
    rounds.push(released.map((route) => nameOf(route.request().url())));
    await Promise.all(released.map((route) => answer(page, route)));
    await navigation;
    await page.evaluate(TURNS);
    await page.evaluate(`void fetch("${TURN}").catch(() => undefined)`);
    const isOurs = (route: Route) => nameOf(route.request().url()) === TURN;
    const ours = await waitUntil("our own request", async () => held.find(isOurs));
    held.splice(held.indexOf(ours), 1);
    await ours.fulfill({ status: 204 });
    const isShown = () => page.locator(ready).first().isVisible();
    await waitUntil("more requests, or the page", async () => held.length > 0 || (await isShown()));
    isReady = await isShown();
  }
  await Promise.all(held.splice(0).map((route) => route.continue()));
  await page.unrouteAll({ behavior: "ignoreErrors" });
  return rounds;
}

async function answer(page: Page, route: Route): Promise<void> {
  const finished = page.waitForEvent("requestfinished", (request) => request === route.request());
  await route.continue();
  await finished;
}

function nameOf(url: string): string {
  const { pathname, search } = new URL(url);
  return pathname + search;
}
