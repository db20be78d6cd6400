import type {
  ApiDelivery,
  ApiDeliveryDetail,
  ApiDestination,
  ApiNotificationPreferences,
  ApiPage,
  DeliveryStatus,
} from "@mesher/protocol";
import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import { getJson } from "./client.ts";

const REFRESH_MS = 5_000;
/** Whoever waits for one message wants to see it arrive. */
const WATCH_MS = 1_000;
const DELIVERIES_PER_PAGE = 50;

const part = encodeURIComponent;

export function destinationsQuery(organization: string) {
  return queryOptions({
    queryKey: ["destinations", organization],
    queryFn: async ({ signal }) =>
      (await getJson<{ data: readonly ApiDestination[] }>(`api/v1/orgs/${part(organization)}/destinations`, {}, signal))
        .data,
  });
}

export interface DeliveryFilter {
  readonly status?: DeliveryStatus | undefined;
  readonly destination?: string | undefined;
}

export function deliveriesQuery(organization: string, { status, destination }: DeliveryFilter) {
  return infiniteQueryOptions({
    queryKey: ["deliveries", organization, { status, destination }],
    queryFn: ({ signal, pageParam }) =>
      getJson<ApiPage<ApiDelivery>>(
        `api/v1/orgs/${part(organization)}/deliveries`,
        { status, destination, limit: DELIVERIES_PER_PAGE, ...pageParam },
        signal,
      ),
    initialPageParam: {},
    getNextPageParam: (page) =>
      page.has_more ? { cursor: page.next_cursor, cursor_id: page.next_cursor_id } : undefined,
    refetchInterval: (query) => REFRESH_MS * Math.max(1, query.state.data?.pages.length ?? 1),
    placeholderData: (previous) => previous,
  });
}

export function deliveryQuery(organization: string, deliveryId: string) {
  return queryOptions({
    queryKey: ["delivery", organization, deliveryId],
    queryFn: ({ signal }) =>
      getJson<ApiDeliveryDetail>(`api/v1/orgs/${part(organization)}/deliveries/${part(deliveryId)}`, {}, signal),
    refetchInterval: ({ state: { data } }) => (data !== undefined && isOver(data) ? false : WATCH_MS),
  });
}

export function isOver({ status }: ApiDelivery): boolean {
  return status !== "waiting" && status !== "sending";
}

export function preferencesQuery() {
  return queryOptions({
    queryKey: ["notification-preferences"],
    queryFn: ({ signal }) => getJson<ApiNotificationPreferences>("api/v1/me/notification-preferences", {}, signal),
  });
}
