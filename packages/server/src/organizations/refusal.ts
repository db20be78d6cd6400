/** Why a change of an organization, its members, invitations or tokens is refused. */
export const REFUSALS = {
  last_owner: "an organization keeps at least one owner",
  above_own_role: "nobody gives, changes or takes a role above their own",
  beyond_own_scopes: "a token is given no scope that its maker lacks",
  no_member: "the person is no member",
  already_member: "the person is a member already",
  email_taken: "there is somebody with this address; they sign in first, and then accept",
  wrong_person: "the invitation is for another address",
  link_over: "the link was used, replaced or revoked, or is too old",
  slug_taken: "there is another of this slug",
  too_many_teams: "there are as many teams as an organization may have",
  elsewhere_too: "the person is in other organizations too: whoever runs the server makes the link",
} as const satisfies Record<string, string>;

export type Refusal = keyof typeof REFUSALS;

/** An expected refusal. What was begun is rolled back. */
export class OrganizationRefusedError extends Error {
  override readonly name = "OrganizationRefusedError";
  readonly refusal: Refusal;

  constructor(refusal: Refusal) {
    super(REFUSALS[refusal]);
    this.refusal = refusal;
  }
}
