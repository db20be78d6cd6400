/** What a server needs before anybody can use it: an organization, a project with a key, and a token for its owner. */
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Database } from "../db/database.ts";
import { withTransaction } from "../db/transaction.ts";
import { ensureOperatorToken } from "./api-tokens.queries.ts";
import { createProject, ensureOrganization, listProjects, type Project } from "./organizations.queries.ts";
import { makeSecret, sha256 } from "./secret.ts";

export interface FirstStart {
  readonly organizationId: string;
  readonly defaultProject: Project;
  /** Whether the project was made just now. */
  readonly isFirst: boolean;
}

/** Safe to run at every start and on several nodes at once. */
export async function prepareOrganization(database: Database, bootstrapToken: string): Promise<FirstStart> {
  const { organizationId, isFirst } = await withTransaction(database, async (tx) => {
    const organization = await ensureOrganization(tx, "default", "Default");
    const isCreated = await createProject(tx, {
      organizationId: organization.id,
      slug: "default",
      name: "Default",
      publicKey: makeSecret(),
    });
    await ensureOperatorToken(tx, {
      organizationId: organization.id,
      sha256: sha256(bootstrapToken),
      label: "bootstrap",
    });
    return { organizationId: organization.id, isFirst: isCreated };
  });
  const [defaultProject] = await listProjects(database, organizationId);
  if (defaultProject === undefined) throw new Error("the default organization has no project");
  return { organizationId, defaultProject, isFirst };
}

/** The token kept in the data directory, readable by its owner only; made if there is none. */
export async function readOrMakeToken(dataDir: string): Promise<string> {
  const path = join(dataDir, "bootstrap-token");
  try {
    const kept = (await readFile(path, "utf8")).trim();
    if (kept.length < 16) throw new Error(`${path} does not hold a token; remove it and start again`);
    return kept;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
  }
  const token = makeSecret();
  await mkdir(dataDir, { recursive: true });
  await writeFile(path, `${token}\n`, { mode: 0o600, flag: "wx" });
  return token;
}
