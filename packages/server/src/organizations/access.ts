/** Who may do what: roles of people and tokens in an organization, and the scopes that narrow what a token may do. */

/** Each may do what those before it may. */
export const ROLES = ["member", "admin", "owner"] as const;
export type Role = (typeof ROLES)[number];

/** What a token may be limited to. People are limited by their role alone. */
export const SCOPES = {
  "event:read": "read projects, issues, events, dashboards and live streams",
  "issue:write": "change issues: status, assignment, deletion",
  "project:admin": "create and change projects, their keys, settings, alert rules and quarantine",
  "org:read": "read the organization and its members",
  "org:admin": "change the organization, its members, invitations and tokens; read the audit log",
} as const satisfies Record<string, string>;
export type Scope = keyof typeof SCOPES;
export const SCOPE_NAMES = Object.keys(SCOPES) as readonly Scope[];

/** Who makes a request, in the organization it is about. */
export interface Actor {
  readonly kind: "person" | "token";
  readonly organizationId: string;
  readonly role: Role;
  /** The person; of a token, whose it is. Absent: the token belongs to the organization. */
  readonly userId?: string;
  readonly tokenId?: string;
  /** For the audit log: a person's e-mail address, a token's label. */
  readonly name: string;
  readonly scopes: readonly Scope[];
  /** The server's own token, of whoever runs it. */
  readonly isOperator: boolean;
}

export function hasRole(actor: Pick<Actor, "role">, least: Role): boolean {
  return ROLES.indexOf(actor.role) >= ROLES.indexOf(least);
}

export function lesserRole(one: Role, other: Role): Role {
  return ROLES.indexOf(one) <= ROLES.indexOf(other) ? one : other;
}

export function isRole(text: string): text is Role {
  return (ROLES as readonly string[]).includes(text);
}

export function isScope(text: string): text is Scope {
  return Object.hasOwn(SCOPES, text);
}
