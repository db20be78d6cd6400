/** Servers with enough in them for every page to have something to show. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { parseDsn } from "@mesher/protocol";
import { type Database, openDatabase, startEmbeddedPostgres } from "@mesher/server/testing";
import { createDataDir, ServerCluster, ServerProcess, waitUntil } from "@mesher/testkit";
import { Random } from "../../packages/cli/src/demo/random.ts";
import { OCCURRENCES } from "../../packages/cli/src/demo/shop-stream.ts";
import { liveThroughPast } from "./past.ts";
import { postOccurrence } from "./post-occurrence.ts";

const OWNER = { email: "olga@example.com", password: "correct horse battery" };
const HAPPEN_SEED = 11;
const HAPPEN_EVENTS = 30;
const HAPPEN_PAUSE_MS_MAX = 250;
const CLI = join(import.meta.dirname, "../../packages/cli/src/main.ts");

export interface World extends AsyncDisposable {
  readonly url: string;
  readonly token: string;
  readonly owner: typeof OWNER;
  /** Sends events of the shop, one after the other as in life; resolves when the last is accepted. */
  readonly happen: () => Promise<void>;
}

export async function startWorld(nodeCount: number): Promise<World> {
  await using started = new AsyncDisposableStack();
  const dataDir = started.use(await createDataDir("mesher-screens-"));
  const postgres = await startEmbeddedPostgres({ dataDir: dataDir.path, log: () => undefined });
  started.defer(() => postgres.stop());
  const env = {
    MESHER_ADMIN_EMAIL: OWNER.email,
    MESHER_ADMIN_PASSWORD: OWNER.password,
    MESHER_RATE_LIMIT_MAX_EVENTS: "100000",
  };
  await liveThroughPast(postgres.url, env);
  const nodes = await startNodes(started, nodeCount, postgres.url, env);
  const server = nodes[0] as ServerProcess;

  await fill(server);
  const database = openDatabase({ url: postgres.url, poolSize: 1, applicationName: "screens", log: () => undefined });
  await checkCounts(database);
  await database.close();
  const everything = started.move();
  return {
    url: server.url,
    token: server.token,
    owner: OWNER,
    happen: () => happen(server),
    [Symbol.asyncDispose]: () => everything.disposeAsync(),
  };
}

async function startNodes(
  started: AsyncDisposableStack,
  count: number,
  databaseUrl: string,
  env: Readonly<Record<string, string>>,
): Promise<readonly ServerProcess[]> {
  if (count === 1) return [started.use(await ServerProcess.start({ databaseUrl, env }))];
  return started.use(await ServerCluster.start(count, { databaseUrl, env })).nodes;
}

/** What is made over the API, as a person or a program would. */
async function fill(server: ServerProcess): Promise<void> {
  await makeRules(server);
  await sendDemo(server);
  await waitUntil("the demo's events to be issues", async () => {
    const { data } = await server.get<{ data: readonly unknown[] }>("/api/v1/projects/default/issues?limit=20");
    return data.length >= 8 ? true : undefined;
  });
  await waitUntil("a rule to fire", async () => {
    const alerts = await server.get<readonly unknown[]>("/api/v1/projects/default/alerts");
    return alerts.length > 0 ? true : undefined;
  });
  await post(server, "/api/v1/projects", { name: "Storefront", platform: "javascript" });
  await post(server, "/api/v1/orgs/default/invitations", { email: "mia@example.com", role: "member" });
  await post(server, "/api/v1/users", {
    email: "ada@example.com",
    display_name: "Ada Almeida",
    password: "correct horse battery",
    role: "admin",
  });
  await post(server, "/api/v1/orgs/default/tokens", { label: "Build server", role: "member", scopes: ["event:read"] });
  await post(server, "/api/v1/projects/default/api-keys", { label: "Backend" });
}

/** Before the demo, whose events some of them are about. The webhook's receiver is not there, as happens. */
async function makeRules(server: ServerProcess): Promise<void> {
  const destinations = [
    {
      kind: "slack",
      name: "Slack #ops",
      config: { webhook_url: "https://hooks.slack.com/services/T000/B000/demo0000" },
    },
    { kind: "webhook", name: "Status page", config: { url: "https://status.example.com/hooks/mesher" } },
  ];
  const [slack, webhook] = (await Promise.all(
    destinations.map((each) => post(server, "/api/v1/orgs/default/destinations", each)),
  )) as [{ id: string }, { id: string }];
  const to = ({ id }: { id: string }) => ({ type: "destination", destination_id: id });
  const rules = [
    {
      name: "Checkout is on fire",
      condition: { condition_type: "threshold", threshold: 40, window_minutes: 5 },
      filters: { level: ["error", "fatal"], environment: ["production"] },
      action: [to(slack), { type: "people", who: "assignee" }],
    },
    {
      name: "Something new",
      condition: { condition_type: "new_issue" },
      filters: { level: ["fatal", "error"] },
      action: [{ type: "people", who: "members" }],
      cooldown_scope: "issue",
    },
    {
      name: "Back again",
      condition: { condition_type: "regression" },
      action: to(webhook),
      cooldown_scope: "issue",
      enabled: false,
    },
    {
      name: "Twice as many as before",
      condition: { condition_type: "percent_change", percent: 100, window_minutes: 60, events_min: 20 },
      action: to(slack),
    },
  ];
  for (const rule of rules) await post(server, "/api/v1/projects/default/alert-rules", rule);
}

async function sendDemo({ url, token }: ServerProcess): Promise<void> {
  const demo = spawn(process.execPath, [CLI, "demo", "--url", url, "--seconds", "4", "--rate", "5", "--seed", "7"], {
    env: { ...process.env, MESHER_BOOTSTRAP_TOKEN: token },
    stdio: ["ignore", "ignore", "inherit"],
  });
  const [code] = (await once(demo, "exit")) as [number | null];
  if (code !== 0) throw new Error(`the demo ended with ${code}`);
}

async function happen(server: ServerProcess): Promise<void> {
  const dsn = parseDsn(server.dsn);
  if (dsn === undefined) throw new Error(`${server.dsn} is not a DSN`);
  const random = new Random(HAPPEN_SEED);
  for (let count = 0; count < HAPPEN_EVENTS; count += 1) {
    const occurrence = random.pickWeighted(OCCURRENCES, ({ problem }) => problem.weight);
    await postOccurrence(occurrence, random, { dsn, nowMs: Date.now() });
    await wait(random.integer(0, HAPPEN_PAUSE_MS_MAX));
  }
}

async function post({ url, token }: ServerProcess, path: string, body: object): Promise<unknown> {
  const response = await fetch(url + path, {
    method: "POST",
    headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  if (!response.ok) throw new Error(`POST ${path}: ${response.status} ${await response.text()}`);
  return response.json();
}

/** The pages show counts beside the events they count. */
async function checkCounts(database: Database): Promise<void> {
  const { rows } = await database.query<{ counter: string; counted: number; events: number }>({
    text: `
      with events as (select count(*) as events from events)
      select counter, counted, events from events, (
        select 'events by hour' as counter, sum(count) as counted from event_counts
        union all select 'issues by hour', sum(count) from issue_counts
        union all select 'issues', sum(event_count) from issue_counters) counters
      where counted is distinct from events`,
  });
  if (rows.length > 0) throw new Error(`what is counted is not what is stored: ${JSON.stringify(rows)}`);
}
