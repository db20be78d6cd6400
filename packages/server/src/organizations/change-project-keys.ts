/** Making, changing and revoking keys of projects, each in one transaction with its line in the audit log. */
import type { Database } from "../db/database.ts";
import { withTransaction } from "../db/transaction.ts";
import type { Actor } from "./access.ts";
import { recordAudit } from "./audit.queries.ts";
import { differencesOf } from "./differences.ts";
import {
  addProjectKey,
  countProjectKeys,
  findProjectKey,
  type ListedKey,
  revokeProjectKey,
  updateProjectKey,
} from "./project-keys.queries.ts";
import { ProjectConflictError } from "./projects.ts";
import { makeSecret } from "./secret.ts";

/** Keys of a project, revoked ones too. Lists of them are not paged. */
export const PROJECT_KEYS_MAX = 200;

/** Gives the id of the new key. Throws a ProjectConflictError. */
export function createKey(
  database: Database,
  actor: Actor,
  key: { readonly projectId: string; readonly label: string; readonly rateLimitEvents: number | null },
): Promise<string> {
  const { organizationId } = actor;
  return withTransaction(database, async (tx) => {
    if ((await countProjectKeys(tx, key.projectId)) >= PROJECT_KEYS_MAX) {
      throw new ProjectConflictError("too_many_keys", `a project has at most ${PROJECT_KEYS_MAX} keys in its life`);
    }
    const id = await addProjectKey(tx, { ...key, publicKey: makeSecret() });
    const target = { kind: "project_key", id };
    await recordAudit(tx, {
      organizationId,
      actor,
      action: "project_key.created",
      target,
      projectId: key.projectId,
      details: key,
    });
    return id;
  });
}

/** Nothing happens to a key that is gone. Changes of different fields at once all count. */
export async function changeKey(
  database: Database,
  actor: Actor,
  { id, projectId }: Pick<ListedKey, "id" | "projectId">,
  wish: Partial<Pick<ListedKey, "label" | "rateLimitEvents">>,
): Promise<void> {
  const { organizationId } = actor;
  await withTransaction(database, async (tx) => {
    const before = await findProjectKey(tx, organizationId, id, { lock: true });
    if (before === undefined) return;
    const after = { label: before.label, rateLimitEvents: before.rateLimitEvents, ...wish };
    const changes = differencesOf(before, after);
    if (Object.keys(changes).length === 0) return;
    await updateProjectKey(tx, { id, projectId, ...after });
    const target = { kind: "project_key", id };
    const details = { projectId, ...changes };
    await recordAudit(tx, { organizationId, actor, action: "project_key.changed", target, projectId, details });
  });
}

/** How many keys were revoked by it: 0 when it was revoked before. */
export function revokeKey(database: Database, actor: Actor, { id, projectId, label }: ListedKey): Promise<number> {
  const { organizationId } = actor;
  return withTransaction(database, async (tx) => {
    const revoked = await revokeProjectKey(tx, { id, projectId });
    if (revoked > 0) {
      const target = { kind: "project_key", id };
      const details = { projectId, label };
      await recordAudit(tx, { organizationId, actor, action: "project_key.revoked", target, projectId, details });
    }
    return revoked;
  });
}
