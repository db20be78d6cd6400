/** Times that JavaScript reads and PostgreSQL does not, wherever a request may hold one. */
import type { ApiIssue, ApiPage } from "@mesher/protocol";
import { afterAll, beforeAll, expect, test } from "vitest";
import { newEventId, sendEvent } from "../src/send.ts";
import type { ServerProcess } from "../src/server-process.ts";
import { waitUntil } from "../src/wait-until.ts";
import { startTestServer, type TestServer } from "./test-server.ts";

const UUID = "2f6d9a0e-0000-4000-8000-000000000000";
const EVENT_ID = "0".repeat(32);

let started: TestServer;
let server: ServerProcess;
let issue: ApiIssue;
beforeAll(async () => {
  started = await startTestServer();
  server = started.server;
  await sendEvent(server.dsn, { event_id: newEventId(), message: "Something" });
  issue = await waitUntil("the issue", async () => {
    const { data } = await server.get<ApiPage<ApiIssue>>("/api/v1/projects/default/issues");
    return data[0];
  });
});
afterAll(() => started[Symbol.asyncDispose]());

async function ask(path: string, query: Readonly<Record<string, string>>): Promise<{ status: number; error: unknown }> {
  const url = `${server.url}/api/v1${path.replace(":issue", issue.id)}?${new URLSearchParams(query).toString()}`;
  return read(await fetch(url, { headers: { authorization: `Bearer ${server.token}` } }));
}

async function read(response: Response) {
  const { error } = (await response.json()) as { error?: unknown };
  return { status: response.status, error };
}

const ODD_CURSORS = [
  "0000-01-01",
  "0000-01-01T00:00:00.000Z",
  "-271821-04-20",
  "-271821-04-20T00:00:00.000Z",
  "-000001-01-01T00:00:00.000Z",
  "+010000-01-01T00:00:00.000Z",
  "+275760-09-13T00:00:00.000Z",
  "2026-02-30T00:00:00.000Z",
  "2026-01-31 12:00",
  "12",
  "Fri",
];

/** All lists that are sorted by time, and an id as theirs are. */
const LISTS: readonly (readonly [path: string, id: string])[] = [
  ["/projects/default/issues", UUID],
  ["/projects/default/events", EVENT_ID],
  ["/projects/default/alerts/history", UUID],
  ["/issues/:issue/events", EVENT_ID],
  ["/issues/:issue/activity", "1"],
  ["/orgs/default/deliveries", UUID],
  ["/audit", UUID],
];

test.for(LISTS)("a cursor that no page of %s ends with is refused", async ([path, cursor_id]) => {
  const given = { cursor: "2026-01-31T12:00:00.000Z", cursor_id };
  expect(await ask(path, given)).toEqual({ status: 200, error: undefined });
  for (const cursor of ODD_CURSORS) {
    expect({ cursor, ...(await ask(path, { cursor, cursor_id })) }).toEqual({
      cursor,
      status: 400,
      error: "cursor must be the next_cursor of an earlier page",
    });
  }
});

test("a command to all issues that match goes on at no such cursor", async () => {
  for (const cursor of ODD_CURSORS) {
    const answer = await fetch(`${server.url}/api/v1/projects/default/issues/bulk`, {
      method: "POST",
      headers: { authorization: `Bearer ${server.token}`, "content-type": "application/json" },
      body: JSON.stringify({ do: "unresolve", query: {}, cursor, cursor_id: UUID }),
    });
    expect({ cursor, ...(await read(answer)) }).toEqual({
      cursor,
      status: 400,
      error: "cursor must be the next_cursor of an earlier page",
    });
  }
});

const NO_TIMES = [
  "0000-01-01",
  "0001-01-01T00:00:00+14:00",
  "9999-12-31T23:59:59-14:00",
  "-271821-04-20",
  "2026-02-30",
];
/** The first and the last ones there are, and what comes before anything was stored. */
const FARTHEST_TIMES = ["0001-01-01", "0001-01-02", "1969-12-31", "9999-12-30", "9999-12-31T23:59:59Z"];

/** Whatever takes a range. */
const RANGES: readonly (readonly [path: string, query: Readonly<Record<string, string>>])[] = [
  ["/projects/default/issues", {}],
  ["/projects/default/events", {}],
  ["/projects/default/events/search", { q: "Something" }],
  ["/projects/default/events/tags", { key: "level", value: "error" }],
  ["/projects/default/dashboard/volume", { bucket: "hour" }],
  ["/projects/default/dashboard/volume", { bucket: "day", tz: "America/New_York" }],
  ["/projects/default/dashboard/levels", {}],
  ["/projects/default/dashboard/top-issues", {}],
  ["/projects/default/dashboard/tags", { key: "level" }],
  ["/projects/default/dashboard/users", {}],
  ["/projects/default/dashboard/releases", {}],
  ["/projects/default/dashboard/account", {}],
  ["/issues/:issue/events", {}],
  ["/issues/:issue/volume", {}],
  ["/audit", {}],
];

test.for(RANGES)("a range of %s with %j is of times that can be stored, or refused", async ([path, query]) => {
  expect(await ask(path, query)).toEqual({ status: 200, error: undefined });
  const statuses = new Map<string, number>();
  const rangesOf = (time: string) => [
    { from: time },
    { to: time },
    { to: time, period: "300d" },
    { to: time, period: "99999w" },
  ];
  for (const range of [...NO_TIMES, ...FARTHEST_TIMES].flatMap(rangesOf))
    statuses.set(JSON.stringify(range), (await ask(path, { ...query, ...range })).status);
  expect([...statuses].filter(([, status]) => status >= 500)).toEqual([]);
  expect(NO_TIMES.flatMap(rangesOf).filter((range) => statuses.get(JSON.stringify(range)) !== 400)).toEqual([]);
});

test.for([
  ["issues", "first_seen"],
  ["issues", "last_seen"],
  ["events", "timestamp"],
] as const)("a search of %s by %s is of times that can be stored, or refused", async ([list, key]) => {
  const statusesOf = (time: string) =>
    Promise.all(
      ["", ">", "<="].map(
        async (operator) => (await ask(`/projects/default/${list}`, { query: `${key}:${operator}${time}` })).status,
      ),
    );
  for (const time of NO_TIMES) expect([time, await statusesOf(time)]).toEqual([time, [400, 400, 400]]);
  for (const time of [...FARTHEST_TIMES, "-52000w", "+52000w"]) {
    const faults = (await statusesOf(time)).filter((status) => status >= 500);
    expect([time, faults]).toEqual([time, []]);
  }
});
