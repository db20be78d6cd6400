import { TestNats } from "@mesher/cluster/testing";
import { ServerCluster, type ServerProcess, testDatabase, waitUntil } from "@mesher/testkit";
import { expect, test } from "vitest";
import { runCommand } from "./test-server.ts";

const status = (server: ServerProcess | undefined) =>
  runCommand(server ?? { url: "", token: "" }, ["cluster", "status"]);

test("the status of a cluster names what carries it, and is no success while NATS is away", async () => {
  await using nats = await TestNats.start();
  await using db = await testDatabase();
  await using cluster = await ServerCluster.start(2, { databaseUrl: db.url, transport: nats.url });
  const [first] = cluster.nodes;
  const good = await waitUntil("a whole cluster", async () => {
    const told = await status(first);
    return told.code === 0 ? told : undefined;
  });
  expect(good.out).toMatch(new RegExp(`^Transport +NATS, ${nats.url}$`, "m"));
  await nats.kill();
  const bad = await waitUntil("the loss to be told", async () => {
    const told = await status(first);
    return told.out.includes("AWAY") ? told : undefined;
  });
  expect(bad.out).toMatch(new RegExp(`^Transport +NATS, ${nats.url}: AWAY for \\d+ s \\(.+\\)$`, "m"));
  expect(bad.code).toBe(1);
});
