/** A person about themselves: where they belong, where they are signed in, tokens of their own. */
import type { ApiLogin, ApiMe, ApiNewToken, ApiSignInMethods, ApiToken } from "@mesher/protocol";
import { Type } from "typebox";
import { listApiTokens } from "../organizations/api-tokens.queries.ts";
import { makeToken, revokeToken } from "../organizations/api-tokens.ts";
import { renamePerson, signOut } from "../organizations/audit-person.ts";
import { listMemberships } from "../organizations/members.queries.ts";
import { OIDC_PROVIDER, PASSWORD_PROVIDER } from "../people/auth-options.ts";
import { chooseOrganization, findUser, listLogins, listSignInProviders } from "../people/users.queries.ts";
import { notFound, RequestRefusedError } from "./api-error.ts";
import { takeNoBodyAsEmpty } from "./check-fields.ts";
import type { ApiDependencies, App } from "./dependencies.ts";
import { PersonName } from "./invitations.ts";
import { showMembership } from "./organizations.ts";
import { isUuid } from "./pages-of-lists.ts";
import { NewTokenBody, parseScopes, showToken } from "./tokens.ts";

const PERSON = { config: { access: "person" } } as const;

const PersonBody = Type.Object({ display_name: PersonName });
const EndBody = Type.Object({ others: Type.Optional(Type.Boolean({ description: "Stay signed in here" })) });
const ChoiceBody = Type.Object({ organization: Type.String({ maxLength: 100 }) });

export function registerMeRoutes(app: App, deps: ApiDependencies): void {
  /** Also makes a login that is in use last longer, and its cookie with it. */
  app.get("/api/v1/me", PERSON, async (request, reply): Promise<ApiMe> => {
    const login = await deps.authenticatePerson(request);
    for (const cookie of await deps.auth.renewLogin(request.headers.cookie ?? "")) reply.header("set-cookie", cookie);
    const [user, memberships] = await Promise.all([
      findUser(deps.database, login.userId),
      listMemberships(deps.database, login.userId),
    ]);
    if (user === undefined) throw new RequestRefusedError(401, "unauthorized", "sign in first");
    const chosen = memberships.find(({ organizationId }) => organizationId === login.organizationId) ?? memberships[0];
    return {
      user: { id: user.id, email: user.email, display_name: user.name, two_factor: user.hasTwoFactor },
      organizations: memberships.map(showMembership),
      organization_id: chosen?.organizationId ?? null,
    };
  });

  app.patch<{ Body: Type.Static<typeof PersonBody> }>(
    "/api/v1/me",
    { ...PERSON, schema: { body: PersonBody } },
    async (request) => {
      const person = await deps.authenticatePerson(request);
      await renamePerson(deps.database, person, request.body.display_name.trim());
      return { status: "ok", affected: 1 };
    },
  );

  /** From now on requests of this login are about that organization, unless they name one. */
  app.post<{ Body: Type.Static<typeof ChoiceBody> }>(
    "/api/v1/me/organization",
    { ...PERSON, schema: { body: ChoiceBody } },
    async (request) => {
      const login = await deps.authenticatePerson(request);
      const { organization } = request.body;
      const memberships = await listMemberships(deps.database, login.userId);
      const chosen = memberships.find(({ organizationId, slug }) => [organizationId, slug].includes(organization));
      if (chosen === undefined) throw notFound("organization");
      await chooseOrganization(deps.database, login.loginId, chosen.organizationId);
      return showMembership(chosen);
    },
  );

  app.get("/api/v1/me/logins", PERSON, async (request): Promise<ApiLogin[]> => {
    const { userId, loginId } = await deps.authenticatePerson(request);
    return (await listLogins(deps.database, userId)).map((login) => ({
      id: login.id,
      ip_address: login.ipAddress,
      user_agent: login.userAgent,
      created_at: login.createdAt.toISOString(),
      expires_at: login.expiresAt.toISOString(),
      current: login.id === loginId,
    }));
  });

  app.post<{ Params: { login: string } }>("/api/v1/me/logins/:login/end", PERSON, async (request) => {
    const person = await deps.authenticatePerson(request);
    const { login } = request.params;
    const affected = isUuid(login) ? await signOut(deps.database, person, { only: login }) : 0;
    if (affected === 0) throw notFound("login");
    return { status: "ok", affected };
  });

  /** Signs out everywhere, here too unless asked for the others alone. */
  app.post<{ Body: Type.Static<typeof EndBody> }>(
    "/api/v1/me/logins/end",
    { ...PERSON, schema: { body: EndBody }, preValidation: takeNoBodyAsEmpty },
    async (request) => {
      const person = await deps.authenticatePerson(request);
      const choice = request.body.others === true ? { allBut: person.loginId } : "all";
      return { status: "ok", affected: await signOut(deps.database, person, choice) };
    },
  );

  app.get("/api/v1/me/sign-in-methods", PERSON, async (request): Promise<ApiSignInMethods> => {
    const { userId } = await deps.authenticatePerson(request);
    const [user, providers] = await Promise.all([
      findUser(deps.database, userId),
      listSignInProviders(deps.database, userId),
    ]);
    const hasTwoFactor = user?.hasTwoFactor === true;
    return {
      password: providers.includes(PASSWORD_PROVIDER),
      single_sign_on: providers.includes(OIDC_PROVIDER),
      two_factor: hasTwoFactor,
      recovery_codes_left: hasTwoFactor ? await deps.auth.countRecoveryCodes(userId) : 0,
    };
  });

  app.get("/api/v1/me/tokens", PERSON, async (request): Promise<ApiToken[]> => {
    const { organizationId, userId } = await getPerson(deps, request);
    return (await listApiTokens(deps.database, { organizationId, userId })).map(showToken);
  });

  /** In the organization the login is about. It may what the person may, now and later, within its scopes. */
  app.post<{ Body: Type.Static<typeof NewTokenBody> }>(
    "/api/v1/me/tokens",
    { ...PERSON, schema: { body: NewTokenBody } },
    async (request, reply): Promise<ApiNewToken> => {
      const actor = await getPerson(deps, request);
      const { label, scopes } = request.body;
      const wish = { label, role: actor.role, scopes: parseScopes(scopes), userId: actor.userId };
      const { id, secret } = await makeToken(deps.database, actor, wish);
      reply.code(201);
      return { id, token: secret };
    },
  );

  app.post<{ Params: { token: string } }>("/api/v1/me/tokens/:token/revoke", PERSON, async (request) => {
    const actor = await getPerson(deps, request);
    const { token } = request.params;
    const isRevoked = isUuid(token) && (await revokeToken(deps.database, actor, { id: token, userId: actor.userId }));
    if (!isRevoked) throw notFound("token");
    return { status: "ok", affected: 1 };
  });
}

/** Only somebody signed in: a token must not make further ones that outlive it. */
async function getPerson(deps: ApiDependencies, request: Parameters<ApiDependencies["authenticate"]>[0]) {
  const { userId } = await deps.authenticatePerson(request);
  return { ...(await deps.authenticate(request)), userId };
}
