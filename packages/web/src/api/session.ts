import type { ApiMe, ApiMembership, ApiRole } from "@mesher/protocol";
import { queryOptions } from "@tanstack/react-query";
import { getJson } from "./client.ts";
import { currentToken } from "./token.ts";

/** Who uses the pages. */
export interface Session {
  /** Null: the bearer of a token that is nobody's. */
  readonly user: ApiMe["user"] | null;
  readonly organizations: readonly ApiMembership[];
  /** What the pages are about; undefined: the person is in none. */
  readonly organization: ApiMembership | undefined;
}

export function sessionQuery() {
  return queryOptions({
    queryKey: ["session"],
    queryFn: async ({ signal }): Promise<Session> => {
      if (currentToken() !== null) {
        const organizations = await getJson<ApiMembership[]>("api/v1/orgs", {}, signal);
        return { user: null, organizations, organization: organizations[0] };
      }
      const me = await getJson<ApiMe>("api/v1/me", {}, signal);
      return {
        user: me.user,
        organizations: me.organizations,
        organization: me.organizations.find(({ id }) => id === me.organization_id),
      };
    },
    staleTime: 60_000,
  });
}

const RANK: Readonly<Record<ApiRole, number>> = { member: 0, admin: 1, owner: 2 };

export function hasRole(session: Session | undefined, least: ApiRole): boolean {
  return session?.organization !== undefined && RANK[session.organization.role] >= RANK[least];
}
