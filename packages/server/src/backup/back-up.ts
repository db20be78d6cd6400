/**
 * Copies a data directory with its embedded database, while Mesher runs on it or not.
 *
 * The order is what makes it whole: first the journal, then the database, which is copied as it stands when the copying ends.
 * So an event that was answered before the backup began is in the journal's copy, or was stored by then and is in the
 * database's, or in both: then storing finds that it has it.
 */
import { type Dirent, existsSync, type Stats } from "node:fs";
import { mkdir, readdir, rename, rm, stat } from "node:fs/promises";
import { dirname, join } from "node:path";

import { DirectoryLockedError } from "../db/directory-lock.ts";
import { copyRunningCluster } from "../db/embedded/base-backup.ts";
import { findBinaries } from "../db/embedded/binaries.ts";
import { connectEmbedded } from "../db/embedded/embedded.ts";
import { VERSION } from "../version.ts";
import { type CopiedFile, copyFile, syncAll, writeFile } from "./copy-file.ts";
import { isWithin } from "./is-within.ts";
import { BackupError, FORMAT, MANIFEST, type Manifest, type ManifestFile } from "./manifest.ts";

/** Of the embedded database, in the data directory and in a backup. */
const DATABASE_DIR = "postgres";
const CLUSTER_DIR = join(DATABASE_DIR, "cluster");

/** Of the process that runs, and no part of the data. */
const LEFT_OUT = /^(mesher\.(lock|pid)|restoring|lost\+found)$/;

export interface BackupDone {
  readonly files: number;
  readonly bytes: number;
}

export interface BackupOptions {
  readonly log: (message: string) => void;
  /** Aborted, nothing of the backup is left, and a database that was started for it is stopped. */
  readonly signal: AbortSignal;
}

/** `backupDir` is made, and is there when the backup is whole; before that its name ends with `.unfinished`. */
export async function backUp(dataDir: string, backupDir: string, { log, signal }: BackupOptions): Promise<BackupDone> {
  if (!(await holdsCluster(dataDir)))
    throw new BackupError(`${dataDir} holds no embedded database. ${insteadOf(dataDir)}`);
  if (existsSync(backupDir)) throw new BackupError(`${backupDir} is there already`);
  const unfinishedDir = `${backupDir}.unfinished`;
  await demandApart(dataDir, backupDir, unfinishedDir);
  await using embedded = await connect(dataDir, log);
  signal.throwIfAborted();
  await rm(unfinishedDir, { recursive: true, force: true });
  await mkdir(unfinishedDir, { recursive: true, mode: 0o700 });
  try {
    const manifest = await copyAll(new Copy(dataDir, unfinishedDir, signal), dataDir, embedded.url);
    await writeFile(join(unfinishedDir, MANIFEST), JSON.stringify(manifest, null, 1));
    await syncAll(unfinishedDir, [...manifest.files.map(({ path }) => path), MANIFEST, ...manifest.directories, ""]);
    signal.throwIfAborted();
    await rename(unfinishedDir, backupDir);
    await syncAll(dirname(backupDir), [""]);
    return { files: manifest.files.length, bytes: manifest.files.reduce((sum, { bytes }) => sum + bytes, 0) };
  } catch (error) {
    // A disk that it has filled, which may be that of the data, has its room again.
    await rm(unfinishedDir, { recursive: true, force: true });
    throw error;
  }
}

async function copyAll(copy: Copy, dataDir: string, databaseUrl: string): Promise<Manifest> {
  for (const entry of await readdir(dataDir, { withFileTypes: true })) {
    if (entry.name !== DATABASE_DIR) await copy.tree(entry.name, entry);
  }
  await copy.directory(DATABASE_DIR);
  await copyRunningCluster(join(dataDir, CLUSTER_DIR), databaseUrl, {
    directory: (path) => copy.directory(join(CLUSTER_DIR, path)),
    copy: (path) => copy.file(join(CLUSTER_DIR, path)),
    write: (path, content) => copy.write(join(CLUSTER_DIR, path), content),
  });
  return copy.manifest();
}

async function holdsCluster(dataDir: string): Promise<boolean> {
  try {
    await stat(join(dataDir, CLUSTER_DIR));
    return true;
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === "ENOENT") return false;
    if (code !== "EACCES") throw cause;
    throw new BackupError(`${dataDir} is closed to this user: back it up as the user who started the server`, {
      cause,
    });
  }
}

const insteadOf = (dataDir: string) =>
  `Back up a PostgreSQL of your own with pg_dump, after copying ${join(dataDir, "journal")}.`;

/** A database in the directory that its server does not use is of an earlier time: a copy of it would pass for a backup. */
async function connect(dataDir: string, log: (message: string) => void) {
  try {
    return await connectEmbedded(dataDir, log);
  } catch (cause) {
    if (!(cause instanceof DirectoryLockedError)) throw cause;
    const what = `The server on ${dataDir} is just starting or stopping, or runs without the embedded database there.`;
    throw new BackupError(`${what} ${insteadOf(dataDir)}`, { cause });
  }
}

/** What is made within what is copied has no end, and what is cleared for the backup must not hold the data. */
async function demandApart(dataDir: string, backupDir: string, unfinishedDir: string): Promise<void> {
  if (await isWithin(unfinishedDir, dataDir)) {
    throw new BackupError(
      `${backupDir} is in the data directory ${dataDir}, and would be a part of itself: name a directory outside of it`,
    );
  }
  if (await isWithin(dataDir, unfinishedDir)) {
    throw new BackupError(
      `The data directory ${dataDir} is in ${unfinishedDir}, where the backup is made: name another directory`,
    );
  }
}

class Copy {
  readonly #from: string;
  readonly #to: string;
  readonly #directories: string[] = [];
  readonly #files: ManifestFile[] = [];
  readonly #signal: AbortSignal;

  constructor(from: string, to: string, signal: AbortSignal) {
    this.#from = from;
    this.#to = to;
    this.#signal = signal;
  }

  /** Links are followed: a journal may lie on a disk of its own. Sockets hold nothing. */
  async tree(path: string, entry: Dirent): Promise<void> {
    if (LEFT_OUT.test(entry.name)) return;
    const found = entry.isSymbolicLink() ? await this.#target(path) : entry;
    if (found?.isFile()) return this.file(path);
    if (!found?.isDirectory()) return;
    await this.directory(path);
    for (const each of await readdir(join(this.#from, path), { withFileTypes: true }))
      await this.tree(join(path, each.name), each);
  }

  /** `undefined`: the link leads nowhere. */
  async #target(path: string): Promise<Stats | undefined> {
    const link = join(this.#from, path);
    if (!existsSync(link)) return undefined;
    if (await isWithin(this.#to, link))
      throw new BackupError(`${link} leads to where the backup is made, which would be a part of itself`);
    return stat(link);
  }

  async directory(path: string): Promise<void> {
    await mkdir(join(this.#to, path), { recursive: true, mode: 0o700 });
    this.#directories.push(path.replace(/\/$/, ""));
  }

  /** One that has vanished meanwhile is left out. */
  async file(path: string): Promise<void> {
    this.#signal.throwIfAborted();
    try {
      this.#add(path, await copyFile(join(this.#from, path), join(this.#to, path)));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ENOENT" || existsSync(join(this.#from, path))) throw error;
    }
  }

  async write(path: string, content: string): Promise<void> {
    this.#add(path, await writeFile(join(this.#to, path), content));
  }

  manifest(): Manifest {
    return {
      format: FORMAT,
      created_at: new Date().toISOString(),
      mesher_version: VERSION,
      postgres_major: findBinaries().majorVersion,
      directories: this.#directories,
      files: this.#files,
    };
  }

  #add(path: string, { bytes, sha256 }: CopiedFile): void {
    this.#files.push({ path, bytes, sha256 });
  }
}
