/** Teams, as the HTTP API shows them. */

export interface ApiTeam {
  readonly id: string;
  readonly slug: string;
  readonly name: string;
  readonly created_at: string;
  readonly member_count: number;
  readonly project_count: number;
}

/** `GET /api/v1/teams/:team`: with who and what belongs to it. */
export interface ApiTeamDetail extends ApiTeam {
  readonly members: readonly { readonly user_id: string; readonly email: string; readonly display_name: string }[];
  readonly projects: readonly { readonly id: string; readonly slug: string; readonly name: string }[];
}
