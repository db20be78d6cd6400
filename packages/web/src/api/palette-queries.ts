import type { ApiIssue, ApiIssueDetail, ApiPage, ApiProject } from "@mesher/protocol";
import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import { ApiFailure, getJson } from "./client.ts";

/** A letter alone fits to everything. */
const QUERY_LENGTH_MIN = 2;
const ISSUES_PER_PROJECT = 5;
/** Each is asked by itself. */
const PROJECTS_MAX = 6;
const SHORT_ID = /^[a-z0-9-]+-\d+$/i;

/** Issues for what somebody typed: a short id, or words of a search. */
export function palettedIssuesQuery(query: string, projects: readonly ApiProject[]) {
  const slugs = projects.slice(0, PROJECTS_MAX).map(({ slug }) => slug);
  return queryOptions({
    queryKey: ["palette", query, slugs],
    queryFn: async ({ signal }): Promise<readonly ApiIssue[]> => {
      if (SHORT_ID.test(query)) {
        const named = await findByShortId(query, signal);
        if (named !== undefined) return [named];
      }
      return (await Promise.all(slugs.map((slug) => search(slug, query, signal)))).flat();
    },
    enabled: query.length >= QUERY_LENGTH_MIN,
    ...(query.length >= QUERY_LENGTH_MIN && { placeholderData: keepPreviousData }),
    staleTime: 10_000,
  });
}

async function findByShortId(shortId: string, signal: AbortSignal): Promise<ApiIssue | undefined> {
  try {
    return await getJson<ApiIssueDetail>(`api/v1/issues/by-short-id/${encodeURIComponent(shortId)}`, {}, signal);
  } catch (error) {
    if (error instanceof ApiFailure && error.status === 404) return undefined;
    throw error;
  }
}

async function search(slug: string, query: string, signal: AbortSignal): Promise<readonly ApiIssue[]> {
  try {
    const path = `api/v1/projects/${encodeURIComponent(slug)}/issues`;
    return (await getJson<ApiPage<ApiIssue>>(path, { query, limit: ISSUES_PER_PROJECT }, signal)).data;
  } catch (error) {
    // Half-typed, it may be no search yet.
    if (error instanceof ApiFailure && error.code === "invalid_search") return [];
    throw error;
  }
}
