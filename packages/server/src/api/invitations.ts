/** Invitations, and what the holder of a one-time link does with it. */
import type { ApiInvitation, ApiInvitationOffer, ApiNewInvitation } from "@mesher/protocol";
import { Type } from "typebox";
import { type Invitation, listInvitations } from "../organizations/invitations.queries.ts";
import { acceptAsNewPerson, acceptAsUser, invite, readLink, revoke } from "../organizations/invitations.ts";
import { findOrganization } from "../organizations/members.queries.ts";
import { usePasswordReset } from "../organizations/password-resets.ts";
import { OrganizationRefusedError } from "../organizations/refusal.ts";
import { PASSWORD_LENGTH_MAX, PASSWORD_LENGTH_MIN } from "../people/auth-options.ts";
import { isSignInAddress, MUST_BE_ADDRESS } from "../people/email-address.ts";
import { findUser, findUserByEmail } from "../people/users.queries.ts";
import { badRequest, notFound, RequestRefusedError } from "./api-error.ts";
import type { ApiDependencies, App } from "./dependencies.ts";
import { parseRole } from "./organizations.ts";
import { isUuid } from "./pages-of-lists.ts";

const ADMINISTER = { config: { access: { role: "admin", scope: "org:admin" } } } as const;
const OPEN = { config: { access: "open" } } as const;

export const Email = Type.String({ maxLength: 254, pattern: "^[^@\\s]+@[^@\\s]+$" });
export const Password = Type.String({ minLength: PASSWORD_LENGTH_MIN, maxLength: PASSWORD_LENGTH_MAX });
export const PersonName = Type.String({ minLength: 1, maxLength: 100, pattern: "\\S" });
const LinkToken = Type.String({ minLength: 16, maxLength: 100 });

const InviteBody = Type.Object({ email: Email, role: Type.Optional(Type.String({ maxLength: 20 })) });
const LookUpBody = Type.Object({ token: LinkToken });
const AcceptBody = Type.Object({
  token: LinkToken,
  email: Type.Optional(Email),
  display_name: Type.Optional(PersonName),
  password: Type.Optional(Password),
});
const ResetBody = Type.Object({ token: LinkToken, password: Password });

export function registerInvitationRoutes(app: App, deps: ApiDependencies): void {
  app.get<{ Params: { org: string } }>(
    "/api/v1/orgs/:org/invitations",
    ADMINISTER,
    async (request): Promise<ApiInvitation[]> => {
      const { organizationId } = await deps.authenticate(request);
      return (await listInvitations(deps.database, organizationId)).map(showInvitation);
    },
  );

  app.post<{ Params: { org: string }; Body: Type.Static<typeof InviteBody> }>(
    "/api/v1/orgs/:org/invitations",
    { ...ADMINISTER, schema: { body: InviteBody } },
    async (request, reply): Promise<ApiNewInvitation> => {
      const actor = await deps.authenticate(request);
      const { email, role = "member" } = request.body;
      // A provider signs in whomever it knows, by any address.
      if (!deps.auth.hasSingleSignOn) demandSignInAddress(email);
      const { invitation, token } = await invite(deps.database, actor, { email, role: parseRole(role) });
      reply.code(201);
      return { ...showInvitation(invitation), link: deps.linkOf("join", token) };
    },
  );

  app.post<{ Params: { org: string; invitation: string } }>(
    "/api/v1/orgs/:org/invitations/:invitation/revoke",
    ADMINISTER,
    async (request) => {
      const actor = await deps.authenticate(request);
      const { invitation } = request.params;
      if (!isUuid(invitation) || !(await revoke(deps.database, actor, invitation))) throw notFound("invitation");
      return { status: "ok", affected: 1 };
    },
  );

  /** What a link offers. POST, because the token must not stand in an address that proxies log. */
  app.post<{ Body: Type.Static<typeof LookUpBody> }>(
    "/api/v1/invitations/look-up",
    { ...OPEN, schema: { body: LookUpBody } },
    async (request): Promise<ApiInvitationOffer> => {
      const invitation = await getInvitation(deps, request.body.token);
      const organization = await findOrganization(deps.database, invitation.organizationId);
      if (organization === undefined) throw notFound("invitation");
      return {
        organization: { slug: organization.slug, name: organization.name },
        email: invitation.email,
        role: invitation.role,
        expires_at: invitation.expiresAt.toISOString(),
      };
    },
  );

  /** Accepts as whoever is signed in, or makes a new person of name and password. The new person then signs in. */
  app.post<{ Body: Type.Static<typeof AcceptBody> }>(
    "/api/v1/invitations/accept",
    { ...OPEN, schema: { body: AcceptBody } },
    async (request, reply) => {
      const { token, email, display_name: name, password } = request.body;
      const invitation = await getInvitation(deps, token);
      if (password === undefined) {
        const login = await deps.authenticatePerson(request);
        const user = await findUser(deps.database, login.userId);
        if (user === undefined) throw notFound("user");
        await acceptAsUser(deps.database, invitation, user);
        return { user_id: user.id, organization_id: invitation.organizationId };
      }
      const address = invitation.email ?? email;
      if (address === undefined) throw badRequest("email is required");
      if (name === undefined) throw badRequest("display_name is required");
      demandSignInAddress(address);
      // Before the password is hashed, which is what costs.
      if ((await findUserByEmail(deps.database, address)) !== undefined)
        throw new OrganizationRefusedError("email_taken");
      const passwordHash = await deps.auth.hashPassword(password);
      const { userId } = await acceptAsNewPerson(deps.database, invitation, { email: address, name, passwordHash });
      reply.code(201);
      return { user_id: userId, organization_id: invitation.organizationId };
    },
  );

  app.post<{ Body: Type.Static<typeof ResetBody> }>(
    "/api/v1/password-resets/use",
    { ...OPEN, schema: { body: ResetBody } },
    async (request) => {
      const { token, password } = request.body;
      const isUsed = await usePasswordReset(deps.database, token, () => deps.auth.hashPassword(password));
      if (!isUsed) throw new RequestRefusedError(404, "link_over", "the link was used, replaced, or is too old");
      return { status: "ok" };
    },
  );
}

/** Whoever gets a password must be able to sign in with it. */
export function demandSignInAddress(email: string): void {
  if (!isSignInAddress(email))
    throw badRequest(`email ${MUST_BE_ADDRESS}`, [{ path: "email", reason: MUST_BE_ADDRESS }]);
}

async function getInvitation(deps: ApiDependencies, token: string): Promise<Invitation> {
  const invitation = await readLink(deps.database, token);
  if (invitation === undefined)
    throw new RequestRefusedError(404, "link_over", "the link was used, replaced or revoked, or is too old");
  return invitation;
}

function showInvitation(invitation: Invitation): ApiInvitation {
  return {
    id: invitation.id,
    email: invitation.email,
    role: invitation.role,
    created_at: invitation.createdAt.toISOString(),
    expires_at: invitation.expiresAt.toISOString(),
  };
}
