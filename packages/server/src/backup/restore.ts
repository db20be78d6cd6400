/** Puts a backup into an empty data directory. Mesher starts on it as after a crash: the database replays its log first. */
import { mkdir, readdir, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { lockDirectory } from "../db/directory-lock.ts";
import { findBinaries } from "../db/embedded/binaries.ts";
import { giveToDatabaseUser } from "../db/embedded/ownership.ts";

import type { BackupDone } from "./back-up.ts";
import { copyFile, syncAll } from "./copy-file.ts";
import { isWithin } from "./is-within.ts";
import { BackupError, type Manifest, readManifest } from "./manifest.ts";

/** Everything comes here first, so that a start in between finds nothing to begin with. */
const STAGE = "restoring";
const DATABASE_DIR = "postgres";

export async function restore(backupDir: string, dataDir: string): Promise<BackupDone> {
  // It might be where everything comes first, which is cleared.
  if (await isWithin(backupDir, dataDir))
    throw new BackupError(`${backupDir} is in the data directory ${dataDir}: move it out of it first`);
  const manifest = await readManifest(backupDir);
  checkVersion(manifest);
  await mkdir(dataDir, { recursive: true });
  // No server begins anew on it meanwhile.
  using lock = lockDirectory(dataDir);
  const found = (await readdir(dataDir)).filter((name) => name !== STAGE && name !== "lost+found" && !lock.owns(name));
  if (found.length > 0) throw new BackupError(`${dataDir} is not empty: it has ${found.slice(0, 3).join(", ")}`);

  const stage = join(dataDir, STAGE);
  await rm(stage, { recursive: true, force: true });
  await mkdir(stage, { mode: 0o700 });
  for (const directory of manifest.directories) await mkdir(join(stage, directory), { recursive: true, mode: 0o700 });
  for (const { path, bytes, sha256 } of manifest.files) {
    const copied = await copyFile(join(backupDir, path), join(stage, path));
    if (copied.bytes !== bytes || copied.sha256 !== sha256)
      throw new BackupError(`${join(backupDir, path)} is not what was backed up: the backup is damaged`);
  }
  await syncAll(stage, [...manifest.files.map(({ path }) => path), ...manifest.directories]);

  // The database comes last: without one, nothing looks like a data directory in use.
  const names = (await readdir(stage)).filter((name) => name !== DATABASE_DIR);
  for (const name of [...names, DATABASE_DIR]) await rename(join(stage, name), join(dataDir, name));
  await rm(stage, { recursive: true });
  giveToDatabaseUser(dataDir);
  await syncAll(dataDir, [""]);
  return { files: manifest.files.length, bytes: manifest.files.reduce((sum, { bytes }) => sum + bytes, 0) };
}

function checkVersion({ postgres_major, mesher_version }: Manifest): void {
  const { majorVersion } = findBinaries();
  if (postgres_major === majorVersion) return;
  throw new BackupError(
    `The backup holds a database of PostgreSQL ${postgres_major}, and this Mesher brings PostgreSQL ${majorVersion}. ` +
      `Restore it with the version of Mesher it was made with (${mesher_version}).`,
  );
}
