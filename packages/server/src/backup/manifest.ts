/** `manifest.json` of a backup: what belongs to it. It is written last, so a backup that has one is whole. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";

export interface Manifest {
  readonly format: typeof FORMAT;
  readonly created_at: string;
  readonly mesher_version: string;
  readonly postgres_major: string;
  /** Relative to the backup, those that contain others first. */
  readonly directories: readonly string[];
  readonly files: readonly ManifestFile[];
}

export interface ManifestFile {
  readonly path: string;
  readonly bytes: number;
  readonly sha256: string;
}

export const FORMAT = 1;
export const MANIFEST = "manifest.json";

/** This cannot be done as asked. The message is for the person who asked. */
export class BackupError extends Error {
  override readonly name = "BackupError";
}

export async function readManifest(backupDir: string): Promise<Manifest> {
  let text: string;
  try {
    text = await readFile(join(backupDir, MANIFEST), "utf8");
  } catch (cause) {
    throw new BackupError(`${backupDir} is no backup of Mesher, or one that was interrupted: it has no ${MANIFEST}`, {
      cause,
    });
  }
  const manifest = parse(text);
  if (manifest === null) throw new BackupError(`${join(backupDir, MANIFEST)} cannot be read: the backup is damaged`);
  if (manifest.format !== FORMAT)
    throw new BackupError(`${backupDir} was made by another version of Mesher (${manifest.mesher_version})`);
  const outside = [...manifest.directories, ...manifest.files.map(({ path }) => path)].find(isOutside);
  if (outside !== undefined) throw new BackupError(`${backupDir} names a file outside of it: ${outside}`);
  return manifest;
}

function parse(text: string): Manifest | null {
  try {
    return JSON.parse(text) as Manifest | null;
  } catch {
    return null;
  }
}

function isOutside(path: string): boolean {
  return path.startsWith("/") || path.split("/").includes("..");
}
