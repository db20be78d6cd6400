/** What only whoever runs the server may: people made with a password, and links for those who are locked out. */
import type { ApiLink } from "@mesher/protocol";
import { Type } from "typebox";
import { createMember } from "../organizations/invitations.ts";
import { makeResetLink } from "../organizations/password-resets.ts";
import { findUserByEmail } from "../people/users.queries.ts";
import { notFound } from "./api-error.ts";
import type { ApiDependencies, App } from "./dependencies.ts";
import { demandSignInAddress, Email, Password, PersonName } from "./invitations.ts";
import { parseRole } from "./organizations.ts";

const OPERATE = { config: { access: "operator" } } as const;

const NewUserBody = Type.Object({
  email: Email,
  display_name: PersonName,
  password: Password,
  role: Type.Optional(Type.String({ maxLength: 20 })),
});
const ResetBody = Type.Object({ email: Email, clears_two_factor: Type.Optional(Type.Boolean()) });

export function registerUserRoutes(app: App, deps: ApiDependencies): void {
  /** The new person is a member of the token's organization. */
  app.post<{ Body: Type.Static<typeof NewUserBody> }>(
    "/api/v1/users",
    { ...OPERATE, schema: { body: NewUserBody } },
    async (request, reply) => {
      const actor = await deps.authenticate(request);
      const { email, display_name: name, password, role = "member" } = request.body;
      demandSignInAddress(email);
      const made = await createMember(deps.database, actor, {
        organizationId: actor.organizationId,
        email,
        name,
        role: parseRole(role),
        passwordHash: await deps.auth.hashPassword(password),
      });
      reply.code(201);
      return { id: made.userId, membership_id: made.memberId };
    },
  );

  app.post<{ Body: Type.Static<typeof ResetBody> }>(
    "/api/v1/users/reset-link",
    { ...OPERATE, schema: { body: ResetBody } },
    async (request, reply): Promise<ApiLink> => {
      const actor = await deps.authenticate(request);
      const { email, clears_two_factor: clearsTwoFactor = false } = request.body;
      const user = await findUserByEmail(deps.database, email);
      if (user === undefined) throw notFound("user");
      const token = await makeResetLink(deps.database, actor, user, { clearsTwoFactor });
      reply.code(201);
      return { link: deps.linkOf("reset", token) };
    },
  );
}
