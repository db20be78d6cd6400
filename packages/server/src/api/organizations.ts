/** Organizations and their members. `:org` is an id or a slug of the asker's own; of others there is none. */
import type { ApiLink, ApiMember, ApiMembership, ApiOrganization } from "@mesher/protocol";
import { Type } from "typebox";
import { type Actor, isRole, type Role } from "../organizations/access.ts";
import {
  findMember,
  findOrganization,
  listMembers,
  listMemberships,
  type Membership,
  type Organization,
} from "../organizations/members.queries.ts";
import { addMember, changeRole, foundOrganization, removeMember, rename } from "../organizations/members.ts";
import { makeResetLink } from "../organizations/password-resets.ts";
import { findUser } from "../people/users.queries.ts";
import { badRequest, notFound } from "./api-error.ts";
import type { ApiDependencies, App } from "./dependencies.ts";
import { actorOf } from "./issue-actor.ts";
import { isUuid } from "./pages-of-lists.ts";

const READ = { config: { access: { role: "member", scope: "org:read" } } } as const;
const ADMINISTER = { config: { access: { role: "admin", scope: "org:admin" } } } as const;
const OWN = { config: { access: { role: "owner", scope: "org:admin" } } } as const;

const Name = Type.String({ minLength: 1, maxLength: 100, pattern: "\\S" });
const NewOrganizationBody = Type.Object({
  name: Name,
  slug: Type.Optional(Type.String({ pattern: "^[a-z0-9][a-z0-9-]{0,49}$" })),
  owner_user_id: Type.Optional(Type.String({ maxLength: 36 })),
});
const RenameBody = Type.Object({ name: Name });
const MemberBody = Type.Object({
  user_id: Type.Optional(Type.String({ maxLength: 100 })),
  role: Type.Optional(Type.String({ maxLength: 20 })),
});
const RoleBody = Type.Object({ role: Type.Optional(Type.String({ maxLength: 20 })) });
const ResetBody = Type.Object({ clears_two_factor: Type.Optional(Type.Boolean()) });

type OrgParams = { org: string };
type MemberParams = { org: string; membership: string };

export function registerOrganizationRoutes(app: App, deps: ApiDependencies): void {
  /** Those of the person; of a token, its own. */
  app.get("/api/v1/orgs", READ, async (request): Promise<ApiMembership[]> => {
    const actor = await deps.authenticate(request);
    if (actor.kind === "person") return (await listMemberships(deps.database, actor.userId ?? "")).map(showMembership);
    return [{ ...showOrganization(await getOrganization(deps, actor)), role: actor.role }];
  });

  /** Its owner is the person who asks; a token names one of its organization's members. */
  app.post<{ Body: Type.Static<typeof NewOrganizationBody> }>(
    "/api/v1/orgs",
    { ...OWN, schema: { body: NewOrganizationBody } },
    async (request, reply): Promise<ApiOrganization> => {
      const actor = await deps.authenticate(request);
      const { name, slug = slugOf(name), owner_user_id } = request.body;
      const ownerId = actor.kind === "person" ? actor.userId : owner_user_id;
      if (ownerId === undefined) throw badRequest("owner_user_id is required: a token owns no organization");
      const isMember = (await listMembers(deps.database, actor.organizationId)).some(
        ({ userId }) => userId === ownerId,
      );
      if (!isMember) throw notFound("user");
      const organizationId = await foundOrganization(deps.database, actor, { slug, name, ownerId });
      reply.code(201);
      return showOrganization(await getOrganization(deps, { organizationId }));
    },
  );

  app.get<{ Params: OrgParams }>("/api/v1/orgs/:org", READ, async (request): Promise<ApiMembership> => {
    const actor = await deps.authenticate(request);
    return { ...showOrganization(await getOrganization(deps, actor)), role: actor.role };
  });

  app.post<{ Params: OrgParams; Body: Type.Static<typeof RenameBody> }>(
    "/api/v1/orgs/:org/rename",
    { ...ADMINISTER, schema: { body: RenameBody } },
    async (request): Promise<ApiOrganization> => {
      const actor = await deps.authenticate(request);
      await rename(deps.database, actor, request.body.name);
      return showOrganization(await getOrganization(deps, actor));
    },
  );

  app.get<{ Params: OrgParams }>("/api/v1/orgs/:org/members", READ, async (request): Promise<ApiMember[]> => {
    const { organizationId } = await deps.authenticate(request);
    return (await listMembers(deps.database, organizationId)).map((member) => ({
      id: member.id,
      user_id: member.userId,
      email: member.email,
      display_name: member.name,
      role: member.role,
      joined_at: member.joinedAt.toISOString(),
    }));
  });

  app.post<{ Params: OrgParams; Body: Type.Static<typeof MemberBody> }>(
    "/api/v1/orgs/:org/members",
    { ...ADMINISTER, schema: { body: MemberBody } },
    async (request, reply) => {
      const actor = await deps.authenticate(request);
      const { user_id: userId, role } = request.body;
      if (userId === undefined || userId === "") throw badRequest("user_id is required");
      const wanted = parseRole(role ?? "member");
      if (!(await isKnownTo(deps, actor, userId))) throw notFound("user");
      const id = await addMember(deps.database, actor, { userId, role: wanted });
      reply.code(201);
      return { id };
    },
  );

  app.post<{ Params: MemberParams; Body: Type.Static<typeof RoleBody> }>(
    "/api/v1/orgs/:org/members/:membership/role",
    { ...ADMINISTER, schema: { body: RoleBody } },
    async (request) => {
      const actor = await deps.authenticate(request);
      const { membership } = request.params;
      const role = parseRole(request.body.role ?? "");
      if (!isUuid(membership) || !(await changeRole(deps.database, actor, membership, role)))
        throw notFound("membership");
      return { status: "ok", affected: 1 };
    },
  );

  app.post<{ Params: MemberParams }>("/api/v1/orgs/:org/members/:membership/remove", ADMINISTER, async (request) => {
    const actor = await deps.authenticate(request);
    const { membership } = request.params;
    const removal = { memberId: membership, by: actorOf(actor), tell: deps.onIssueChanged };
    if (!isUuid(membership) || !(await removeMember(deps.database, actor, removal))) throw notFound("membership");
    return { status: "ok", affected: 1 };
  });

  /** A link with which the member sets a new password. Whoever asks for it tells them. */
  app.post<{ Params: MemberParams; Body: Type.Static<typeof ResetBody> | undefined }>(
    "/api/v1/orgs/:org/members/:membership/reset-link",
    ADMINISTER,
    async (request, reply): Promise<ApiLink> => {
      const actor = await deps.authenticate(request);
      const { membership } = request.params;
      const member = isUuid(membership) ? await findMember(deps.database, actor.organizationId, membership) : undefined;
      const user = member && (await findUser(deps.database, member.userId));
      if (user === undefined) throw notFound("membership");
      const clearsTwoFactor = request.body?.clears_two_factor === true;
      const token = await makeResetLink(deps.database, actor, user, { clearsTwoFactor });
      reply.code(201);
      return { link: deps.linkOf("reset", token) };
    },
  );
}

/** People who share an organization that the asker administers, so that nobody learns of strangers by their ids. */
async function isKnownTo(deps: ApiDependencies, actor: Actor, userId: string): Promise<boolean> {
  if (!isUuid(userId)) return false;
  if (actor.isOperator) return (await findUser(deps.database, userId)) !== undefined;
  if (actor.userId === undefined) return false;
  const theirs = new Set((await listMemberships(deps.database, userId)).map(({ organizationId }) => organizationId));
  const own = await listMemberships(deps.database, actor.userId);
  return own.some(({ organizationId, role }) => role !== "member" && theirs.has(organizationId));
}

async function getOrganization(deps: ApiDependencies, { organizationId }: Pick<Actor, "organizationId">) {
  const organization = await findOrganization(deps.database, organizationId);
  if (organization === undefined) throw notFound("organization");
  return organization;
}

export function parseRole(given: string): Role {
  if (!isRole(given)) throw badRequest("role must be one of owner, admin, member");
  return given;
}

const SLUG_LENGTH_MAX = 50;

/** Of an organization or a team. */
export function slugOf(name: string): string {
  const slug = name
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .slice(0, SLUG_LENGTH_MAX)
    .replace(/^-+|-+$/g, "");
  if (slug === "") throw badRequest("slug is required: the name has none of the letters a to z");
  return slug;
}

export function showMembership(membership: Membership): ApiMembership {
  return { ...showOrganization(membership), role: membership.role };
}

function showOrganization({ organizationId, slug, name, createdAt }: Organization): ApiOrganization {
  return { id: organizationId, slug, name, created_at: createdAt.toISOString() };
}
