/** Alerts of a cluster: whichever node stores, evaluates or dies, each is fired and heard once. */
import type { ApiAlert, ApiAlertRule, ApiIssue, ApiJob, ApiPage } from "@mesher/protocol";
import { expect, test } from "vitest";
import { newEventId, sendEvent } from "../src/send.ts";
import { testServerCluster } from "../src/server-cluster.ts";
import type { ServerProcess } from "../src/server-process.ts";
import { StreamClient } from "../src/stream-client.ts";
import { waitUntil } from "../src/wait-until.ts";
import { apiClient } from "./api-client.ts";
import type { TestServer } from "./test-server.ts";

const listen = (server: ServerProcess | undefined) =>
  StreamClient.open(`${server?.socketUrl}/stream/projects/default`, { authorization: `Bearer ${server?.token}` });

async function sendTo(server: ServerProcess | undefined, type: string): Promise<void> {
  const exception = { values: [{ type, value: "Something" }] };
  const response = await sendEvent(server?.dsn ?? "", { event_id: newEventId(), exception });
  expect(response.status).toBe(200);
}

const alertsOf = (server: ServerProcess) => server.get<ApiAlert[]>("/api/v1/projects/default/alerts");

test("[ALERT-04] [CLUSTER-04] an event in at one node is an alert at the clients of all, once", async () => {
  await using formed = await testServerCluster(3);
  await using stack = new AsyncDisposableStack();
  const { nodes } = formed.cluster;
  const [first, , third] = nodes;
  if (first === undefined || third === undefined) throw new Error("there are no three nodes");
  const rule = { condition: { condition_type: "new_issue" }, cooldown_scope: "issue" };
  expect((await apiClient(third)("POST", "projects/default/alert-rules", rule)).status).toBe(201);
  const clients = await Promise.all(nodes.map(async (node) => stack.use(await listen(node))));

  await sendTo(first, "FirstError");
  for (const client of clients) await client.next("alert");
  for (const [index, node] of nodes.entries()) await sendTo(node, ["OneError", "TwoError", "ThreeError"][index] ?? "");
  const ids = await waitUntil("all alerts", async () => {
    const alerts = await alertsOf(third);
    return alerts.length === 4 && alerts.map(({ id }) => id).sort();
  });
  for (const client of clients)
    await waitUntil("all alerts at a client", async () => client.all("alert").length >= ids.length);
  for (const client of clients)
    expect(
      client
        .all("alert")
        .map(({ alert_id }) => alert_id)
        .sort(),
    ).toEqual(ids);
});

test("[SD-54] [ALERT-05] [C-53] [C-54] one breach is one alert for each cooldown, although the node that evaluates it is killed in the middle", async () => {
  await using formed = await testServerCluster(3);
  const { cluster, database } = formed;
  const [first, second, survivor] = cluster.nodes;
  if (first === undefined || second === undefined || survivor === undefined)
    throw new Error("there are no three nodes");
  const { body: rule } = await apiClient(first)<ApiAlertRule>("POST", "projects/default/alert-rules", {
    condition: { condition_type: "threshold", threshold: 4, window_minutes: 60 },
    cooldown_minutes: 60,
  });
  for (let n = 0; n < 5; n += 1) await sendTo(cluster.nodes[n % 3], "SameError");
  await waitUntil("the events to be stored", async () => {
    const { data } = await first.get<ApiPage<ApiIssue>>("/api/v1/projects/default/issues");
    return data[0]?.event_count === 5;
  });
  // Only the first can evaluate, and stands still after it has claimed the firing and written the alert, before it commits.
  const others = [second, survivor];
  for (const node of others) node.process.kill("SIGSTOP");
  await using gate = await closeGate(database);
  await evaluateNow();
  await waitUntil("the first to be in the middle of it", gate.isReached);
  await first.kill();
  for (const node of others) node.process.kill("SIGCONT");
  await gate.open();

  const [alert] = await waitUntil("the alert", async () => {
    const alerts = await alertsOf(survivor);
    return alerts.length > 0 && alerts;
  });
  expect(alert).toMatchObject({ rule_id: rule.id, status: "active" });
  // Evaluated again and again, by whoever comes: the cooldown holds.
  const evaluateAgain = async () => {
    const before = await runsOf(survivor);
    await evaluateNow();
    await waitUntil("one more evaluation", async () => (await runsOf(survivor)) > before);
  };
  for (let run = 0; run < 3; run += 1) await evaluateAgain();
  expect(await alertsOf(survivor)).toHaveLength(1);

  // And when it is over, the breach that is still there is one alert more.
  await database.query({ text: "update alert_rules set last_fired_at = last_fired_at - interval '61 minutes'" });
  for (let run = 0; run < 3; run += 1) await evaluateAgain();
  expect(await alertsOf(survivor)).toHaveLength(2);

  async function evaluateNow() {
    await database.query({ text: "update jobs set due_at = now() where name = 'alert-rules'" });
  }
});

async function runsOf(server: ServerProcess): Promise<number> {
  const { data } = await server.get<{ data: ApiJob[] }>("/api/v1/jobs");
  return data.find(({ name }) => name === "alert-rules")?.epoch ?? 0;
}

/** Lets nobody write into a timeline, which is the last that firing an alert does. */
async function closeGate(database: TestServer["database"]) {
  const { client, release } = await database.acquire();
  // Held for as long as the test needs, whatever the limits of its connections.
  await client.query(
    "begin; set local idle_in_transaction_session_timeout = 0; lock table alert_activity in share mode",
  );
  let isOpen = false;
  const open = async () => {
    if (isOpen) return;
    isOpen = true;
    await client.query("rollback");
    release();
  };
  return {
    open,
    isReached: async () => {
      const { rows } = await database.query({
        text: `select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'
          and query like '%insert into alert_activity%' and pid <> pg_backend_pid()`,
      });
      return rows.length > 0;
    },
    [Symbol.asyncDispose]: open,
  };
}
