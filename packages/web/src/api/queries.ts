import type {
  ApiActivityPage,
  ApiBucket,
  ApiEventDetail,
  ApiFoundEvent,
  ApiIssue,
  ApiIssueDetail,
  ApiIssueTag,
  ApiListedIssue,
  ApiMember,
  ApiPage,
  ApiProject,
  ApiProjectDetail,
  ApiTeam,
  ApiTeamDetail,
} from "@mesher/protocol";
import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import { OWN_ZONE } from "../charts/bucket-names.ts";
import type { IssueFilter } from "../issues/issues-search.ts";
import { isLive } from "../live/feed.ts";
import { getExactJson, getJson } from "./client.ts";

/** Of what the feed tells only while there is none. */
const REFRESH_MS = 3_000;
const ISSUES_PER_PAGE = 50;
const EVENTS_PER_PAGE = 50;
const COUNTS_REFRESH_MS = 15_000;
const HOUR_MS = 3_600_000;
const ACTIVITY_PER_PAGE = 10;

interface Cursor {
  readonly cursor: string | undefined;
  readonly cursor_id: string | undefined;
}
const FIRST_PAGE: Cursor = { cursor: undefined, cursor_id: undefined };

export function projectsQuery() {
  return queryOptions({
    queryKey: ["projects"],
    queryFn: ({ signal }) => getJson<ApiProject[]>("api/v1/projects", {}, signal),
    staleTime: 60_000,
  });
}

/** Also by what it was called before. */
export function projectQuery(named: string) {
  return queryOptions({
    queryKey: ["project", named],
    queryFn: ({ signal }) => getJson<ApiProjectDetail>(`api/v1/projects/${encodeURIComponent(named)}`, {}, signal),
    staleTime: 60_000,
  });
}

export function issuesQuery(projectSlug: string, filter: IssueFilter) {
  return infiniteQueryOptions({
    queryKey: ["issues", projectSlug, filter],
    queryFn: ({ signal, pageParam }) =>
      getJson<ApiPage<ApiListedIssue>>(
        `api/v1/projects/${encodeURIComponent(projectSlug)}/issues`,
        {
          ...conditionsOf(filter),
          sort: filter.sort,
          stats: filter.stats,
          tz: OWN_ZONE,
          limit: ISSUES_PER_PAGE,
          ...pageParam,
        },
        signal,
      ),
    initialPageParam: FIRST_PAGE,
    getNextPageParam: nextCursor,
    // A refresh reads every page that is on screen: the more there are, the rarer.
    refetchInterval: (query) => !isLive(projectSlug) && REFRESH_MS * Math.max(1, query.state.data?.pages.length ?? 1),
    // A list stays while a narrower one is on its way, that of another project does not.
    placeholderData: (previous, query) => (query?.queryKey[1] === projectSlug ? previous : undefined),
  });
}

/** Which issues a filter is about, as the API takes it. */
export function conditionsOf({ status, level, query, period }: IssueFilter) {
  return { status: status === "all" ? undefined : status, level, query, period };
}

/** Whether a project has any issue at all, of whatever status. */
export function hasIssuesQuery(projectSlug: string) {
  return queryOptions({
    queryKey: ["has-issues", projectSlug],
    queryFn: async ({ signal }) => {
      const path = `api/v1/projects/${encodeURIComponent(projectSlug)}/issues`;
      return (await getJson<ApiPage<ApiIssue>>(path, { limit: 1 }, signal)).data.length > 0;
    },
    // Once there is one there is no more to wait for.
    refetchInterval: (query) => !isLive(projectSlug) && query.state.data !== true && REFRESH_MS,
    staleTime: (query) => (query.state.data === true ? 60_000 : 0),
  });
}

export function teamsQuery(organization: string | undefined) {
  return queryOptions({
    queryKey: ["teams", organization],
    queryFn: ({ signal }) => getJson<ApiTeam[]>("api/v1/teams", {}, signal),
    enabled: organization !== undefined,
    staleTime: 60_000,
  });
}

export function teamQuery(organization: string, id: string) {
  return queryOptions({
    queryKey: ["teams", organization, id],
    queryFn: ({ signal }) => getJson<ApiTeamDetail>(`api/v1/teams/${encodeURIComponent(id)}`, {}, signal),
  });
}

/** The people of an organization, whom issues can be assigned to. */
export function membersQuery(organization: string | undefined) {
  return queryOptions({
    queryKey: ["members", organization],
    queryFn: ({ signal }) =>
      getJson<ApiMember[]>(`api/v1/orgs/${encodeURIComponent(organization ?? "")}/members`, {}, signal),
    enabled: organization !== undefined,
    staleTime: 60_000,
  });
}

export function issueQuery(issueId: string) {
  return queryOptions({
    queryKey: ["issue", issueId],
    queryFn: ({ signal }) => getJson<ApiIssueDetail>(`api/v1/issues/${encodeURIComponent(issueId)}`, {}, signal),
    refetchInterval: () => !isLive() && REFRESH_MS,
  });
}

/** What happened to an issue, and what people say about it, newest first. */
export function activityQuery(issueId: string) {
  return infiniteQueryOptions({
    queryKey: ["activity", issueId],
    queryFn: ({ signal, pageParam }) =>
      getJson<ApiActivityPage>(
        `api/v1/issues/${encodeURIComponent(issueId)}/activity`,
        { limit: ACTIVITY_PER_PAGE, ...pageParam },
        signal,
      ),
    initialPageParam: FIRST_PAGE,
    getNextPageParam: nextCursor,
  });
}

/** Which events a list is of. */
export interface EventFilter {
  readonly query?: string | undefined;
  readonly period?: string | undefined;
  /** ISO 8601; instead of a period. */
  readonly from?: string | undefined;
  readonly to?: string | undefined;
}

export function issueEventsQuery(issueId: string, filter: EventFilter) {
  const path = `api/v1/issues/${encodeURIComponent(issueId)}/events`;
  return eventsQuery(["issue-events", issueId], path, filter, () => isLive());
}

export function projectEventsQuery(projectSlug: string, filter: EventFilter) {
  const path = `api/v1/projects/${encodeURIComponent(projectSlug)}/events`;
  return eventsQuery(["project-events", projectSlug], path, filter, () => isLive(projectSlug));
}

function eventsQuery(of: readonly [string, string], path: string, filter: EventFilter, isTold: () => boolean) {
  return infiniteQueryOptions({
    queryKey: [...of, filter],
    queryFn: ({ signal, pageParam }) =>
      getJson<ApiPage<ApiFoundEvent>>(path, { ...filter, limit: EVENTS_PER_PAGE, ...pageParam }, signal),
    initialPageParam: FIRST_PAGE,
    getNextPageParam: nextCursor,
    refetchInterval: (query) => !isTold() && REFRESH_MS * Math.max(1, query.state.data?.pages.length ?? 1),
    // A list stays while a narrower one is on its way, that of something else does not.
    placeholderData: (previous, query) => (query?.queryKey[1] === of[1] ? previous : undefined),
  });
}

/** How far back the chart of an issue goes. */
export function issueVolumeQuery(issueId: string, period: string) {
  return queryOptions({
    queryKey: ["issue-volume", issueId, period],
    queryFn: ({ signal }) =>
      getJson<readonly ApiBucket[]>(
        `api/v1/issues/${encodeURIComponent(issueId)}/volume`,
        { period, tz: OWN_ZONE },
        signal,
      ),
    // Also of an issue that does not happen the chart moves on.
    refetchInterval: () => (isLive() ? HOUR_MS : COUNTS_REFRESH_MS),
    placeholderData: (previous, query) => (query?.queryKey[1] === issueId ? previous : undefined),
  });
}

export function issueTagsQuery(issueId: string) {
  return queryOptions({
    queryKey: ["issue-tags", issueId],
    queryFn: ({ signal }) =>
      getJson<readonly ApiIssueTag[]>(`api/v1/issues/${encodeURIComponent(issueId)}/tags`, {}, signal),
    refetchInterval: () => !isLive() && COUNTS_REFRESH_MS,
  });
}

export function eventQuery(issueId: string, eventId: string) {
  return queryOptions<ApiEventDetail>({
    queryKey: ["event", issueId, eventId],
    queryFn: ({ signal }) => getExactJson<ApiEventDetail>(`api/v1/events/${encodeURIComponent(eventId)}`, {}, signal),
    structuralSharing: (before, after) => withSameEvent(before as ApiEventDetail | undefined, after as ApiEventDetail),
    // An event never changes, but the newest one may get a successor.
    staleTime: 10_000,
    // The event before stays while its neighbour loads, an event of another issue does not.
    placeholderData: (previous, query) => (query?.queryKey[1] === issueId ? previous : undefined),
  });
}

/** What surrounds an event may have changed, the event itself only moves. Exact numbers in it do not bear to be put together anew. */
function withSameEvent(before: ApiEventDetail | undefined, after: ApiEventDetail): ApiEventDetail {
  if (before?.event.id !== after.event.id || before.event.issue_id !== after.event.issue_id) return after;
  const isUnmoved = JSON.stringify(before.navigation) === JSON.stringify(after.navigation);
  return isUnmoved ? before : { ...after, event: before.event };
}

function nextCursor(page: ApiPage<unknown>): Cursor | undefined {
  return page.has_more ? { cursor: page.next_cursor, cursor_id: page.next_cursor_id } : undefined;
}
