import type {
  ApiAuditEntry,
  ApiInvitation,
  ApiLogin,
  ApiPage,
  ApiPasskey,
  ApiProjectKey,
  ApiProjectSettings,
  ApiProjectStorage,
  ApiSignInMethods,
  ApiStorage,
  ApiToken,
} from "@mesher/protocol";
import { infiniteQueryOptions, keepPreviousData, queryOptions } from "@tanstack/react-query";
import { type AuditSearch, auditFilterOf } from "../settings/audit-search.ts";
import { getJson } from "./client.ts";

const AUDIT_PER_PAGE = 50;
const STORAGE_REFRESH_MS = 30_000;

const part = encodeURIComponent;

export function invitationsQuery(organization: string) {
  return queryOptions({
    queryKey: ["invitations", organization],
    queryFn: ({ signal }) => getJson<ApiInvitation[]>(`api/v1/orgs/${part(organization)}/invitations`, {}, signal),
  });
}

/** `path`: where the API has them, those of an organization or one's own. */
export function tokensQuery(path: string) {
  return queryOptions({
    queryKey: ["tokens", path],
    queryFn: ({ signal }) => getJson<ApiToken[]>(path, {}, signal),
  });
}

export function signInMethodsQuery() {
  return queryOptions({
    queryKey: ["sign-in-methods"],
    queryFn: ({ signal }) => getJson<ApiSignInMethods>("api/v1/me/sign-in-methods", {}, signal),
  });
}

export function storageQuery() {
  return queryOptions({
    queryKey: ["storage"],
    queryFn: ({ signal }) => getJson<ApiStorage>("api/v1/storage", {}, signal),
    refetchInterval: STORAGE_REFRESH_MS,
  });
}

export function projectStorageQuery(projectSlug: string) {
  return queryOptions({
    queryKey: ["project-storage", projectSlug],
    queryFn: ({ signal }) => getJson<ApiProjectStorage>(`api/v1/projects/${part(projectSlug)}/storage`, {}, signal),
    refetchInterval: STORAGE_REFRESH_MS,
  });
}

export function loginsQuery() {
  return queryOptions({
    queryKey: ["logins"],
    queryFn: ({ signal }) => getJson<ApiLogin[]>("api/v1/me/logins", {}, signal),
  });
}

export function passkeysQuery() {
  return queryOptions({
    queryKey: ["passkeys"],
    queryFn: ({ signal }) => getJson<ApiPasskey[]>("api/v1/me/passkeys", {}, signal),
  });
}

/** What was shown before stays while other entries are read. */
export function auditQuery(search: AuditSearch) {
  const filter = auditFilterOf(search);
  return infiniteQueryOptions({
    queryKey: ["audit", filter],
    placeholderData: keepPreviousData,
    queryFn: ({ signal, pageParam }) =>
      getJson<ApiPage<ApiAuditEntry>>("api/v1/audit", { limit: AUDIT_PER_PAGE, ...filter, ...pageParam }, signal),
    initialPageParam: {},
    getNextPageParam: (page) =>
      page.has_more ? { cursor: page.next_cursor, cursor_id: page.next_cursor_id } : undefined,
  });
}

export function projectKeysQuery(projectSlug: string) {
  return queryOptions({
    queryKey: ["project-keys", projectSlug],
    queryFn: ({ signal }) => getJson<ApiProjectKey[]>(`api/v1/projects/${part(projectSlug)}/api-keys`, {}, signal),
  });
}

export function projectSettingsQuery(projectSlug: string) {
  return queryOptions({
    queryKey: ["project-settings", projectSlug],
    queryFn: ({ signal }) => getJson<ApiProjectSettings>(`api/v1/projects/${part(projectSlug)}/settings`, {}, signal),
  });
}
