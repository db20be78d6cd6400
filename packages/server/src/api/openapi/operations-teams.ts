import type { ApiTeam, ApiTeamDetail } from "@mesher/protocol";
import { Type } from "typebox";
import { created, type Operations, ok, rows } from "./operation.ts";
import { Count, shapeOf, Text, Time, Uuid } from "./shape.ts";
import { Affected } from "./shapes-issues.ts";

export const Team = shapeOf<ApiTeam>()(
  Type.Object({ id: Uuid, slug: Text, name: Text, created_at: Time, member_count: Count, project_count: Count }),
);

export const TeamDetail = shapeOf<ApiTeamDetail>()(
  Type.Object({
    ...Team.properties,
    members: Type.Array(Type.Object({ user_id: Uuid, email: Text, display_name: Text })),
    projects: Type.Array(Type.Object({ id: Uuid, slug: Text, name: Text })),
  }),
);

export const TEAMS: Operations = {
  "GET /api/v1/teams": {
    summary: "Teams of the organization",
    description: "Who looks after which projects. A team narrows nothing: every member sees all projects.",
    answers: rows(Team),
  },
  "GET /api/v1/projects/:project/teams": { summary: "Teams that look after a project", answers: rows(Team) },
  "POST /api/v1/teams": {
    summary: "Make a team",
    description: "Without a slug, one is made of the name.",
    answers: created(TeamDetail),
    refusals: { 409: "The slug is taken, or there are too many" },
  },
  "GET /api/v1/teams/:team": { summary: "A team, with its members and projects", answers: ok(TeamDetail) },
  "PATCH /api/v1/teams/:team": { summary: "Rename a team", answers: ok(TeamDetail) },
  "POST /api/v1/teams/:team/delete": {
    summary: "Delete a team",
    description: "Its members and projects stay in the organization, and issues assigned to it are nobody's.",
    answers: ok(Affected),
  },
  "POST /api/v1/teams/:team/members": {
    summary: "Add a member of the organization to a team",
    description: "`affected` is 0 if they were in it before.",
    answers: ok(Affected),
  },
  "POST /api/v1/teams/:team/members/:user/remove": { summary: "Take somebody out of a team", answers: ok(Affected) },
  "POST /api/v1/teams/:team/projects": {
    summary: "Let a team look after a project",
    description: "`affected` is 0 if it did before.",
    answers: ok(Affected),
  },
  "POST /api/v1/teams/:team/projects/:project/remove": {
    summary: "Let a team look after a project no more",
    answers: ok(Affected),
  },
};
