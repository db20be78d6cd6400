/**
 * Opens every page as people see it, wide and narrow, light and dark; takes pictures, and tells what is wrong with them.
 *
 *     npm run screens -- [folder] [--only issues,live] [--looks 390-dark] [--url http://localhost:8080 --token …]
 */
import { mkdir, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import type { ApiAlert, ApiAlertRule, ApiIssue, ApiPage } from "@mesher/protocol";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { CHROMIUM, startChromium } from "../packages/testkit/test/chromium.ts";
import { findBarriers } from "../packages/testkit/test/find-barriers.ts";
import { CHOSEN, PAGES, type ScreenPage, type Shown } from "./screens/pages.ts";
import { startWorld, type World } from "./screens/world.ts";

const HELP = `Takes a picture of every page, wide and narrow, light and dark, and tells what is wrong with them.

  npm run screens -- [folder] [--only NAMES] [--looks NAMES] [--nodes N] [--url URL --token TOKEN] [--whole]

  folder         Where the pictures go. Default: docs/screens, which gets the few that the documents show.
  --only NAMES   Of these pages, with commas between them. Default: all.
  --looks NAMES  As wide and in such light, for example 1440-light,390-dark. Default: all four.
  --nodes N      How many servers are started. Default: 3.
  --url URL      A server that runs already, instead of new ones with events of a fictional shop. Nothing is sent to it.
  --token TOKEN  Of that server.
  --whole        Pictures of the whole pages, not only of what is seen without scrolling.
  --serve        Starts the servers, says where they are, and takes no picture.

It needs a Chromium on the search path. The exit code is 1 if a page logs an error, asks for what is refused, scrolls sideways,
stands in the way of people with a disability as far as axe can tell, or has a picture for the documents that is larger than 150 KiB.
`;

const WIDTHS = [1440, 390] as const;
const HEIGHT = { 1440: 900, 390: 844 } as const;
const THEMES = ["light", "dark"] as const;
const READY_MS_MAX = 15_000;
/** What moves when a page appears has come to rest. */
const REST_MS = 450;
/** More than a screen shows of what happens while it is watched. */
const WATCHED_ROWS = 20;
const CHOSEN_HEIGHT = 720;
const CHOSEN_BYTES_MAX = 150 * 1024;

process.exitCode = await run();

async function run(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      only: { type: "string" },
      looks: { type: "string" },
      nodes: { type: "string", default: "3" },
      url: { type: "string" },
      token: { type: "string", default: "" },
      serve: { type: "boolean", default: false },
      whole: { type: "boolean", default: false },
      help: { type: "boolean", short: "h", default: false },
    },
  });
  if (values.help) {
    process.stdout.write(HELP);
    return 0;
  }
  if (CHROMIUM === undefined) {
    console.error("There is no Chromium on the search path.");
    return 1;
  }
  const only = values.only?.split(",");
  const pages = PAGES.filter(({ name }) => only === undefined || only.includes(name));
  const looks = values.looks?.split(",");
  const folder = resolve(positionals[0] ?? "docs/screens");
  await mkdir(folder, { recursive: true });

  await using started = new AsyncDisposableStack();
  const server: Pick<World, "url" | "token"> & Partial<World> =
    values.url === undefined
      ? started.use(await startWorld(Number(values.nodes)))
      : { url: values.url.replace(/\/$/, ""), token: values.token };
  if (values.serve) {
    console.log(`${server.url}/#token=${server.token}`);
    await new Promise<void>((end) => process.once("SIGINT", () => end()).once("SIGTERM", () => end()));
    return 0;
  }
  const browser = started.use(await startChromium());
  const shown = await findShown(server);
  const login = await signIn(browser, server);
  const faults: string[] = [];
  for (const width of WIDTHS) {
    for (const theme of THEMES) {
      if (looks?.includes(`${width}-${theme}`) === false) continue;
      for (const page of pages) {
        const name = `${page.name}-${width}-${theme}`;
        const keptAs = positionals[0] === undefined ? CHOSEN[name] : name;
        if (keptAs === undefined) continue;
        const path = join(folder, `${keptAs}.png`);
        const isChosen = name in CHOSEN;
        const found = await take({
          browser,
          server,
          login,
          page,
          shown,
          width,
          theme,
          path,
          isChosen,
          isWhole: values.whole,
        });
        faults.push(...found.map((fault) => `${name}: ${fault}`));
        console.log(
          found.length === 0 ? `ok    ${name}` : `FAULT ${name}\n${found.map((each) => `        ${each}`).join("\n")}`,
        );
      }
    }
  }
  console.log(faults.length === 0 ? "No fault." : `${faults.length} faults.`);
  return faults.length === 0 ? 0 : 1;
}

interface Shot {
  readonly browser: Browser;
  readonly server: Pick<World, "url"> & Partial<World>;
  readonly login: Login;
  readonly page: ScreenPage;
  readonly shown: Shown;
  readonly width: (typeof WIDTHS)[number];
  readonly theme: (typeof THEMES)[number];
  readonly path: string;
  /** For the documents: less high, so that it stays small. */
  readonly isChosen: boolean;
  readonly isWhole: boolean;
}

type Login = Awaited<ReturnType<BrowserContext["storageState"]>>;

/** Returns what is wrong. */
async function take(shot: Shot): Promise<string[]> {
  const { browser, server, login, width, theme } = shot;
  const context = await browser.newContext({
    ...(shot.page.isOpen !== true && { storageState: login }),
    viewport: { width, height: HEIGHT[width] },
    colorScheme: theme,
    reducedMotion: "reduce",
  });
  const faults: string[] = [];
  try {
    const page = await context.newPage();
    watch(page, faults, shot.page);
    await page.goto(server.url + shot.page.path(shot.shown));
    await rest(page, faults);
    if (shot.page.isWatched === true && server.happen !== undefined) await watchRows(page, server.happen, faults);
    const sideways = Number(await page.evaluate("document.documentElement.scrollWidth - innerWidth"));
    if (sideways > 0) faults.push(`scrolls sideways by ${sideways} px`);
    for (const { id, where } of await findBarriers(page)) faults.push(`${id}: ${where.join(" · ")}`);
    const picture = await page.screenshot(
      shot.isWhole || !shot.isChosen
        ? { fullPage: shot.isWhole }
        : { clip: { x: 0, y: 0, width, height: CHOSEN_HEIGHT } },
    );
    await writeFile(shot.path, picture);
    if (shot.isChosen && !shot.isWhole && picture.length > CHOSEN_BYTES_MAX) {
      faults.push(`is ${Math.ceil(picture.length / 1024)} KiB`);
    }
  } finally {
    await context.close();
  }
  return faults;
}

/** As a person if there is one, since a token has no account to show. */
async function signIn(browser: Browser, server: Pick<World, "url" | "token"> & Partial<World>): Promise<Login> {
  const { url, token, owner } = server;
  if (owner === undefined) {
    return { cookies: [], origins: [{ origin: url, localStorage: [{ name: "mesher-token", value: token }] }] };
  }
  const context = await browser.newContext();
  const answer = await context.request.post(`${url}/api/v1/auth/sign-in/email`, {
    data: owner,
    headers: { origin: url },
  });
  if (!answer.ok()) throw new Error(`signing in was answered with ${answer.status()}`);
  const login = await context.storageState();
  await context.close();
  return login;
}

function watch(page: Page, faults: string[], { isOpen }: ScreenPage): void {
  page.on("pageerror", (error) => faults.push(`error: ${error.message}`));
  page.on("console", (message) => {
    if (message.type() === "error" && !message.text().startsWith("Failed to load"))
      faults.push(`log: ${message.text()}`);
  });
  page.on("response", (response) => {
    // Whoever is not signed in is told so.
    if (response.status() >= 400 && !(isOpen === true && response.status() === 401)) {
      faults.push(`${response.status()} ${new URL(response.url()).pathname}`);
    }
  });
  page.on("requestfailed", (request) => {
    const reason = request.failure()?.errorText ?? "";
    if (reason !== "net::ERR_ABORTED") faults.push(`${reason} ${new URL(request.url()).pathname}`);
  });
}

/** Until nothing is a skeleton any more, and nothing moves. */
async function rest(page: Page, faults: string[]): Promise<void> {
  try {
    await page.locator("#root > *").first().waitFor({ timeout: READY_MS_MAX });
    await page.locator("[aria-hidden].pulses.bg-line").first().waitFor({ state: "detached", timeout: READY_MS_MAX });
  } catch {
    faults.push(`was still loading after ${READY_MS_MAX} ms`);
  }
  await page.waitForTimeout(REST_MS);
}

/** Of what came in, the last may still be on its way. */
async function watchRows(page: Page, happen: () => Promise<void>, faults: string[]): Promise<void> {
  await page.getByRole("status").filter({ hasText: "Connected" }).waitFor({ timeout: READY_MS_MAX });
  await happen();
  const rows = page.getByRole("region", { name: "Events" }).getByRole("listitem");
  try {
    await rows.nth(WATCHED_ROWS - 1).waitFor({ timeout: READY_MS_MAX });
  } catch {
    faults.push(`showed ${await rows.count()} of ${WATCHED_ROWS} events that happened`);
  }
  await page.waitForTimeout(REST_MS);
}

async function findShown({ url, token }: Pick<World, "url" | "token">): Promise<Shown> {
  const get = async <Answer>(path: string): Promise<Answer> => {
    const response = await fetch(url + path, { headers: { authorization: `Bearer ${token}` } });
    if (!response.ok) throw new Error(`GET ${path}: ${response.status}`);
    return (await response.json()) as Answer;
  };
  const project = "default";
  const { data } = await get<ApiPage<ApiIssue>>(`/api/v1/projects/${project}/issues?sort=events&limit=1`);
  const issue = data[0];
  if (issue === undefined) throw new Error("the project has no issue");
  const { data: events } = await get<ApiPage<{ readonly id: string }>>(`/api/v1/issues/${issue.id}/events?limit=1`);
  const [rule] = await get<readonly ApiAlertRule[]>(`/api/v1/projects/${project}/alert-rules`);
  const [alert] = await get<readonly ApiAlert[]>(`/api/v1/projects/${project}/alerts`);
  const [eventId = "", ruleId = "", alertId = ""] = [events[0]?.id, rule?.id, alert?.id];
  return { project, issueId: issue.id, eventId, ruleId, alertId };
}
