import { testDatabase, waitUntil } from "@mesher/testkit";
import { expect, test } from "vitest";
import type { Database } from "../db/database.ts";
import { withTransaction } from "../db/transaction.ts";
import type { Actor } from "./access.ts";
import { findTeam } from "./teams.queries.ts";
import { addPart, createTeam } from "./teams.ts";

async function makeOrganization(database: Database) {
  const { rows } = await database.query<{ organization_id: string; project_id: string }>({
    text: `
      with made as (insert into organizations (slug, name) values ('shop', 'Shop') returning id)
      insert into projects (organization_id, slug, name) select id, 'till', 'Till' from made
      returning organization_id, id as project_id`,
  });
  const { organization_id: organizationId = "", project_id: projectId = "" } = rows[0] ?? {};
  const actor: Actor = {
    kind: "token",
    organizationId,
    role: "owner",
    name: "test",
    scopes: ["org:admin"],
    isOperator: false,
  };
  return { actor, projectId };
}

test.each(["team", "project"] as const)(
  "whoever adds a project to a team while the %s is deleted finds out, and nothing is written down",
  async (gone) => {
    await using db = await testDatabase();
    const { actor, projectId } = await makeOrganization(db.database);
    const teamId = await createTeam(db.database, actor, { slug: "back-end", name: "Back end" });
    const team = await findTeam(db.database, actor.organizationId, teamId);
    if (team === undefined) throw new Error("the team was not made");
    const change = { part: "project", id: projectId, name: "till" } as const;

    const isAsked = async () => {
      const { rows } = await db.database.query<{ waits: boolean }>({
        text: `select exists (
          select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'
        ) as waits`,
      });
      return rows[0]?.waits;
    };
    const adding = await withTransaction(db.database, async (tx) => {
      await tx.query(
        gone === "team"
          ? { text: "delete from teams where id = $1", values: [teamId] }
          : { text: "delete from projects where id = $1", values: [projectId] },
      );
      const added = addPart(db.database, actor, team, change);
      await waitUntil("it to wait for the deletion", isAsked);
      return { added };
    });
    expect(await adding.added).toBeUndefined();
    const { rows } = await db.database.query({
      text: "select action from audit_log where action = 'team.project_added'",
    });
    expect(rows).toEqual([]);
  },
);
