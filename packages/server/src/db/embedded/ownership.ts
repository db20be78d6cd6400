import { lchownSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { findBinaries } from "./binaries.ts";
import { chooseIdentity } from "./identity.ts";

/** Gives files that were put into a data directory to the user as whom the embedded database will run on them. */
export function giveToDatabaseUser(dataDir: string): void {
  const homeDir = join(dataDir, "postgres");
  const identity = chooseIdentity({ homeDir, program: findBinaries().postgres, owner: undefined });
  if (identity.kind !== "user") return;
  const { uid, gid } = identity;
  for (const path of readdirSync(homeDir, { recursive: true, encoding: "utf8" }))
    lchownSync(join(homeDir, path), uid, gid);
  lchownSync(homeDir, uid, gid);
}
