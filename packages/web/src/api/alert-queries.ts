import type {
  AlertStatus,
  ApiAlert,
  ApiAlertDetail,
  ApiAlertPreview,
  ApiAlertPreviewRequest,
  ApiAlertRule,
  ApiPage,
} from "@mesher/protocol";
import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import { isLive } from "../live/feed.ts";
import { getJson, getTagged, sendJson } from "./client.ts";

const REFRESH_MS = 10_000;
/** Where alerts are told as they fire, only what becomes of them is left to ask for. */
const REFRESH_LIVE_MS = 30_000;
const ALERTS_PER_PAGE = 50;

const part = encodeURIComponent;
const refreshMs = (projectSlug: string) => (isLive(projectSlug) ? REFRESH_LIVE_MS : REFRESH_MS);

export interface AlertFilter {
  readonly status?: AlertStatus | undefined;
  /** Of this rule. */
  readonly rule?: string | undefined;
}

export function alertRulesQuery(projectSlug: string) {
  return queryOptions({
    queryKey: ["alert-rules", projectSlug],
    queryFn: ({ signal }) => getJson<ApiAlertRule[]>(`api/v1/projects/${part(projectSlug)}/alert-rules`, {}, signal),
    refetchInterval: () => refreshMs(projectSlug),
  });
}

export function alertRuleQuery(ruleId: string) {
  return queryOptions({
    queryKey: ["alert-rule", ruleId],
    queryFn: ({ signal }) => getTagged<ApiAlertRule>(`api/v1/alert-rules/${part(ruleId)}`, signal),
  });
}

export function alertsQuery(projectSlug: string, { status, rule }: AlertFilter) {
  return infiniteQueryOptions({
    queryKey: ["alerts", projectSlug, { status, rule }],
    queryFn: ({ signal, pageParam }) =>
      getJson<ApiPage<ApiAlert>>(
        `api/v1/projects/${part(projectSlug)}/alerts/history`,
        { status, rule, limit: ALERTS_PER_PAGE, ...pageParam },
        signal,
      ),
    initialPageParam: {},
    getNextPageParam: (page) =>
      page.has_more ? { cursor: page.next_cursor, cursor_id: page.next_cursor_id } : undefined,
    refetchInterval: (query) => refreshMs(projectSlug) * Math.max(1, query.state.data?.pages.length ?? 1),
    placeholderData: (previous, query) => (query?.queryKey[1] === projectSlug ? previous : undefined),
  });
}

export function alertQuery(alertId: string) {
  return queryOptions({
    queryKey: ["alert", alertId],
    queryFn: ({ signal }) => getJson<ApiAlertDetail>(`api/v1/alerts/${part(alertId)}`, {}, signal),
    refetchInterval: REFRESH_MS,
  });
}

/** Asked as a POST, since a rule is too much for an address, but it changes nothing. */
export function alertPreviewQuery(projectSlug: string, request: ApiAlertPreviewRequest | undefined) {
  return queryOptions({
    queryKey: ["alert-preview", projectSlug, request],
    queryFn: () =>
      sendJson<ApiAlertPreview>("POST", `api/v1/projects/${part(projectSlug)}/alert-rules/preview`, request),
    enabled: request !== undefined,
    staleTime: 60_000,
    placeholderData: (previous) => previous,
  });
}
