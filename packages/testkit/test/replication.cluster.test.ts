/** What becomes of accepted events when the node that accepted them is lost before it stored them. */
import type { ApiCluster, ApiIssue, ApiPage } from "@mesher/protocol";
import { expect, test } from "vitest";
import { BlackholeProxy } from "../src/blackhole-proxy.ts";
import { type TestDatabase, testDatabase } from "../src/database.ts";
import { newEventId, sendEvent } from "../src/send.ts";
import { ServerCluster } from "../src/server-cluster.ts";
import type { ServerProcess } from "../src/server-process.ts";
import { waitUntil } from "../src/wait-until.ts";

const EVENTS = 40;

/** A cluster whose database can be cut off, so that what is accepted waits. */
async function setUp(nodes: number) {
  await using stack = new AsyncDisposableStack();
  const db = stack.use(await testDatabase());
  const proxy = stack.use(await BlackholeProxy.inFrontOf(db.url));
  const cluster = stack.use(await ServerCluster.start(nodes, { databaseUrl: proxy.url }));
  for (const server of cluster.nodes) await replicationOf(server, "complete");
  const [first, ...others] = cluster.nodes;
  if (first === undefined) throw new Error("there is no node");
  const all = stack.move();
  return { db, proxy, cluster, first, others, [Symbol.asyncDispose]: () => all.disposeAsync() };
}

async function replicationOf(server: ServerProcess, wanted: ApiCluster["replication"]["state"]) {
  return waitUntil(`replication to be ${wanted}`, async () => {
    const { replication } = await server.get<ApiCluster>("/api/v1/cluster");
    return replication.state === wanted ? replication : undefined;
  });
}

/** Sends events to one node, and gives back the ids of those that were answered with 2xx. */
async function sendTo(server: ServerProcess, count = EVENTS): Promise<string[]> {
  const ids = Array.from({ length: count }, newEventId);
  for (const event_id of ids) {
    const response = await sendEvent(server.dsn, { event_id, message: "Payment failed", level: "error" });
    expect(response.status).toBe(200);
  }
  return ids;
}

/** Waits until so many events are stored, and says what the database and the counters hold then. */
async function accountOf({ database }: TestDatabase, reader: ServerProcess, ids: readonly string[]) {
  await waitUntil(`${ids.length} events to be stored`, async () => {
    const { rows } = await database.query<{ n: number }>({ text: "select count(*)::int as n from events" });
    return (rows[0]?.n ?? 0) >= ids.length;
  });
  const { rows } = await database.query<{ n: number; distinct: number; counted: number; duplicates: number }>({
    text: `
      select (select count(*)::int from events) as n,
        (select count(distinct event_id)::int from events) as distinct,
        (select coalesce(sum(count), 0)::int from outcome_counts where outcome = 'stored') as counted,
        (select coalesce(sum(count), 0)::int from outcome_counts where outcome = 'duplicate') as duplicates`,
  });
  const issues = await reader.get<ApiPage<ApiIssue>>("/api/v1/projects/default/issues");
  return { ...rows[0], issues: issues.data.map(({ event_count }) => event_count) };
}

/** All of them are stored, none twice, and the counters say the same. */
const once = ({ length }: readonly string[]) => ({
  n: length,
  distinct: length,
  counted: length,
  duplicates: 0,
  issues: [length],
});

test("[F.4-1] the loss of a node and its disk loses nothing that it answered for", async () => {
  await using line = await setUp(3);
  line.proxy.cut();
  const sent = await sendTo(line.first);
  await line.first.kill();
  line.proxy.heal();
  const [reader] = line.others;
  if (reader === undefined) throw new Error("there is no other node");
  expect(await accountOf(line.db, reader, sent)).toEqual(once(sent));
  await waitUntil("the copy to be gone", async () => {
    const views = await Promise.all(line.others.map((server) => server.get<ApiCluster>("/api/v1/cluster")));
    return views.every(({ replication }) => replication.copies.every(({ owner }) => owner !== line.cluster.names[0]));
  });
});

test("a node that comes back without its disk finds stored what it had accepted before", async () => {
  await using line = await setUp(2);
  line.proxy.cut();
  const sent = await sendTo(line.first);
  await line.first.kill();
  line.proxy.heal();
  const back = await line.cluster.restart(0, { emptyDisk: true });
  const more = await sendTo(back, 5);
  expect(await accountOf(line.db, back, [...sent, ...more])).toEqual(once([...sent, ...more]));
});

test("a node that comes back with its disk stores what others have not, and nothing twice", async () => {
  await using line = await setUp(3);
  line.proxy.cut();
  const sent = await sendTo(line.first);
  await line.first.kill();
  line.proxy.heal();
  const back = await line.cluster.restart(0);
  const more = await sendTo(back, 5);
  expect(await accountOf(line.db, back, [...sent, ...more])).toEqual(once([...sent, ...more]));
});

test("a frozen node is stood in for, and does no harm when it thaws", async () => {
  await using line = await setUp(3);
  const before = await sendTo(line.first, 10);
  line.proxy.cut();
  const sent = await sendTo(line.first);
  line.first.process.kill("SIGSTOP");
  line.proxy.heal();
  const [reader] = line.others;
  if (reader === undefined) throw new Error("there is no other node");
  await waitUntil("the frozen node to be stood in for", () => reader.get(`/api/v1/events/${sent.at(-1)}`));
  line.first.process.kill("SIGCONT");
  const after = await sendTo(line.first, 10);
  expect(await accountOf(line.db, line.first, [...before, ...sent, ...after])).toEqual(
    once([...before, ...sent, ...after]),
  );
  await line.cluster.formed();
  await replicationOf(line.first, "complete");
});

test("without a peer events are accepted, and the status says that they are on one disk only", async () => {
  await using line = await setUp(2);
  await line.others[0]?.kill();
  await replicationOf(line.first, "degraded");
  const sent = await sendTo(line.first, 5);
  expect(await accountOf(line.db, line.first, sent)).toEqual(once(sent));
  await line.cluster.restart(1);
  await replicationOf(line.first, "complete");
});
