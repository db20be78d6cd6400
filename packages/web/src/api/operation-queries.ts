import type { ApiCluster, ApiJobs } from "@mesher/protocol";
import { queryOptions } from "@tanstack/react-query";
import { getJson } from "./client.ts";

const CLUSTER_REFRESH_MS = 2_000;
const JOBS_REFRESH_MS = 5_000;

export function clusterQuery() {
  return queryOptions({
    queryKey: ["cluster"],
    queryFn: ({ signal }) => getJson<ApiCluster>("api/v1/cluster", {}, signal),
    refetchInterval: CLUSTER_REFRESH_MS,
    // The next look is soon enough, and a node that is gone is to be said at once.
    retry: false,
  });
}

export function jobsQuery() {
  return queryOptions({
    queryKey: ["jobs"],
    queryFn: ({ signal }) => getJson<ApiJobs>("api/v1/jobs", {}, signal),
    refetchInterval: JOBS_REFRESH_MS,
  });
}
