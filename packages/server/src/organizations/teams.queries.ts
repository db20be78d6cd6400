/** Statements on teams. Always within an organization. */
import type { Queryable } from "../db/database.ts";
import type { Transaction } from "../db/transaction.ts";
import { lockOrganization } from "./locks.queries.ts";

export interface Team {
  readonly id: string;
  readonly slug: string;
  readonly name: string;
  readonly createdAt: Date;
  readonly memberCount: number;
  readonly projectCount: number;
}

interface TeamRow {
  id: string;
  slug: string;
  name: string;
  created_at: Date;
  member_count: number;
  project_count: number;
}

const teamOf = (row: TeamRow): Team => ({
  id: row.id,
  slug: row.slug,
  name: row.name,
  createdAt: row.created_at,
  memberCount: row.member_count,
  projectCount: row.project_count,
});

const SELECT_TEAM = `
  select t.id, t.slug, t.name, t.created_at,
    (select count(*) from team_members m where m.team_id = t.id) as member_count,
    (select count(*) from team_projects p where p.team_id = t.id) as project_count
  from teams t`;

/** Of an organization; with `projectId`, those that look after it. */
export async function listTeams(
  database: Queryable,
  { organizationId, projectId, limit }: { organizationId: string; projectId?: string; limit: number },
): Promise<Team[]> {
  const { rows } = await database.query<TeamRow>({
    name: "teams.list",
    text: `
      ${SELECT_TEAM}
      where t.organization_id = $1
        and ($2::uuid is null or exists (select 1 from team_projects o where o.team_id = t.id and o.project_id = $2))
      order by lower(t.name), t.id limit $3`,
    values: [organizationId, projectId ?? null, limit],
  });
  return rows.map(teamOf);
}

/** The ids of those that somebody is in. */
export async function listTeamsOf(database: Queryable, organizationId: string, userId: string): Promise<string[]> {
  const { rows } = await database.query<{ team_id: string }>({
    name: "team_members.list_teams",
    text: "select team_id from team_members where organization_id = $1 and user_id = $2 order by team_id",
    values: [organizationId, userId],
  });
  return rows.map((row) => row.team_id);
}

/** By id or slug. */
export async function findTeam(database: Queryable, organizationId: string, given: string): Promise<Team | undefined> {
  const { rows } = await database.query<TeamRow>({
    name: "teams.find",
    text: `${SELECT_TEAM} where t.organization_id = $1 and (t.id::text = lower($2) or t.slug = $2)`,
    values: [organizationId, given],
  });
  return rows[0] && teamOf(rows[0]);
}

/** Of those who make teams at once, the others wait. How many there are. */
export async function countTeams(tx: Transaction, organizationId: string): Promise<number> {
  await lockOrganization(tx, organizationId);
  const { rows } = await tx.query<{ count: number }>({
    name: "teams.count",
    text: "select count(*) as count from teams where organization_id = $1",
    values: [organizationId],
  });
  return rows[0]?.count ?? 0;
}

/** The new team's id; `undefined`: there is one of this slug. */
export async function insertTeam(
  tx: Transaction,
  { organizationId, slug, name }: { readonly organizationId: string; readonly slug: string; readonly name: string },
): Promise<string | undefined> {
  const { rows } = await tx.query<{ id: string }>({
    name: "teams.insert",
    text: `
      insert into teams (organization_id, slug, name) values ($1, $2, $3)
      on conflict (organization_id, slug) do nothing returning id`,
    values: [organizationId, slug, name],
  });
  return rows[0]?.id;
}

export async function renameTeam(tx: Transaction, organizationId: string, id: string, name: string): Promise<boolean> {
  const { rowCount } = await tx.query({
    name: "teams.rename",
    text: "update teams set name = $3 where organization_id = $1 and id = $2",
    values: [organizationId, id, name],
  });
  return rowCount === 1;
}

export async function deleteTeam(tx: Transaction, organizationId: string, id: string): Promise<boolean> {
  const { rowCount } = await tx.query({
    name: "teams.delete",
    text: "delete from teams where organization_id = $1 and id = $2",
    values: [organizationId, id],
  });
  return rowCount === 1;
}

export interface TeamMember {
  readonly userId: string;
  readonly email: string;
  readonly name: string;
}

export async function listTeamMembers(database: Queryable, teamId: string, limit: number): Promise<TeamMember[]> {
  const { rows } = await database.query<{ user_id: string; email: string; display_name: string }>({
    name: "team_members.list",
    text: `
      select m.user_id, u.email, u.display_name from team_members m join users u on u.id = m.user_id
      where m.team_id = $1 order by lower(u.display_name), u.id limit $2`,
    values: [teamId, limit],
  });
  return rows.map((row) => ({ userId: row.user_id, email: row.email, name: row.display_name }));
}

export async function listTeamProjects(
  database: Queryable,
  teamId: string,
  limit: number,
): Promise<{ readonly id: string; readonly slug: string; readonly name: string }[]> {
  const { rows } = await database.query<{ id: string; slug: string; name: string }>({
    name: "team_projects.list",
    text: `
      select p.id, p.slug, p.name from team_projects t join projects p on p.id = t.project_id
      where t.team_id = $1 order by lower(p.name), p.id limit $2`,
    values: [teamId, limit],
  });
  return rows;
}

/** What belongs to a team: people of its organization, and projects of it. */
export type TeamPart = "member" | "project";

/** Whether it was none of the team before. The caller has made sure that team and part are of the organization. */
export async function addToTeam(
  tx: Transaction,
  part: TeamPart,
  { organizationId, teamId, id }: { readonly organizationId: string; readonly teamId: string; readonly id: string },
): Promise<boolean> {
  const statement =
    part === "member"
      ? {
          name: "team_members.add",
          text: "insert into team_members (team_id, user_id, organization_id) values ($1, $2, $3) on conflict (team_id, user_id) do nothing",
          values: [teamId, id, organizationId],
        }
      : {
          name: "team_projects.add",
          text: "insert into team_projects (team_id, project_id) values ($1, $2) on conflict (team_id, project_id) do nothing",
          values: [teamId, id],
        };
  return (await tx.query(statement)).rowCount === 1;
}

/** Whether it was one of the team. */
export async function takeFromTeam(tx: Transaction, part: TeamPart, teamId: string, id: string): Promise<boolean> {
  const { rowCount } = await tx.query(
    part === "member"
      ? {
          name: "team_members.remove",
          text: "delete from team_members where team_id = $1 and user_id = $2",
          values: [teamId, id],
        }
      : {
          name: "team_projects.remove",
          text: "delete from team_projects where team_id = $1 and project_id = $2",
          values: [teamId, id],
        },
  );
  return rowCount === 1;
}
