import type { ApiVolumeBucket } from "@mesher/protocol";
import { queryOptions } from "@tanstack/react-query";
import { type RangeQuery, unitOf } from "../dashboards/dashboard-search.ts";
import { getJson, type Query } from "./client.ts";

/** What is counted changes all the time; whoever looks at a month need not see every second of it. */
const REFRESH_MS = 15_000;

function dashboardQuery<Answer>(projectSlug: string, part: string, query: Query) {
  return queryOptions({
    queryKey: ["dashboard", projectSlug, part, query],
    queryFn: ({ signal }) =>
      getJson<Answer>(`api/v1/projects/${encodeURIComponent(projectSlug)}/dashboard/${part}`, query, signal),
    refetchInterval: REFRESH_MS,
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
