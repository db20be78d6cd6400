/** API tokens of the organization: for programs that are nobody's. */
import type { ApiNewToken, ApiToken } from "@mesher/protocol";
import { Type } from "typebox";
import { isScope, ROLES, SCOPE_NAMES, type Scope } from "../organizations/access.ts";
import { type ApiTokenSummary, listApiTokens } from "../organizations/api-tokens.queries.ts";
import { makeToken, revokeToken } from "../organizations/api-tokens.ts";
import { badRequest, notFound } from "./api-error.ts";
import type { ApiDependencies, App } from "./dependencies.ts";
import { isUuid } from "./pages-of-lists.ts";

const ADMINISTER = { config: { access: { role: "admin", scope: "org:admin" } } } as const;

export const NewTokenBody = Type.Object({
  label: Type.String({ minLength: 1, maxLength: 100 }),
  scopes: Type.Array(Type.String({ maxLength: 50 }), { minItems: 1, maxItems: 20 }),
});
const NewOrganizationTokenBody = Type.Object({
  ...NewTokenBody.properties,
  role: Type.Optional(Type.Union(ROLES.map((role) => Type.Literal(role)))),
});

export function registerTokenRoutes(app: App, deps: ApiDependencies): void {
  app.get("/api/v1/orgs/:org/tokens", ADMINISTER, async (request): Promise<ApiToken[]> => {
    const { organizationId } = await deps.authenticate(request);
    return (await listApiTokens(deps.database, { organizationId })).map(showToken);
  });

  app.post<{ Body: Type.Static<typeof NewOrganizationTokenBody> }>(
    "/api/v1/orgs/:org/tokens",
    { ...ADMINISTER, schema: { body: NewOrganizationTokenBody } },
    async (request, reply): Promise<ApiNewToken> => {
      const actor = await deps.authenticate(request);
      const { label, role = "member", scopes } = request.body;
      const { id, secret } = await makeToken(deps.database, actor, { label, role, scopes: parseScopes(scopes) });
      reply.code(201);
      return { id, token: secret };
    },
  );

  app.post<{ Params: { token: string } }>("/api/v1/orgs/:org/tokens/:token/revoke", ADMINISTER, async (request) => {
    const actor = await deps.authenticate(request);
    const { token } = request.params;
    if (!isUuid(token) || !(await revokeToken(deps.database, actor, { id: token }))) throw notFound("token");
    return { status: "ok", affected: 1 };
  });
}

export function parseScopes(given: readonly string[]): readonly Scope[] {
  const unknown = given.find((scope) => !isScope(scope));
  if (unknown !== undefined) throw badRequest(`scopes are ${SCOPE_NAMES.join(", ")}`);
  return [...new Set(given.filter(isScope))];
}

export function showToken(token: ApiTokenSummary): ApiToken {
  return {
    id: token.id,
    label: token.label,
    role: token.role,
    scopes: token.scopes,
    created_at: token.createdAt.toISOString(),
    last_used_at: token.lastUsedAt?.toISOString() ?? null,
  };
}
