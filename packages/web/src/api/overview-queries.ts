import type { ApiIssue, ApiPage, ApiProjectOverview } from "@mesher/protocol";
import { queryOptions } from "@tanstack/react-query";
import { OWN_ZONE } from "../charts/bucket-names.ts";
import { getJson } from "./client.ts";

const REFRESH_MS = 10_000;

export function overviewQuery() {
  return queryOptions({
    queryKey: ["overview"],
    queryFn: ({ signal }) => getJson<readonly ApiProjectOverview[]>("api/v1/overview", { tz: OWN_ZONE }, signal),
    refetchInterval: REFRESH_MS,
  });
}

/** The issue of the newest event, whatever its status. */
export function newestIssueQuery(projectSlug: string) {
  return queryOptions({
    queryKey: ["newest-issue", projectSlug],
    queryFn: async ({ signal }) => {
      const path = `api/v1/projects/${encodeURIComponent(projectSlug)}/issues`;
      const [newest] = (await getJson<ApiPage<ApiIssue>>(path, { limit: 1 }, signal)).data;
      return newest ?? null;
    },
  });
}
