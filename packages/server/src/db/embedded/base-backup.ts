/**
 * A copy of a running cluster's files from which it can be started: PostgreSQL's own low-level backup. The files are copied
 * while they change, and the log of all changes in that time (WAL) with them; whoever starts the copy replays it, up to the
 * moment at which the copying ended.
 */
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { type Database, openDatabase, runStatement } from "../database.ts";

/** Copies one file into the backup, or writes one that has no source. Paths are relative to the cluster. */
export interface BackupSink {
  readonly directory: (path: string) => Promise<void>;
  /** A file that has vanished meanwhile is left out: what it held is in the WAL, or was temporary. */
  readonly copy: (path: string) => Promise<void>;
  readonly write: (path: string, content: string) => Promise<void>;
}

/** The checkpoint at the beginning, on a slow disk with much to write. */
const STATEMENT_MS = 10 * 60_000;

/** Made anew by every start, or of no use to another one. Their folders have to be there. */
const EMPTY_DIRS: ReadonlySet<string> = new Set([
  "pg_dynshmem",
  "pg_notify",
  "pg_replslot",
  "pg_serial",
  "pg_snapshots",
  "pg_stat_tmp",
  "pg_subtrans",
  "pg_wal",
]);
const LEFT_OUT =
  /^(postmaster\.(pid|opts)|backup_label(\.old)?|tablespace_map(\.old)?|pg_internal\.init.*|pgsql_tmp.*)$/;

const WAL_DIR = "pg_wal";
const WAL_FILE = /^[0-9A-F]{24}$/;

export async function copyRunningCluster(clusterDir: string, url: string, sink: BackupSink): Promise<void> {
  const options = { url, poolSize: 1, applicationName: "mesher backup", statementTimeoutMs: STATEMENT_MS };
  await using database = openDatabase({ ...options, log: () => undefined });
  // A backup begins and ends in one session; if that breaks, so does the backup, and the WAL is no longer held back.
  await using session = await openSession(database);
  const firstWalFile = await session.begin();
  await copyDirectory(clusterDir, "", sink);
  const end = await session.end();
  await sink.write("backup_label", end.label);
  for (const file of (await readdir(join(clusterDir, WAL_DIR))).toSorted()) {
    if (WAL_FILE.test(file) && file >= firstWalFile && file <= end.lastWalFile) await sink.copy(join(WAL_DIR, file));
  }
}

async function openSession(database: Database) {
  const { client, release } = await database.acquire();
  const ask = async <Row>(text: string, values: readonly unknown[] = []) => {
    const { rows } = await runStatement<Row>(client, { text, values });
    if (rows[0] === undefined) throw new Error(`PostgreSQL answered nothing to ${text}`);
    return rows[0];
  };
  return {
    /** From now on all WAL is kept. The file it begins with. */
    begin: async () => {
      // Ends with the session. Without it PostgreSQL may remove WAL that the copy needs.
      await ask("select pg_create_physical_replication_slot($1, true, true)", [`mesher_backup_${process.pid}`]);
      const begun = await ask<{ file: string }>("select pg_walfile_name(pg_backup_start('mesher', true)) as file");
      return begun.file;
    },
    end: () =>
      ask<{ label: string; lastWalFile: string }>(
        `select labelfile as label, pg_walfile_name(lsn) as "lastWalFile" from pg_backup_stop(false)`,
      ),
    [Symbol.asyncDispose]: async () => release(new Error("the session of a backup is not used again")),
  };
}

async function copyDirectory(clusterDir: string, path: string, sink: BackupSink): Promise<void> {
  await sink.directory(path);
  if (EMPTY_DIRS.has(path)) return;
  for (const entry of await readdir(join(clusterDir, path), { withFileTypes: true })) {
    const entryPath = join(path, entry.name);
    if (LEFT_OUT.test(entry.name)) continue;
    if (entry.isDirectory()) await copyDirectory(clusterDir, entryPath, sink);
    else if (entry.isFile()) await sink.copy(entryPath);
    else throw new Error(`${join(clusterDir, entryPath)} is no file of a database that Mesher made`);
  }
}
