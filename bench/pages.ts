/**
 * How soon the pages can be used, in a browser, with 100,000 issues.
 *
 *     npm run bench:pages -- [--issues 100000] [--rounds 7] [--only LIST] [--json FILE]
 */
import { join } from "node:path";
import { parseArgs } from "node:util";
import type { ApiEventSummary, ApiIssue, ApiPage, ApiProject } from "@mesher/protocol";
import { type Database, openDatabase } from "@mesher/server/testing";
import { createDataDir, newEventId, ServerProcess, sendEvent, waitUntil } from "@mesher/testkit";
import type { Browser } from "playwright-core";
import { socketUrl } from "../packages/server/src/db/embedded/socket-dir.ts";
import { urgencySql } from "../packages/server/src/issues/priority-sql.ts";
import { startChromium } from "../packages/testkit/test/chromium.ts";
import {
  countRounds,
  type LoadedPage,
  type PageLoad,
  readLoad,
  watchLoad,
} from "../packages/testkit/test/page-load.ts";
import {
  type Machine,
  quantile,
  readNumber,
  runBenchmark,
  thisMachine,
  told,
  whole,
  writeReport,
} from "./benchmark.ts";
import { sampleEvent } from "./sample-events.ts";

const HELP = `How soon the pages can be used, in Chromium on this machine, with many issues.

  npm run bench:pages -- [OPTIONS]

  --issues N    In the project. Default: 100000.
  --rounds N    Each page is opened so often, cold and warm; medians are told. Default: 7.
  --only LIST   Some of issues, issue, event, dashboard, live. Default: all.
  --json FILE   Default: bench/results/pages.json.
`;

/** Issues that have events, too, on top of the list; the rest is rows. */
const REAL_ISSUES = 60;
const HOURS = 48;
const OWNER = { email: "owner@example.com", password: "correct horse battery" };
const VIEWPORT = { width: 1440, height: 900 };
const INTERACTIVE_MS_GOAL = 1_000;

/** `cold`: nothing is in the browser's cache. */
const TEMPERATURES = ["cold", "warm"] as const;
type Temperature = (typeof TEMPERATURES)[number];

interface Load extends PageLoad {
  /** Processor time of the page's main thread until it rests: what is left of a load when nobody else uses the machine. */
  readonly processorMs: number;
}

type MedianLoad = Omit<Load, "moved">;

interface Figures extends Record<Temperature, MedianLoad> {
  /** The slowest of the cold ones. */
  readonly slowestMs: number;
  /** Requests that wait for each other. */
  readonly depth: number;
  readonly moved: readonly string[];
}

interface Report extends Machine {
  readonly issues: number;
  readonly rounds: number;
  readonly figures: Record<string, Figures>;
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      issues: { type: "string", default: "100000" },
      rounds: { type: "string", default: "7" },
      only: { type: "string" },
      json: { type: "string", default: "bench/results/pages.json" },
      help: { type: "boolean", short: "h", default: false },
    },
  });
  if (values.help) {
    process.stdout.write(HELP);
    return;
  }
  const issues = readNumber("--issues", values.issues);
  const rounds = readNumber("--rounds", values.rounds);
  await using dataDir = await createDataDir("mesher-bench-");
  await using server = await ServerProcess.start({
    dataDir: dataDir.path,
    env: { MESHER_LOG_LEVEL: "warn", MESHER_ADMIN_EMAIL: OWNER.email, MESHER_ADMIN_PASSWORD: OWNER.password },
  });
  await told(`${whole(issues)} issues`, async () => {
    await using database = openDatabase({
      url: socketUrl(join(dataDir.path, "postgres", "socket")),
      applicationName: "bench",
      statementTimeoutMs: 300_000,
      log: () => undefined,
    });
    await insertIssues(database, server, issues);
    await reportEvents(server);
    await database.query({ text: "vacuum analyze" });
  });
  const pages = (await listPages(server)).filter(({ name }) => values.only?.split(",").includes(name) ?? true);
  const browser = await startChromium();
  try {
    const login = await signIn(browser, server);
    const figures: Record<string, Figures> = {};
    for (const page of pages) figures[page.name] = await told(page.name, () => measure(browser, login, page, rounds));
    print(figures);
    writeReport(values.json, { ...thisMachine(), issues, rounds, figures } satisfies Report);
  } finally {
    await browser.close();
  }
}

/** Rows as storing makes them, of events that are not kept any more. */
async function insertIssues(database: Database, server: ServerProcess, count: number): Promise<void> {
  const [project] = await server.get<ApiProject[]>("/api/v1/projects");
  await database.query({
    text: `
      with made as (
        insert into issues (project_id, id, title, culprit, level, platform, status, grouping)
        select $1, gen_random_uuid(), format('%sError: %s %s cannot be %s', (array['Type', 'Range', 'Payment', 'Io'])[1 + n % 4],
            (array['order', 'cart', 'invoice', 'session', 'upload'])[1 + n % 5], n, (array['read', 'placed', 'charged'])[1 + n % 3]),
          format('handler%s (src/routes/%s.ts)', n % 97, n % 31), (array['error', 'error', 'warning', 'fatal', 'info'])[1 + n % 5],
          'node', case when n % 10 = 0 then 'resolved' else 'unresolved' end, '{}'
        from generate_series(1, $2::int) n
        returning project_id, id, level
      ), counted as (
        insert into issue_counters (project_id, issue_id, urgency, event_count, user_count, first_seen, last_seen)
        select project_id, id, ${urgencySql("null", "level")}, 1 + (random() ^ 4 * 5000)::int, (random() * 90)::int, now() - interval '30 days' * random() - interval '1 day',
          now() - interval '1 day' * random()
        from made
        returning project_id, issue_id
      )
      insert into issue_counts (project_id, issue_id, hour, count)
      select project_id, issue_id, date_trunc('hour', now()) - make_interval(hours => hour), 1 + (random() * 40)::int
      from counted, generate_series(0, $3::int) hour
      where random() < 0.05`,
    values: [project?.id, count, HOURS],
  });
}

async function reportEvents(server: ServerProcess): Promise<void> {
  for (let body = 0; body < REAL_ISSUES; body++) {
    const event = JSON.parse(sampleEvent("10k", body, Date.now())) as Record<string, unknown>;
    await sendEvent(server.dsn, { ...event, event_id: newEventId(), fingerprint: [`issue ${body}`] });
  }
  await waitUntil("the events to be stored", async () => (await newestIssues(server)).length > 0);
}

async function newestIssues(server: ServerProcess): Promise<readonly ApiIssue[]> {
  const { data } = await server.get<ApiPage<ApiIssue>>("/api/v1/projects/default/issues?sort=first_seen&limit=100");
  return data.filter(({ event_count }) => event_count === 1).length >= REAL_ISSUES ? data : [];
}

async function listPages(server: ServerProcess): Promise<LoadedPage[]> {
  const [issue] = await newestIssues(server);
  if (issue === undefined) throw new Error("there is no issue with an event");
  const events = await server.get<ApiPage<ApiEventSummary>>(`/api/v1/issues/${issue.id}/events`);
  const ofIssue = `/issues/${issue.short_id}`;
  return [
    { name: "issues", path: "/projects/default", ready: "a[data-issue]" },
    { name: "issue", path: ofIssue, ready: "[aria-label=Actions] button" },
    {
      name: "event",
      path: `${ofIssue}/events/${events.data[0]?.id}`,
      ready: "nav[aria-label='Events of this issue']",
    },
    { name: "dashboard", path: "/projects/default/dashboard", ready: "[role=slider]" },
    { name: "live", path: "/projects/default/live", ready: "select[name=level]" },
  ];
}

async function measure(browser: Browser, login: Login, page: LoadedPage, rounds: number): Promise<Figures> {
  const loads: Record<Temperature, Load[]> = { cold: [], warm: [] };
  for (let round = 0; round < rounds; round++) {
    // Of one context, so that the second finds in the cache what the first has left there.
    await using context = await freshContext(browser, login);
    for (const temperature of TEMPERATURES) loads[temperature].push(await openPage(context.value, page));
  }
  await using context = await freshContext(browser, login);
  const tab = await context.value.newPage();
  const waits = await countRounds(tab, page);
  return {
    cold: medianOf(loads.cold),
    warm: medianOf(loads.warm),
    slowestMs: Math.max(...loads.cold.map(({ interactiveMs }) => interactiveMs)),
    depth: waits.length,
    moved: [...new Set([...loads.cold, ...loads.warm].flatMap(({ moved }) => moved))],
  };
}

type Context = Awaited<ReturnType<Browser["newContext"]>>;

interface Login {
  readonly baseURL: string;
  readonly storageState: Awaited<ReturnType<Context["storageState"]>>;
}

/** One login for all: a server lets nobody sign in again and again. */
async function signIn(browser: Browser, server: ServerProcess): Promise<Login> {
  const context = await browser.newContext({ baseURL: server.url });
  const answer = await context.request.post("/api/v1/auth/sign-in/email", {
    data: OWNER,
    headers: { origin: server.url },
  });
  if (!answer.ok()) throw new Error(`signing in: ${answer.status()}`);
  const storageState = await context.storageState();
  await context.close();
  return { baseURL: server.url, storageState };
}

/** A browser's context in whose cache nothing is. */
async function freshContext(browser: Browser, login: Login): Promise<AsyncDisposable & { readonly value: Context }> {
  const value = await browser.newContext({ viewport: VIEWPORT, ...login });
  return { value, [Symbol.asyncDispose]: () => value.close() };
}

async function openPage(context: Context, { path, ready }: LoadedPage): Promise<Load> {
  const page = await context.newPage();
  const devTools = await context.newCDPSession(page);
  await devTools.send("Performance.enable", { timeDomain: "threadTicks" });
  await watchLoad(page, ready);
  await page.goto(path, { waitUntil: "commit" });
  const load = await readLoad(page);
  const { metrics } = await devTools.send("Performance.getMetrics");
  await page.close();
  return { ...load, processorMs: 1_000 * (metrics.find(({ name }) => name === "TaskDuration")?.value ?? Number.NaN) };
}

function medianOf(loads: readonly Load[]): MedianLoad {
  const median = (of: (load: Load) => number) => quantile(loads.map(of), 0.5);
  return {
    firstPaintMs: median(({ firstPaintMs }) => firstPaintMs),
    interactiveMs: median(({ interactiveMs }) => interactiveMs),
    largestPaintMs: median(({ largestPaintMs }) => largestPaintMs),
    layoutShift: Math.max(...loads.map(({ layoutShift }) => layoutShift)),
    blockedMs: median(({ blockedMs }) => blockedMs),
    processorMs: median(({ processorMs }) => processorMs),
    transferredBytes: median(({ transferredBytes }) => transferredBytes),
    requests: median(({ requests }) => requests),
  };
}

function print(figures: Record<string, Figures>): void {
  const cell = (text: string) => text.padStart(15);
  const both = (of: Figures, take: (load: MedianLoad) => string) => `${take(of.cold)} / ${take(of.warm)}`;
  const heads = [
    "first paint",
    "interactive",
    "slowest",
    "largest",
    "blocked",
    "processor",
    "shift",
    "KB",
    "requests",
    "depth",
  ];
  process.stdout.write(`\nms, medians, cold / warm\n\n${"".padEnd(10)}${heads.map(cell).join("")}\n`);
  for (const [name, of] of Object.entries(figures)) {
    const cells = [
      both(of, ({ firstPaintMs }) => whole(firstPaintMs)),
      both(of, ({ interactiveMs }) => whole(interactiveMs)),
      whole(of.slowestMs),
      both(of, ({ largestPaintMs }) => whole(largestPaintMs)),
      both(of, ({ blockedMs }) => whole(blockedMs)),
      both(of, ({ processorMs }) => whole(processorMs)),
      Math.max(of.cold.layoutShift, of.warm.layoutShift).toFixed(4),
      both(of, ({ transferredBytes }) => whole(transferredBytes / 1024)),
      whole(of.cold.requests),
      whole(of.depth),
    ];
    const isMissed = of.cold.interactiveMs > INTERACTIVE_MS_GOAL;
    process.stdout.write(
      `${name.padEnd(10)}${cells.map(cell).join("")}${isMissed ? `  goal ${INTERACTIVE_MS_GOAL} ms` : ""}\n`,
    );
  }
  for (const [name, { moved }] of Object.entries(figures))
    for (const what of moved) process.stdout.write(`\n${name}: moved ${what}`);
}

await runBenchmark(main);
