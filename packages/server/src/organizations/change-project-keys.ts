import type { Database } from "../db/database.ts";
import { withTransaction } from "../db/transaction.ts";
import { addProjectKey, countProjectKeys } from "./project-keys.queries.ts";
import { ProjectConflictError } from "./projects.ts";
import { makeSecret } from "./secret.ts";

/** Keys of a project, revoked ones too. Lists of them are not paged. */
export const PROJECT_KEYS_MAX = 200;

/** Gives the id of the new key. Throws a ProjectConflictError. */
export function createProjectKey(
  database: Database,
  key: { readonly projectId: string; readonly label: string; readonly rateLimitEvents: number | null },
): Promise<string> {
  return withTransaction(database, async (tx) => {
    if ((await countProjectKeys(tx, key.projectId)) >= PROJECT_KEYS_MAX) {
      throw new ProjectConflictError("too_many_keys", `a project has at most ${PROJECT_KEYS_MAX} keys in its life`);
    }
    return addProjectKey(tx, { ...key, publicKey: makeSecret() });
  });
}
