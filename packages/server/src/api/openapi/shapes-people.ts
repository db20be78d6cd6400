import type {
  ApiAuditEntry,
  ApiInvitation,
  ApiInvitationOffer,
  ApiLink,
  ApiLogin,
  ApiMe,
  ApiMember,
  ApiMembership,
  ApiNewInvitation,
  ApiNewToken,
  ApiOrganization,
  ApiSignInMethods,
  ApiSignInOptions,
  StreamTicket as ApiStreamTicket,
  ApiToken,
} from "@mesher/protocol";
import { Type } from "typebox";
import { ROLES } from "../../organizations/access.ts";
import { Count, Details, orNull, shapeOf, Text, Texts, Time, Uuid } from "./shape.ts";

const Role = Type.Enum([...ROLES]);

export const Organization = shapeOf<ApiOrganization>()(
  Type.Object({ id: Uuid, slug: Text, name: Text, created_at: Time }),
);

export const Membership = shapeOf<ApiMembership>()(Type.Object({ ...Organization.properties, role: Role }));

export const Me = shapeOf<ApiMe>()(
  Type.Object({
    user: Type.Object({ id: Uuid, email: Text, display_name: Text, two_factor: Type.Boolean() }),
    organizations: Type.Array(Membership),
    organization_id: orNull(Uuid),
  }),
);

export const Login = shapeOf<ApiLogin>()(
  Type.Object({
    id: Uuid,
    ip_address: orNull(Text),
    user_agent: orNull(Text),
    created_at: Time,
    expires_at: Time,
    current: Type.Boolean(),
  }),
);

export const SignInMethods = shapeOf<ApiSignInMethods>()(
  Type.Object({
    password: Type.Boolean(),
    single_sign_on: Type.Boolean(),
    two_factor: Type.Boolean(),
    recovery_codes_left: Count,
  }),
);

export const Member = shapeOf<ApiMember>()(
  Type.Object({ id: Uuid, user_id: Uuid, email: Text, display_name: Text, role: Role, joined_at: Time }),
);

export const Invitation = shapeOf<ApiInvitation>()(
  Type.Object({ id: Uuid, email: orNull(Text), role: Role, created_at: Time, expires_at: Time }),
);

export const NewInvitation = shapeOf<ApiNewInvitation>()(
  Type.Object({ ...Invitation.properties, link: Type.String({ description: "Told once" }) }),
);

export const InvitationOffer = shapeOf<ApiInvitationOffer>()(
  Type.Object({
    organization: Type.Object({ slug: Text, name: Text }),
    email: orNull(Text),
    role: Role,
    expires_at: Time,
  }),
);

export const Link = shapeOf<ApiLink>()(Type.Object({ link: Type.String({ description: "Told once" }) }));

export const Token = shapeOf<ApiToken>()(
  Type.Object({ id: Uuid, label: Text, role: Role, scopes: Texts, created_at: Time, last_used_at: orNull(Time) }),
);

export const NewToken = shapeOf<ApiNewToken>()(
  Type.Object({ id: Uuid, token: Type.String({ description: "Told once" }) }),
);

export const AuditEntry = shapeOf<ApiAuditEntry>()(
  Type.Object({
    id: Uuid,
    created_at: Time,
    actor: Type.Object({ kind: Type.Enum(["person", "token", "server"]), id: orNull(Text), name: Text }),
    action: Text,
    target: Type.Object({ kind: Text, id: orNull(Text) }),
    project_id: orNull(Uuid),
    details: Details,
  }),
);

export const StreamTicket = shapeOf<ApiStreamTicket>()(Type.Object({ ticket: Text, expires_at: Time }));

export const SignInOptions = shapeOf<ApiSignInOptions>()(
  Type.Object({ single_sign_on: Type.Boolean(), passkey_host: orNull(Text) }),
);
