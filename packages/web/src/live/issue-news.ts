/** What stored events say of issues that a page shows already, so that nobody has to ask the server for it. Pure. */
import type { ApiIssue, ApiListedIssue, ApiPage, EventStored } from "@mesher/protocol";
import type { InfiniteData } from "@tanstack/react-query";
import type { IssueSort } from "../issues/issues-search.ts";

/** The last that was told of an issue. */
export interface IssueNews {
  readonly eventCount: number;
  /** ISO 8601. */
  readonly lastSeen: string;
  readonly latestEventId: string;
}

/** By the issue's id. */
export type News = ReadonlyMap<string, IssueNews>;
export type IssuePages = InfiniteData<ApiPage<ApiListedIssue>>;

/** Nodes tell of what they stored, each in its own order: the greater number is the later one. */
export function addNews(
  news: Map<string, IssueNews>,
  { issue_id, event_id, issue_event_count, data }: EventStored,
): void {
  const before = news.get(issue_id);
  if (before !== undefined && before.eventCount > issue_event_count) return;
  const lastSeen = before === undefined ? data.received_at : laterOf(before.lastSeen, data.received_at);
  news.set(issue_id, { eventCount: issue_event_count, lastSeen, latestEventId: event_id });
}

/** The issue as it is now; the same object when nothing is new. */
export function withNews<Issue extends ApiIssue>(issue: Issue, news: News): Issue {
  const latest = news.get(issue.id);
  if (latest === undefined || latest.eventCount <= issue.event_count) return issue;
  return { ...issue, event_count: latest.eventCount, last_seen: laterOf(issue.last_seen, latest.lastSeen) };
}

/** The pages of a list as they are now: counts, the newest bar of the small charts, and where the order follows them, the order. */
export function pagesWithNews(list: IssuePages, news: News, sort: IssueSort | undefined): IssuePages {
  const before = list.pages.flatMap(({ data }) => data);
  const after = before.map((issue) => withNewestBar(withNews(issue, news), issue));
  if (after.every((issue, index) => issue === before[index])) return list;
  const order = ORDERS[sort ?? "last_seen"];
  const rows = order === undefined ? after : after.toSorted(order);
  let start = 0;
  return {
    ...list,
    pages: list.pages.map((page) => ({ ...page, data: rows.slice(start, (start += page.data.length)) })),
  };
}

/** Orders that an event changes. Users and priorities are for the server to say. */
const ORDERS: Partial<Record<IssueSort, (one: ApiIssue, other: ApiIssue) => number>> = {
  last_seen: (one, other) => Date.parse(other.last_seen) - Date.parse(one.last_seen),
  events: (one, other) => other.event_count - one.event_count,
};

function withNewestBar(now: ApiListedIssue, before: ApiListedIssue): ApiListedIssue {
  const more = now.event_count - before.event_count;
  if (now.stats === undefined || more === 0) return now;
  return { ...now, stats: now.stats.map((count, index, { length }) => (index === length - 1 ? count + more : count)) };
}

const laterOf = (one: string, other: string) => (Date.parse(one) >= Date.parse(other) ? one : other);
