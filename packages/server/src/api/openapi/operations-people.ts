import { Type } from "typebox";
import { created, type Operations, ok, rows } from "./operation.ts";
import { pageOf, Uuid } from "./shape.ts";
import { Affected } from "./shapes-issues.ts";
import {
  AuditEntry,
  Invitation,
  InvitationOffer,
  Link,
  Login,
  Me,
  Member,
  Membership,
  NewInvitation,
  NewToken,
  Organization,
  SignInMethods,
  SignInOptions,
  Token,
} from "./shapes-people.ts";

const Done = Type.Object({ status: Type.Literal("ok") });
const Joined = Type.Object({ user_id: Uuid, organization_id: Uuid });
const NewMember = Type.Object({ id: Uuid });
const NewUser = Type.Object({ id: Uuid, membership_id: Uuid });

/** What better-auth answers: of a login its user, of a second factor its secret, … */
const SignInAnswer = Type.Object({}, { description: "Depends on what was asked; the login itself is the cookie" });
const RecoveryCodes = Type.Array(Type.String(), { description: "Each lets in once, in place of a code. Told once" });
const TotpUri = Type.String({ description: "`otpauth://totp/…`: what an authenticator reads from a QR code" });
const Credentials = Type.Object({ email: Type.String(), password: Type.String() });
const PasswordOnly = Type.Object({ password: Type.String() });
const Code = Type.Object({ code: Type.String() });
const WRONG = { 401: "They are wrong", 429: "Too many attempts" };

export const PEOPLE: Operations = {
  "GET /api/v1/sign-in-options": { summary: "How one may sign in", answers: ok(SignInOptions) },
  "POST /api/v1/auth/sign-in/email": {
    summary: "Sign in",
    description: "Answers `twoFactorRedirect: true` when a second factor is due.",
    body: Credentials,
    answers: ok(SignInAnswer),
    refusals: WRONG,
  },
  "POST /api/v1/auth/sign-in/social": {
    summary: "Begin single sign-on",
    description: "Answers with the `url` of the identity provider.",
    body: Type.Object({ provider: Type.String(), callbackURL: Type.Optional(Type.String()) }),
    answers: ok(SignInAnswer),
    refusals: { 404: "Single sign-on is not set up" },
  },
  "GET /api/v1/auth/callback/oidc": {
    summary: "Where the identity provider sends people back to",
    answers: { 302: Type.Unknown() },
  },
  "POST /api/v1/auth/sign-out": { summary: "Sign out", answers: ok(SignInAnswer) },
  "POST /api/v1/auth/change-password": {
    summary: "Change one's password",
    description: "Ends all other logins.",
    body: Type.Object({ currentPassword: Type.String(), newPassword: Type.String() }),
    answers: ok(SignInAnswer),
  },
  "POST /api/v1/auth/two-factor/enable": {
    summary: "Set up a second factor",
    description:
      "First step of three: this one tells the secret and the recovery codes, the person's app reads `totpURI` as a QR code, and the first right code to `/two-factor/verify-totp` makes the factor count.",
    body: PasswordOnly,
    answers: ok(Type.Object({ totpURI: TotpUri, backupCodes: RecoveryCodes })),
  },
  "POST /api/v1/auth/two-factor/get-totp-uri": {
    summary: "The secret of one's second factor once more",
    description: "For another device of the same person.",
    body: PasswordOnly,
    answers: ok(Type.Object({ totpURI: TotpUri })),
    refusals: { 400: "The password is wrong, or there is no second factor" },
  },
  "POST /api/v1/auth/two-factor/disable": {
    summary: "Give up the second factor",
    body: PasswordOnly,
    answers: ok(SignInAnswer),
  },
  "POST /api/v1/auth/two-factor/generate-backup-codes": {
    summary: "Replace one's recovery codes",
    description: "Those of before stop working. `GET /api/v1/me/sign-in-methods` tells how many are left.",
    body: PasswordOnly,
    answers: ok(Type.Object({ backupCodes: RecoveryCodes })),
  },
  "POST /api/v1/auth/two-factor/verify-totp": {
    summary: "Give the second factor",
    body: Code,
    answers: ok(SignInAnswer),
    refusals: WRONG,
  },
  "POST /api/v1/auth/two-factor/verify-backup-code": {
    summary: "Give a recovery code in place of the second factor",
    body: Code,
    answers: ok(SignInAnswer),
    refusals: WRONG,
  },

  "GET /api/v1/me": { summary: "Who is signed in", answers: ok(Me) },
  "PATCH /api/v1/me": { summary: "Change one's name", answers: ok(Affected) },
  "GET /api/v1/me/sign-in-methods": {
    summary: "By what one signs in",
    answers: ok(SignInMethods),
  },
  "POST /api/v1/me/organization": {
    summary: "Choose the organization that requests are about",
    answers: ok(Membership),
  },
  "GET /api/v1/me/logins": { summary: "Where one is signed in", answers: rows(Login) },
  "POST /api/v1/me/logins/:login/end": { summary: "Sign out elsewhere", answers: ok(Affected) },
  "POST /api/v1/me/logins/end": {
    summary: "Sign out everywhere",
    description: "Here too, unless `others` is true. Takes effect with the next request, on every node.",
    answers: ok(Affected),
  },
  "GET /api/v1/me/tokens": { summary: "One's own API tokens", answers: rows(Token) },
  "POST /api/v1/me/tokens": {
    summary: "Make an API token of one's own",
    description: "The token is told once. It may what its person may, within its scopes.",
    answers: created(NewToken),
  },
  "POST /api/v1/me/tokens/:token/revoke": { summary: "Revoke an API token of one's own", answers: ok(Affected) },

  "GET /api/v1/orgs": { summary: "One's organizations", answers: rows(Membership) },
  "POST /api/v1/orgs": {
    summary: "Found an organization",
    answers: created(Organization),
    refusals: { 409: "The slug is taken" },
  },
  "GET /api/v1/orgs/:org": { summary: "An organization", answers: ok(Membership) },
  "POST /api/v1/orgs/:org/rename": { summary: "Rename an organization", answers: ok(Organization) },
  "GET /api/v1/orgs/:org/members": { summary: "Members", answers: rows(Member) },
  "POST /api/v1/orgs/:org/members": {
    summary: "Make somebody a member",
    answers: created(NewMember),
    refusals: { 409: "They are a member already" },
  },
  "POST /api/v1/orgs/:org/members/:membership/role": {
    summary: "Change a member's role",
    answers: ok(Affected),
    refusals: { 409: "They are the last owner" },
  },
  "POST /api/v1/orgs/:org/members/:membership/remove": {
    summary: "Remove a member",
    description:
      "Their tokens of this organization, invitations to it and links to set their password end with it, and issues assigned to them are nobody's. Single sign-on alone does not make them a member again.",
    answers: ok(Affected),
    refusals: { 409: "They are the last owner" },
  },
  "POST /api/v1/orgs/:org/members/:membership/reset-link": {
    summary: "Make a link to set a new password",
    description:
      "Good for a day, once, and as long as whoever made it may make it: it ends when the person's role rises, when they join another organization, and when they are removed.",
    body: Type.Object({ clears_two_factor: Type.Optional(Type.Boolean()) }),
    answers: created(Link),
  },
  "GET /api/v1/orgs/:org/invitations": { summary: "Open invitations", answers: rows(Invitation) },
  "POST /api/v1/orgs/:org/invitations": {
    summary: "Invite somebody",
    description: "The link is told once. It replaces an earlier one for the same address.",
    answers: created(NewInvitation),
    refusals: { 409: "They are a member already" },
  },
  "POST /api/v1/orgs/:org/invitations/:invitation/revoke": {
    summary: "Take an invitation back",
    answers: ok(Affected),
  },
  "POST /api/v1/invitations/look-up": {
    summary: "What an invitation's link offers",
    answers: ok(InvitationOffer),
    refusals: { 404: "The link is over" },
  },
  "POST /api/v1/invitations/accept": {
    summary: "Accept an invitation",
    description: "As whoever is signed in (200), or as a new person of this name and password (201).",
    answers: { 200: Joined, 201: Joined },
    refusals: { 401: "Neither a login nor a password", 404: "The link is over", 409: "The address is taken" },
  },
  "POST /api/v1/password-resets/use": {
    summary: "Set a new password with a reset link",
    answers: ok(Done),
    refusals: { 404: "The link is over: used, replaced, too old, or whoever made it may make it no more" },
  },

  "GET /api/v1/orgs/:org/tokens": { summary: "The organization's API tokens", answers: rows(Token) },
  "POST /api/v1/orgs/:org/tokens": {
    summary: "Make an API token of the organization",
    description: "The token is told once.",
    answers: created(NewToken),
  },
  "POST /api/v1/orgs/:org/tokens/:token/revoke": {
    summary: "Revoke an API token of the organization",
    answers: ok(Affected),
  },
  "POST /api/v1/users": {
    summary: "Make a person with a password",
    answers: created(NewUser),
    refusals: { 409: "The address is taken" },
  },
  "POST /api/v1/users/reset-link": { summary: "Make a password reset link for anybody", answers: created(Link) },
  "GET /api/v1/audit": { summary: "Who changed what, newest first", answers: ok(pageOf(AuditEntry)) },
  "GET /api/v1/audit/download": {
    summary: "The audit log as a file, newest first",
    description:
      "The same filters. As CSV (RFC 4180, with a header; a cell that a spreadsheet would compute begins with an apostrophe), or as NDJSON, a line for each entry.",
    answers: { 200: { mediaType: "text/csv", schema: Type.String() } },
    refusals: { 409: "Too many entries match: a shorter time is to be named" },
  },
};
