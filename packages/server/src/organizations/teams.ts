/** Changes of teams, each in one transaction with its line in the audit log. */
import type { Database } from "../db/database.ts";
import { type Transaction, withTransaction } from "../db/transaction.ts";
import { insertActivity } from "../issues/activity.queries.ts";
import { unassignAll } from "../issues/change-issues.queries.ts";
import { detailsOfAssignment } from "../issues/change-issues.ts";
import type { IssueActor, IssueChange } from "../issues/issue-change.ts";
import type { Actor } from "./access.ts";
import { recordAudit } from "./audit.queries.ts";
import { OrganizationRefusedError } from "./refusal.ts";
import {
  addToTeam,
  countTeams,
  deleteTeam,
  insertTeam,
  renameTeam,
  type Team,
  type TeamPart,
  takeFromTeam,
} from "./teams.queries.ts";

/** Teams of an organization. Lists of them are not paged. */
export const TEAMS_MAX = 500;

/** The new team's id. */
export function createTeam(
  database: Database,
  actor: Actor,
  { slug, name }: { readonly slug: string; readonly name: string },
): Promise<string> {
  const { organizationId } = actor;
  return withTransaction(database, async (tx) => {
    if ((await countTeams(tx, organizationId)) >= TEAMS_MAX) throw new OrganizationRefusedError("too_many_teams");
    const id = await insertTeam(tx, { organizationId, slug, name });
    if (id === undefined) throw new OrganizationRefusedError("slug_taken");
    await audit(tx, actor, id, "team.created", { slug, name });
    return id;
  });
}

/** `false`: there is no such team any more, as of all functions here. */
export function changeTeamName(database: Database, actor: Actor, team: Team, name: string): Promise<boolean> {
  return withTransaction(database, async (tx) => {
    if (!(await renameTeam(tx, actor.organizationId, team.id, name))) return false;
    await audit(tx, actor, team.id, "team.renamed", { from: team.name, to: name });
    return true;
  });
}

export interface TeamRemoval {
  /** As the activity of issues names the actor. */
  readonly by: IssueActor;
  /** Hears of every issue that was the team's, after it is committed. */
  readonly tell: (change: IssueChange) => void;
}

/** Issues assigned to it are nobody's then. Whoever assigns another at the same time has done so before, or finds no team. */
export async function removeTeam(
  database: Database,
  actor: Actor,
  { id, slug, name }: Team,
  { by, tell }: TeamRemoval,
): Promise<boolean> {
  let changes: readonly IssueChange[] = [];
  const isRemoved = await withTransaction(database, async (tx) => {
    if (!(await deleteTeam(tx, actor.organizationId, id))) return false;
    const team = { kind: "team", id } as const;
    const issues = await unassignAll(tx, actor.organizationId, team);
    const details = detailsOfAssignment(null, team);
    changes = issues.map((issue) => ({ ...issue, action: "assigned", actor: by, details }));
    await insertActivity(tx, changes);
    await audit(tx, actor, id, "team.deleted", { slug, name, unassigned: issues.length });
    return true;
  });
  for (const change of changes) tell(change);
  return isRemoved;
}

export interface TeamChange {
  readonly part: TeamPart;
  /** Of the user or project. */
  readonly id: string;
  /** For a reader of the log. */
  readonly name: string;
}

/** Whether it was none of the team before. */
export function addPart(
  database: Database,
  actor: Actor,
  team: Team,
  { part, id, name }: TeamChange,
): Promise<boolean> {
  const { organizationId } = actor;
  return withTransaction(database, async (tx) => {
    if (!(await addToTeam(tx, part, { organizationId, teamId: team.id, id }))) return false;
    await audit(tx, actor, team.id, `team.${part}_added`, { team: team.slug, [part]: name }, projectIn({ part, id }));
    return true;
  });
}

export function removePart(database: Database, actor: Actor, team: Team, change: TeamChange): Promise<boolean> {
  const { part, id, name } = change;
  return withTransaction(database, async (tx) => {
    if (!(await takeFromTeam(tx, part, team.id, id))) return false;
    await audit(tx, actor, team.id, `team.${part}_removed`, { team: team.slug, [part]: name }, projectIn(change));
    return true;
  });
}

function audit(
  tx: Transaction,
  actor: Actor,
  teamId: string,
  action: string,
  details: Readonly<Record<string, unknown>>,
  about: { readonly projectId?: string } = {},
): Promise<void> {
  const { organizationId } = actor;
  return recordAudit(tx, { organizationId, actor, action, target: { kind: "team", id: teamId }, details, ...about });
}

function projectIn({ part, id }: Pick<TeamChange, "part" | "id">): { readonly projectId?: string } {
  return part === "project" ? { projectId: id } : {};
}
