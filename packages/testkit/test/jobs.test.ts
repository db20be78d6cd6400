import type { ApiJob } from "@mesher/protocol";
import { afterAll, beforeAll, expect, test } from "vitest";
import { waitUntil } from "../src/wait-until.ts";
import { apiClient } from "./api-client.ts";
import { startTestServer, type TestServer } from "./test-server.ts";

let started: TestServer;
beforeAll(async () => {
  started = await startTestServer();
});
afterAll(() => started[Symbol.asyncDispose]());

const jobs = async () => (await apiClient(started.server)<{ data: ApiJob[] }>("GET", "jobs")).body.data;

test("[SD-55] what runs by the clock is listed with its node, its last run and its next", async () => {
  const partitions = await waitUntil("the partitions' first run", async () =>
    (await jobs()).find(({ name, outcome }) => name === "partitions" && outcome !== null),
  );
  expect(partitions).toMatchObject({
    title: "Days ahead",
    about: "Makes the tables that the events of the coming days are stored in.",
    every_seconds: 3_600,
    state: "idle",
    epoch: 1,
    holder: expect.stringContaining(`/${started.server.process.pid}`),
    outcome: "succeeded",
    error: null,
    // They were made before the server took its first event.
    result: { made: [] },
  });
  const startedMs = Date.parse(partitions.started_at ?? "");
  expect(Date.parse(partitions.finished_at ?? "")).toBeGreaterThanOrEqual(startedMs);
  expect(Date.parse(partitions.next_run_at)).toBeGreaterThan(startedMs);
});

test("runs of jobs are counted in the metrics", async () => {
  const line = await waitUntil("a counted run", async () => {
    const metrics = await (await fetch(`${started.server.url}/metrics`)).text();
    return metrics.split("\n").find((each) => each.startsWith('mesher_job_runs_total{job="partitions"'));
  });
  expect(line).toBe('mesher_job_runs_total{job="partitions",outcome="succeeded"} 1');
});
