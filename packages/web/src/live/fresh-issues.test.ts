import type { ApiIssueDetail, StreamMessage } from "@mesher/protocol";
import { QueryClient, QueryObserver } from "@tanstack/react-query";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { FreshIssues } from "./fresh-issues.ts";

const NOW = Date.parse("2031-05-15T12:00:00Z");
const LIST = ["issues", "shop", { status: "unresolved" }];
const A_WHILE_MS = 5_000;

let queries: QueryClient;
let fresh: FreshIssues;
beforeEach(() => {
  vi.useFakeTimers({ now: NOW });
  queries = new QueryClient({ defaultOptions: { queries: { staleTime: 2_000 } } });
  fresh = new FreshIssues(queries, "shop");
});
afterEach(() => {
  fresh.stop();
  queries.clear();
  vi.useRealTimers();
});

const changed = (issue_id: string) => ({ type: "issue", issue_id }) as StreamMessage;

const stored = (issue_event_count: number, event_id: string) =>
  ({
    type: "event",
    issue_id: "a",
    event_id,
    issue_event_count,
    data: { received_at: new Date(Date.now()).toISOString() },
  }) as StreamMessage;

const issueOf = (event_count: number, latest_event_id: string) =>
  ({ id: "a", event_count, latest_event_id, last_seen: "2031-05-15T11:00:00Z" }) as ApiIssueDetail;

const emptyList = () => ({ pages: [{ data: [], has_more: false }], pageParams: [] });

test("what changes while a list is on its way is in it when it is here", async () => {
  let status = "unresolved";
  let read = 0;
  const seen = () => queries.getQueryData<{ readonly status: string }>(LIST)?.status;
  const queryFn = async () => {
    const answer = { ...emptyList(), status };
    read += 1;
    await new Promise((resolve) => setTimeout(resolve, 2_000));
    return answer;
  };
  const stop = new QueryObserver(queries, { queryKey: LIST, queryFn }).subscribe(() => undefined);
  await vi.advanceTimersByTimeAsync(100);
  status = "resolved";
  fresh.hear(changed("a"));
  await vi.advanceTimersByTimeAsync(A_WHILE_MS);
  expect(seen()).toBe("resolved");
  expect(read).toBe(2);
  stop();
});

test("an event that is told late, by a node that is slower, is not the newest", async () => {
  queries.setQueryData(["issue", "A-1"], issueOf(10, "tenth"));
  fresh.hear(stored(9, "ninth"));
  await vi.advanceTimersByTimeAsync(A_WHILE_MS);
  expect(queries.getQueryData(["issue", "A-1"])).toMatchObject({ event_count: 10, latest_event_id: "tenth" });
  fresh.hear(stored(11, "eleventh"));
  await vi.advanceTimersByTimeAsync(A_WHILE_MS);
  expect(queries.getQueryData(["issue", "A-1"])).toMatchObject({ event_count: 11, latest_event_id: "eleventh" });
});

test("an issue that happens all the time is read anew when somebody comes back to it", async () => {
  queries.setQueryData(["issue", "A-1"], issueOf(10, "tenth"));
  await vi.advanceTimersByTimeAsync(A_WHILE_MS);
  fresh.hear(stored(11, "eleventh"));
  await vi.advanceTimersByTimeAsync(1_000);
  const queryFn = vi.fn(async () => issueOf(11, "eleventh"));
  const stop = new QueryObserver(queries, { queryKey: ["issue", "A-1"], queryFn }).subscribe(() => undefined);
  await vi.advanceTimersByTimeAsync(100);
  expect(queryFn).toHaveBeenCalledOnce();
  stop();
});

test("a clock that is put back keeps nothing from being read", async () => {
  const queryFn = vi.fn(async () => emptyList());
  const lists = new QueryObserver(queries, { queryKey: LIST, queryFn }).subscribe(() => undefined);
  const counts = vi.fn(async () => 1);
  const dashboard = ["dashboard", "shop", "volume", {}];
  const panel = new QueryObserver(queries, { queryKey: dashboard, queryFn: counts }).subscribe(() => undefined);
  fresh.hear(stored(1, "first"));
  await vi.advanceTimersByTimeAsync(A_WHILE_MS);
  vi.setSystemTime(NOW - 3_600_000);
  queryFn.mockClear();
  counts.mockClear();
  fresh.hear(stored(2, "second"));
  await vi.advanceTimersByTimeAsync(3 * A_WHILE_MS);
  expect(queryFn).toHaveBeenCalledOnce();
  expect(counts).toHaveBeenCalledOnce();
  lists();
  panel();
});
