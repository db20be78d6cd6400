/** The requests of `queries.ts`: every list, search and dashboard that reads issues or events. */
import { releaseOfDaysAgo } from "./seeder.ts";

export interface Query {
  readonly name: string;
  readonly path: string;
  /** How it may grow with the number of events: not at all, or a text up to a goal. */
  readonly kind: "flat" | "text";
}

/** What there is to ask for. */
export interface Seeded {
  readonly projectId: string;
  readonly hottestId: string;
  readonly hottestShortId: string;
  readonly eventId: string;
  /** Behind the first 100. */
  readonly issueCursor: string;
  readonly eventCursor: string;
  /** In one event only. */
  readonly rareWord: string;
}

const flat = (name: string, path: string): Query => ({ name, path, kind: "flat" });
const text = (name: string, path: string): Query => ({ name, path, kind: "text" });
const query = (search: string) => `query=${encodeURIComponent(search)}`;

export function listQueries(seeded: Seeded): Query[] {
  return [
    ...listIssueQueries(seeded),
    ...listEventQueries(seeded),
    ...listOfOneIssue(seeded),
    ...listDashboards(seeded),
    flat("overview", "/api/v1/overview"),
  ];
}

/** Those that may grow with the number of issues. */
export function listIssueQueries({ projectId, hottestId, hottestShortId, issueCursor, rareWord }: Seeded): Query[] {
  const issues = `/api/v1/projects/${projectId}/issues`;
  const dashboard = `/api/v1/projects/${projectId}/dashboard`;
  return [
    flat("issues", issues),
    flat("issues, as the page asks", `${issues}?status=unresolved&stats=24h`),
    flat("issues, 14 days of each", `${issues}?stats=14d`),
    flat("issues, second page", `${issues}?limit=100&${issueCursor}`),
    flat("issues of 24 h", `${issues}?period=24h`),
    ...["first_seen", "events", "users", "priority"].map((sort) => flat(`issues by ${sort}`, `${issues}?sort=${sort}`)),
    flat("issues: is, level, counts", `${issues}?${query("is:unresolved level:error timesSeen:>10")}`),
    flat("issues: rare level", `${issues}?${query("level:fatal")}`),
    flat("issues: nobody's", `${issues}?${query("is:unassigned !level:error")}`),
    flat("issues: resolved, of which there are none", `${issues}?${query("is:resolved")}`),
    flat("issues: common tag", `${issues}?${query("environment:production")}`),
    flat("issues: two tags", `${issues}?${query("environment:staging region:us-east")}`),
    flat("issues: old release", `${issues}?${query(`release:${releaseOfDaysAgo(6)} region:us-east`)}`),
    flat("issues: rare tag value", `${issues}?${query("plan:trial")}`),
    flat("issues: value beyond those counted", `${issues}?${query("customer:customer-4711")}`),
    flat("issues: tag with a star", `${issues}?${query("release:shop@4.*")}`),
    flat("issues: without a tag", `${issues}?${query("!environment:production")}`),
    flat("issues: rare tag that is not counted", `${issues}?${query("user.id:4711")}`),
    flat("issues: common tag that is not counted", `${issues}?${query("handled:no")}`),
    text("issues: common word", `${issues}?${query("typeerror")}`),
    text("issues: rare word", `${issues}?${query(rareWord)}`),
    text("issues: two words", `${issues}?${query("cannot i123")}`),
    flat("an issue", `/api/v1/issues/${hottestId}`),
    flat("an issue by its short id", `/api/v1/issues/by-short-id/${hottestShortId}`),
    flat("top issues", `${dashboard}/top-issues`),
    flat("top issues of 1 h", `${dashboard}/top-issues?period=1h`),
    flat("top issues of 7 days", `${dashboard}/top-issues?period=7d`),
    flat("health", `${dashboard}/health`),
  ];
}

function listEventQueries({ projectId, eventId, eventCursor, rareWord }: Seeded): Query[] {
  const events = `/api/v1/projects/${projectId}/events`;
  const week = `${events}?period=7d`;
  return [
    flat("events, 24 h", events),
    flat("events, 7 days", week),
    flat("events, second page", `${week}&limit=100&${eventCursor}`),
    flat("events: common tag, 7 days", `${week}&${query("plan:free")}`),
    flat("events: rare tag, 7 days", `${week}&${query("user.email:user4711@example.com")}`),
    flat("events: environment, 7 days", `${week}&${query("environment:staging")}`),
    flat("events: old release, 7 days", `${week}&${query(`release:${releaseOfDaysAgo(6)}`)}`),
    flat("events: release that is not there, 7 days", `${week}&${query("release:none")}`),
    flat("events: rare level, 7 days", `${week}&${query("level:fatal")}`),
    flat("events: level that is not there, 7 days", `${week}&${query("level:debug")}`),
    text("events: common word, 7 days", `${week}&${query("typeerror")}`),
    text("events: rare word, 7 days", `${week}&${query(rareWord)}`),
    text("events: beginning of a word, 7 days", `${week}&${query("lumb*")}`),
    text("events: word and tag, 7 days", `${week}&${query("typeerror plan:trial")}`),
    text("ranked: common word, 7 days", `${events}/search?period=7d&q=typeerror`),
    text("ranked: two words, 7 days", `${events}/search?period=7d&q=cannot%20charge`),
    text("ranked: rare word, 7 days", `${events}/search?period=7d&q=${rareWord}`),
    flat("tags, 24 h", `${events}/tags?key=region&value=us-east`),
    flat("an event", `/api/v1/events/${eventId}`),
  ];
}

function listOfOneIssue({ hottestId }: Seeded): Query[] {
  const issue = `/api/v1/issues/${hottestId}`;
  return [
    flat("an issue's events", `${issue}/events`),
    flat("an issue's events with a tag", `${issue}/events?${query("region:us-east")}`),
    flat("an issue's events with a rare tag", `${issue}/events?${query("plan:trial")}`),
    text("an issue's events with a rare word", `${issue}/events?${query("request1")}`),
    flat("an issue's timeline", `${issue}/timeline`),
    flat("an issue's volume, 7 days", `${issue}/volume?period=7d`),
    flat("an issue's tags", `${issue}/tags`),
  ];
}

function listDashboards({ projectId }: Seeded): Query[] {
  const dashboard = `/api/v1/projects/${projectId}/dashboard`;
  const suggest = `/api/v1/projects/${projectId}/search/suggest`;
  return [
    flat("volume, 24 h", `${dashboard}/volume`),
    flat("volume, 7 days", `${dashboard}/volume?period=7d&bucket=day&tz=Europe/Vienna`),
    flat("levels, 7 days", `${dashboard}/levels?period=7d`),
    flat("breakdown by transaction, 7 days", `${dashboard}/tags?key=transaction&period=7d`),
    flat("breakdown by customer, 7 days", `${dashboard}/tags?key=customer&period=7d`),
    flat("keys of tags", `${dashboard}/tag-keys`),
    flat("users, 7 days", `${dashboard}/users?period=7d&bucket=day`),
    flat("releases, 7 days", `${dashboard}/releases?period=7d`),
    flat("account, 7 days", `${dashboard}/account?period=7d`),
    flat("suggested keys", `${suggest}?prefix=re`),
    flat("suggested values", `${suggest}?prefix=transaction:p`),
    flat("suggested values of many", `${suggest}?prefix=customer:customer-47`),
    flat("storage", `/api/v1/projects/${projectId}/storage`),
  ];
}
