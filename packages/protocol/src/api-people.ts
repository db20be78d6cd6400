/** People, organizations and tokens, as the HTTP API shows them. */

export type ApiRole = "owner" | "admin" | "member";

/** `GET /api/v1/me`: who is signed in, and where they belong. */
export interface ApiMe {
  readonly user: {
    readonly id: string;
    readonly email: string;
    readonly display_name: string;
    readonly two_factor: boolean;
  };
  readonly organizations: readonly ApiMembership[];
  /** Which of them requests are about that name none; null: the person is in none. */
  readonly organization_id: string | null;
}

export interface ApiOrganization {
  readonly id: string;
  readonly slug: string;
  readonly name: string;
  readonly created_at: string;
}

export interface ApiMembership extends ApiOrganization {
  /** The asker's own. */
  readonly role: ApiRole;
}

export interface ApiMember {
  readonly id: string;
  readonly user_id: string;
  readonly email: string;
  readonly display_name: string;
  readonly role: ApiRole;
  readonly joined_at: string;
}

export interface ApiInvitation {
  readonly id: string;
  readonly email: string | null;
  readonly role: ApiRole;
  readonly created_at: string;
  readonly expires_at: string;
}

/** The link is told once: only a hash of its token is kept. */
export interface ApiNewInvitation extends ApiInvitation {
  readonly link: string;
}

/** What the holder of an invitation's link may know before accepting it. */
export interface ApiInvitationOffer {
  readonly organization: { readonly slug: string; readonly name: string };
  /** Null: whoever has the link says who they are. */
  readonly email: string | null;
  readonly role: ApiRole;
  readonly expires_at: string;
}

export interface ApiLink {
  readonly link: string;
}

export interface ApiToken {
  readonly id: string;
  readonly label: string;
  readonly role: ApiRole;
  readonly scopes: readonly string[];
  readonly created_at: string;
  /** To the minute. */
  readonly last_used_at: string | null;
}

/** The token is told once. */
export interface ApiNewToken {
  readonly id: string;
  readonly token: string;
}

/** A place where a person is signed in. */
export interface ApiLogin {
  readonly id: string;
  readonly ip_address: string | null;
  readonly user_agent: string | null;
  readonly created_at: string;
  readonly expires_at: string;
  /** The one that asks. */
  readonly current: boolean;
}

/** `GET /api/v1/me/sign-in-methods`: how the person may prove who they are. */
export interface ApiSignInMethods {
  readonly password: boolean;
  readonly single_sign_on: boolean;
  readonly two_factor: boolean;
  /** 0 without a second factor. */
  readonly recovery_codes_left: number;
}
