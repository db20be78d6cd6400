import type { ApiListedIssue, EventStored } from "@mesher/protocol";
import { expect, test } from "vitest";
import { addNews, type IssueNews, type IssuePages, pagesWithNews } from "./issue-news.ts";

const at = (minute: number) => new Date(Date.UTC(2026, 0, 1, 0, minute)).toISOString();

const issue = (id: string, event_count: number, minute: number) =>
  ({ id, event_count, last_seen: at(minute), stats: [0, event_count] }) as unknown as ApiListedIssue;

const event = (issue_id: string, issue_event_count: number, minute: number) =>
  ({ issue_id, issue_event_count, event_id: `${issue_id}${minute}`, data: { received_at: at(minute) } }) as EventStored;

const listOf = (...pages: readonly ApiListedIssue[][]): IssuePages => ({
  pages: pages.map((data) => ({ data, has_more: true })),
  pageParams: [],
});

const newsOf = (...events: readonly EventStored[]) => {
  const news = new Map<string, IssueNews>();
  for (const each of events) addNews(news, each);
  return news;
};

const idsOf = (list: IssuePages) => list.pages.map(({ data }) => data.map(({ id }) => id));

test("an event raises its issue's count and newest bar, and brings it to the top of the list, over all pages", () => {
  const list = listOf([issue("a", 5, 9), issue("b", 3, 8)], [issue("c", 1, 7)]);
  const now = pagesWithNews(list, newsOf(event("c", 2, 10), event("c", 3, 11)), undefined);
  expect(idsOf(now)).toEqual([["c", "a"], ["b"]]);
  expect(now.pages[0]?.data[0]).toMatchObject({ event_count: 3, last_seen: at(11), stats: [0, 3] });
});

test("what is told late, or was read already, changes nothing", () => {
  const list = listOf([issue("a", 5, 9)]);
  expect(pagesWithNews(list, newsOf(event("a", 5, 9)), undefined)).toBe(list);
  expect(newsOf(event("a", 7, 10), event("a", 6, 9)).get("a")).toMatchObject({ eventCount: 7, lastSeen: at(10) });
});

test("an order that events do not change stays", () => {
  const list = listOf([issue("a", 5, 9), issue("b", 3, 8)]);
  const news = newsOf(event("b", 9, 10));
  expect(idsOf(pagesWithNews(list, news, "first_seen"))).toEqual([["a", "b"]]);
  expect(idsOf(pagesWithNews(list, news, "events"))).toEqual([["b", "a"]]);
});
