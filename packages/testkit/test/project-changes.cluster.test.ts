import type { ApiProject, ApiProjectKey } from "@mesher/protocol";
import { afterAll, beforeAll, expect, test } from "vitest";
import { testDatabase } from "../src/database.ts";
import { newEventId, sendEvent } from "../src/send.ts";
import { ServerCluster } from "../src/server-cluster.ts";
import { waitUntil } from "../src/wait-until.ts";
import { type ApiClient, apiClient } from "./api-client.ts";

/** Nodes that were not told look for themselves every five seconds: of two, the later one finds out after 3.3 s on average. */
const TOLD_MS_MAX = 2_000;
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
  const everywhere = async (what: string, dsn: string, status: number) => {
    const beganMs = performance.now();
    await Promise.all(
      cluster.nodes.map((_, index) =>
        waitUntil(`${what} on node ${index}`, async () => (await sendTo(index, dsn)) === status),
      ),
    );
    return performance.now() - beganMs;
  };
  const waits: number[] = [];

  for (let round = 0; round < ROUNDS; round += 1) {
    const { body: key } = await here<ApiProjectKey>("POST", "projects/spread/api-keys", {});
    await everywhere("the new key to be taken", key.dsn, 200);
    await here("POST", `api-keys/${key.id}/revoke`);
    waits.push(await everywhere("the revoked key to be refused", key.dsn, 403));
  }
  // A busy machine holds up some of them, and not half.
  expect(waits.toSorted((a, b) => a - b)[ROUNDS / 2 - 1]).toBeLessThan(TOLD_MS_MAX);
  await here("PATCH", "projects/spread/settings", { rate_limit_events: 1 });
  await everywhere("the limit to hold", project.dsn, 429);
  expect((await here("POST", "projects/spread/delete", { slug: "spread" })).status).toBe(200);
  await everywhere("the ended project to be refused", project.dsn, 403);
});
