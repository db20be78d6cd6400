/**
 * How long every list, search and dashboard takes, and how that grows with the number of events, while more arrive.
 *
 *     npm run bench:queries -- [--events 10k,100k,1m] [--issues 100k] [--seconds 3] [--per-second 200] [--json FILE]
 *
 * The events are those of `seeder.ts`: seven days of 5,000 issues. Then lists of a project with many issues.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { createDataDir, newEventId, ServerProcess, sendEvent, TEST_TOKEN } from "@mesher/testkit";
import { socketUrl } from "../packages/server/src/db/embedded/socket-dir.ts";
import { quantile, runBenchmark, told } from "./benchmark.ts";
import { listIssueQueries, listQueries, type Query, type Seeded } from "./query-list.ts";
import { pickBody, randomFrom, sampleEvent } from "./sample-events.ts";
import { DAYS, Seeder } from "./seeder.ts";

const HELP = `How long lists, searches and dashboards take at 10,000, 100,000 and 1,000,000 events.

  npm run bench:queries -- [OPTIONS]

  --events 10k,100k,1m   Numbers of events. Default: all three.
  --issues 100k          Issues of a project of its own, whose lists are measured too. Default: 100k; 0: none.
  --seconds N            How long each query is repeated. Default: 3.
  --per-second N         Events that arrive meanwhile. Default: 200; 0: none.
  --only TEXT            Queries whose names have this.
  --keep FOLDER          Keeps the data there. Found there again, it is measured as it is: name the same events and issues.
  --json FILE            Writes the figures there too.
`;

const ISSUES = 5_000;
/** Of a project with many issues: then every one has an event, and some have many. */
const EVENTS_PER_ISSUE = 2;
/** Of a text at the greatest number of events, while more arrive. */
const TEXT_P95_MS_GOAL = 50;

interface Figures {
  readonly kind: Query["kind"];
  readonly requests: number;
  readonly p50: number;
  readonly p95: number;
}

const { values: given } = parseArgs({
  options: {
    events: { type: "string", default: "10k,100k,1m" },
    issues: { type: "string", default: "100k" },
    seconds: { type: "string", default: "3" },
    "per-second": { type: "string", default: "200" },
    only: { type: "string", default: "" },
    keep: { type: "string" },
    json: { type: "string" },
    help: { type: "boolean", default: false },
  },
});

/** Of a query, by the number of events. */
type FiguresByEvents = Record<string, Figures>;

async function main(): Promise<void> {
  const steps = given.events.split(",").map(parseCount);
  const issues = parseCount(given.issues);
  await using dataDir = given.keep === undefined ? await createDataDir("mesher-bench-") : keptDir(given.keep);
  await using server = await ServerProcess.start({
    dataDir: dataDir.path,
    env: { MESHER_RATE_LIMIT_MAX_EVENTS: "1000000000", MESHER_LOG_LEVEL: "warn" },
  });

  const figures: Record<string, FiguresByEvents> = {};
  const [project] = await server.get<{ id: string }[]>("/api/v1/projects");
  if (project === undefined) throw new Error("there is no project");
  await using seeder = openSeeder(dataDir.path, project.id, ISSUES);
  for (const events of steps) {
    await seed(seeder, events);
    const queries = listQueries(await findSeeded(server, project.id, seeder.rareWord));
    await measureAll(server, queries, (name, of) => ((figures[name] ??= {})[events] = of));
  }
  print(`by events in ${ISSUES.toLocaleString("en")} issues`, steps, figures);

  const ofIssues: Record<string, FiguresByEvents> = {};
  if (issues > 0) {
    const many = await findOrCreateProject(server, "many-issues");
    await using manySeeder = openSeeder(dataDir.path, many, issues);
    await seed(manySeeder, issues * EVENTS_PER_ISSUE);
    const queries = listIssueQueries(await findSeeded(server, many, manySeeder.rareWord));
    await measureAll(server, queries, (name, of) => (ofIssues[name] = { [issues]: of }));
    print("by issues", [issues], ofIssues);
  }
  if (given.json !== undefined)
    writeFileSync(given.json, `${JSON.stringify({ steps, figures, issues, ofIssues }, null, 2)}\n`);
}

function parseCount(text: string): number {
  const [, digits, unit = ""] = /^(\d+)([km]?)$/i.exec(text) ?? [];
  if (digits === undefined) throw new Error(`${text}: a number is expected, as 10k or 1m`);
  return Number(digits) * ({ k: 1e3, m: 1e6 }[unit.toLowerCase()] ?? 1);
}

function keptDir(path: string): AsyncDisposable & { readonly path: string } {
  mkdirSync(path, { recursive: true, mode: 0o755 });
  return { path, [Symbol.asyncDispose]: () => Promise.resolve() };
}

const openSeeder = (dataDir: string, projectId: string, issues: number) =>
  new Seeder({ url: socketUrl(join(dataDir, "postgres", "socket")), projectId, issues });

/** Up to so many events, if they are not there yet. */
async function seed(seeder: Seeder, events: number): Promise<void> {
  await told(`${events.toLocaleString("en")} events over ${DAYS} days`, async () => {
    const perSecond = await seeder.seedUpTo(events);
    if (perSecond !== undefined) process.stderr.write(` ${Math.round(perSecond)}/s,`);
  });
}

async function findOrCreateProject(server: ServerProcess, slug: string): Promise<string> {
  const projects = await server.get<{ id: string; slug: string }[]>("/api/v1/projects");
  const found = projects.find((each) => each.slug === slug);
  if (found !== undefined) return found.id;
  const response = await fetch(`${server.url}/api/v1/projects`, {
    method: "POST",
    headers: { authorization: `Bearer ${TEST_TOKEN}`, "content-type": "application/json" },
    body: JSON.stringify({ name: slug, slug }),
  });
  if (!response.ok) throw new Error(`the project ${slug}: ${response.status} ${await response.text()}`);
  return ((await response.json()) as { id: string }).id;
}

/** What the queries name: of a project with events. */
async function findSeeded(server: ServerProcess, projectId: string, rareWord: string): Promise<Seeded> {
  interface Page {
    readonly data: readonly { id: string; short_id: string }[];
    readonly next_cursor?: string;
    readonly next_cursor_id?: string;
  }
  const project = `/api/v1/projects/${projectId}`;
  const hottest = await server.get<Page>(`${project}/issues?sort=events&limit=1`);
  const issues = await server.get<Page>(`${project}/issues?limit=100`);
  const events = await server.get<Page>(`${project}/events?period=7d&limit=100`);
  const [issue, event] = [hottest.data[0], events.data[0]];
  if (issue === undefined || event === undefined) throw new Error("nothing was seeded");
  const cursorOf = ({ next_cursor = "", next_cursor_id = "" }: Page) =>
    new URLSearchParams({ cursor: next_cursor, cursor_id: next_cursor_id }).toString();
  return {
    projectId,
    hottestId: issue.id,
    hottestShortId: issue.short_id,
    eventId: event.id,
    issueCursor: cursorOf(issues),
    eventCursor: cursorOf(events),
    rareWord,
  };
}

async function measureAll(
  server: ServerProcess,
  queries: readonly Query[],
  keep: (name: string, figures: Figures) => void,
): Promise<void> {
  const stopSending = sendMeanwhile(server, Number(given["per-second"]));
  try {
    for (const query of queries.filter(({ name }) => name.includes(given.only)))
      await told(query.name, async () => keep(query.name, await measure(server, query)));
  } finally {
    stopSending();
  }
}

/** Events at even distances; returns how to stop. */
function sendMeanwhile(server: ServerProcess, perSecond: number): () => void {
  const stopping = new AbortController();
  const random = randomFrom(Date.now());
  const send = async () => {
    for (let dueAt = performance.now(); !stopping.signal.aborted; dueAt += 1_000 / perSecond) {
      await sleep(Math.max(0, dueAt - performance.now()));
      const event = JSON.parse(sampleEvent("2k", pickBody(random()), Date.now())) as Record<string, unknown>;
      sendEvent(server.dsn, { ...event, event_id: newEventId() }).catch((error: unknown) => {
        if (!stopping.signal.aborted) throw error;
      });
    }
  };
  if (perSecond > 0) void send();
  return () => stopping.abort();
}

/** One request after the other. */
async function measure(server: ServerProcess, query: Query): Promise<Figures> {
  const times: number[] = [];
  const endsAt = performance.now() + Number(given.seconds) * 1_000;
  for (let request = 0; request < 3 || performance.now() < endsAt; request += 1) {
    const startedAt = performance.now();
    const response = await fetch(`${server.url}${query.path}`, { headers: { authorization: `Bearer ${TEST_TOKEN}` } });
    const body = await response.text();
    if (!response.ok) throw new Error(`${query.name}: ${response.status} ${body}`);
    // The first one plans, and finds nothing in memory.
    if (request > 0) times.push(performance.now() - startedAt);
  }
  return { kind: query.kind, requests: times.length, p50: quantile(times, 0.5), p95: quantile(times, 0.95) };
}

function print(title: string, steps: readonly number[], figures: Record<string, FiguresByEvents>): void {
  const width = Math.max(...Object.keys(figures).map((name) => name.length));
  const cell = (text: string) => text.padStart(16);
  const heads = steps.map((events) => cell(events.toLocaleString("en")));
  process.stdout.write(`\nms, p50 / p95, ${title}, ${given["per-second"]} events/s arriving\n\n`);
  process.stdout.write(`${"".padEnd(width)}${heads.join("")}${cell("p50 grows")}\n`);
  for (const [name, byStep] of Object.entries(figures)) {
    const of = steps.map((events) => byStep[events]);
    const cells = of.map((each) => cell(each === undefined ? "" : `${each.p50.toFixed(1)} / ${each.p95.toFixed(1)}`));
    const [first, last] = [of[0], of.at(-1)];
    const growth = first === undefined || last === undefined ? "" : `× ${(last.p50 / first.p50).toFixed(1)}`;
    const isMissed = last?.kind === "text" && last.p95 > TEXT_P95_MS_GOAL;
    process.stdout.write(
      `${name.padEnd(width)}${cells.join("")}${cell(growth)}${isMissed ? `  goal p95 < ${TEXT_P95_MS_GOAL}` : ""}\n`,
    );
  }
}

if (given.help) process.stdout.write(HELP);
else await runBenchmark(main);
