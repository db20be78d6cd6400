/** Where the tests of the front door run: alone, or on one node of a cluster. */
import type { ApiCluster } from "@mesher/protocol";
import { expect, test } from "vitest";
import { endpointOf, newEventId } from "../src/send.ts";
import { readEvent, startTestServer } from "./test-server.ts";

test("[SD-05] [SD-24] [SD-27] [SD-52] [C-59] the tests of the front door run alone, on the first node of three and on the last", async () => {
  await using started = await startTestServer();
  const cluster = await started.server.get<ApiCluster>("/api/v1/cluster");
  const alive = cluster.nodes.filter(({ status }) => status === "alive");
  const place = process.env["MESHER_TEST_NODE"];
  if (place === undefined) expect(cluster).toMatchObject({ mode: "standalone", self: "" });
  else {
    const [position, count] = place.split("/");
    expect(alive).toHaveLength(Number(count));
    expect(cluster.self).toMatch(new RegExp(`^mesher${position}@`));
  }
});

test("an event comes from the address that a proxy we trust tells", async () => {
  await using started = await startTestServer({ MESHER_TRUSTED_PROXIES: "127.0.0.1" });
  const { envelopeUrl, publicKey } = endpointOf(started.server.dsn);
  const id = newEventId();
  const response = await fetch(`${envelopeUrl}?sentry_key=${publicKey}`, {
    method: "POST",
    headers: { "x-forwarded-for": "203.0.113.7" },
    body: `{"event_id":"${id}"}\n{"type":"event"}\n{"message":"x","user":{"ip_address":"{{auto}}"}}`,
  });
  expect(response.status).toBe(200);
  expect((await readEvent(started.server, id)).normalized.user).toMatchObject({ ip_address: "203.0.113.7" });
});

test("a connection that has nothing to do is kept for longer than balancers keep theirs, whatever was asked on it", async () => {
  await using started = await startTestServer();
  for (const path of ["/healthz", "/api/1/envelope/"]) {
    const response = await fetch(`${started.server.url}${path}`);
    await response.arrayBuffer();
    expect(response.headers.get("keep-alive")).toBe("timeout=75");
  }
});
