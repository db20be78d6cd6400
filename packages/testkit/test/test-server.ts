/** For tests through the front door: a server with a database of its own, and what it answers to its users. */
import type { ApiEventDetail, ApiEventSummary, ApiIssueDetail, ApiPage, Outcome } from "@mesher/protocol";
import { testDatabase } from "../src/database.ts";
import { ServerCluster } from "../src/server-cluster.ts";
import type { ServerProcess } from "../src/server-process.ts";
import { type TestServer, testServer } from "../src/test-server.ts";
import { waitUntil } from "../src/wait-until.ts";

export type { TestServer } from "../src/test-server.ts";

/**
 * A server alone, or, if `MESHER_TEST_NODE` says so ("3/3": the last of three), one node of a cluster: whatever a test asks of
 * it has to be the same.
 */
export async function startTestServer(env: Readonly<Record<string, string>> = {}): Promise<TestServer> {
  const place = process.env["MESHER_TEST_NODE"]?.split("/").map(Number);
  if (place === undefined || env["MESHER_NODE_NAME"] !== undefined || env["MESHER_COOKIE"] !== undefined)
    return testServer(env);
  await using started = new AsyncDisposableStack();
  const { database, url } = started.use(await testDatabase());
  const [position = 1, count = 1] = place;
  const cluster = started.use(await ServerCluster.start(count, { databaseUrl: url, env }));
  const server = cluster.nodes[position - 1];
  if (server === undefined) throw new RangeError(`a cluster of ${count} has no node ${position}`);
  const everything = started.move();
  return { server, database, [Symbol.asyncDispose]: () => everything.disposeAsync() };
}

export type StoredEvent = ApiEventDetail["event"];

/** Waits until the event is stored. */
export async function readEvent(server: ServerProcess, eventId: string): Promise<StoredEvent> {
  return (await readEventDetail(server, eventId)).event;
}

export function readEventDetail(server: ServerProcess, eventId: string): Promise<ApiEventDetail> {
  return waitUntil(`event ${eventId} to be stored`, () => server.get<ApiEventDetail>(`/api/v1/events/${eventId}`));
}

export function readIssue(server: ServerProcess, issueId: string): Promise<ApiIssueDetail> {
  return server.get<ApiIssueDetail>(`/api/v1/issues/${issueId}`);
}

export async function listEventIds(server: ServerProcess, issueId: string): Promise<string[]> {
  const page = await server.get<ApiPage<ApiEventSummary>>(`/api/v1/issues/${issueId}/events?limit=100`);
  return page.data.map(({ id }) => id);
}

/** How many items of the default project ended so within the last day. */
export async function countOutcome(server: ServerProcess, outcome: Outcome, reason?: string): Promise<number> {
  const { data } = await server.get<{ data: readonly { outcome: Outcome; reason: string; count: number }[] }>(
    "/api/v1/projects/default/outcomes",
  );
  return data
    .filter((row) => row.outcome === outcome && (reason === undefined || row.reason === reason))
    .reduce((sum, { count }) => sum + count, 0);
}
