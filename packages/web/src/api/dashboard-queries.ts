import type {
  ApiAccount,
  ApiHealth,
  ApiReleaseAdoption,
  ApiTagCount,
  ApiTopIssue,
  ApiUsersAffected,
  ApiVolumeBucket,
} from "@mesher/protocol";
import { queryOptions } from "@tanstack/react-query";
import { type RangeQuery, unitOf } from "../dashboards/dashboard-search.ts";
import { isLive } from "../live/feed.ts";
import { getJson, type Query } from "./client.ts";

/** What is counted changes all the time; whoever looks at a month need not see every second of it. */
const REFRESH_MS = 15_000;
/** Where events are told as they happen, only what nobody tells is left to ask for: time that goes by, and what was refused. */
const REFRESH_LIVE_MS = 60_000;
const TAG_VALUES = 10;
const RELEASES = 6;

function dashboardQuery<Answer>(projectSlug: string, part: string, query: Query) {
  return queryOptions({
    queryKey: ["dashboard", projectSlug, part, query],
    queryFn: ({ signal }) =>
      getJson<Answer>(`api/v1/projects/${encodeURIComponent(projectSlug)}/dashboard/${part}`, query, signal),
    refetchInterval: () => (isLive(projectSlug) ? REFRESH_LIVE_MS : REFRESH_MS),
    staleTime: REFRESH_MS,
    // What was shown stays while another range is on its way: nothing jumps. Of another project or tag it would be wrong.
    placeholderData: (previous, before) => {
      const [, slug, , asked] = before?.queryKey ?? [];
      return slug === projectSlug && (asked as Query | undefined)?.["key"] === query["key"] ? previous : undefined;
    },
  });
}

export const volumeQuery = (projectSlug: string, range: RangeQuery, tz: string) =>
  dashboardQuery<readonly ApiVolumeBucket[]>(projectSlug, "volume", { ...range, tz, bucket: unitOf(range) });

export const usersQuery = (projectSlug: string, range: RangeQuery, tz: string) =>
  dashboardQuery<ApiUsersAffected>(projectSlug, "users", { ...range, tz, bucket: unitOf(range) });

export const healthQuery = (projectSlug: string, tz: string) =>
  dashboardQuery<ApiHealth>(projectSlug, "health", { tz });

export const topIssuesQuery = (projectSlug: string, range: RangeQuery) =>
  dashboardQuery<readonly ApiTopIssue[]>(projectSlug, "top-issues", { ...range });

export const tagKeysQuery = (projectSlug: string) => dashboardQuery<readonly string[]>(projectSlug, "tag-keys", {});

export const tagQuery = (projectSlug: string, range: RangeQuery, key: string) =>
  dashboardQuery<readonly ApiTagCount[]>(projectSlug, "tags", { ...range, key, limit: TAG_VALUES });

export const releasesQuery = (projectSlug: string, range: RangeQuery) =>
  dashboardQuery<readonly ApiReleaseAdoption[]>(projectSlug, "releases", { ...range, limit: RELEASES });

export const accountQuery = (projectSlug: string, range: RangeQuery) =>
  dashboardQuery<ApiAccount>(projectSlug, "account", { ...range });
