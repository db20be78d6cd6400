import type { ApiProject, ApiProjectKey } from "@mesher/protocol";
import { afterAll, beforeAll, expect, test } from "vitest";
import { testDatabase } from "../src/database.ts";
import { newEventId, sendEvent } from "../src/send.ts";
import { ServerCluster } from "../src/server-cluster.ts";
import { waitUntil } from "../src/wait-until.ts";
import { type ApiClient, apiClient } from "./api-client.ts";

/**
 * For all the changes of the test together. Nodes that were not told would look for themselves every five seconds, so that
 * eight revoked keys would take several times as long.
 */
const TOLD_MS_MAX = 15_000;
const ROUNDS = 8;

let db: Awaited<ReturnType<typeof testDatabase>>;
let cluster: ServerCluster;
let here: ApiClient;
beforeAll(async () => {
  db = await testDatabase();
  cluster = await ServerCluster.start(3, { databaseUrl: db.url });
  here = apiClient(nodeAt(0));
});
afterAll(async () => {
  await cluster[Symbol.asyncDispose]();
  await db[Symbol.asyncDispose]();
});

function nodeAt(index: number) {
  const node = cluster.nodes[index];
  if (node === undefined) throw new RangeError(`there is no node ${index}`);
  return node;
}

/** Sends to one node with a key that another one showed. */
async function sendTo(index: number, dsn: string): Promise<number> {
  const there = dsn.replace(/@[^/]+\//, `@${new URL(nodeAt(index).url).host}/`);
  return (await sendEvent(there, { event_id: newEventId(), message: "x" })).status;
}

test("[ORG-03] keys that are made, limited and revoked on one node, and projects that end there, count on all at once", async () => {
  const { body: project } = await here<ApiProject>("POST", "projects", { name: "Spread" });
  const deadline = Date.now() + TOLD_MS_MAX;
  const everywhere = (what: string, dsn: string, status: number) =>
    Promise.all(
      cluster.nodes.map((_, index) =>
        waitUntil(`${what} on node ${index}`, async () => (await sendTo(index, dsn)) === status, deadline - Date.now()),
      ),
    );

  for (let round = 0; round < ROUNDS; round += 1) {
    const { body: key } = await here<ApiProjectKey>("POST", "projects/spread/api-keys", {});
    await everywhere("the new key to be taken", key.dsn, 200);
    await here("POST", `api-keys/${key.id}/revoke`);
    await everywhere("the revoked key to be refused", key.dsn, 403);
  }
  await here("PATCH", "projects/spread/settings", { rate_limit_events: 1 });
  await everywhere("the limit to hold", project.dsn, 429);
  expect((await here("POST", "projects/spread/delete", { slug: "spread" })).status).toBe(200);
  await everywhere("the ended project to be refused", project.dsn, 403);
});
