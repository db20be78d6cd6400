import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Database, Log } from "./database.ts";
import { sqlState } from "./errors.ts";
import { migrateQueue } from "./job-queue.ts";
import { type Transaction, withTransaction } from "./transaction.ts";

/** The database and the program do not belong together. Nothing was changed. */
export class MigrationError extends Error {
  override readonly name = "MigrationError";
}

export interface Migration {
  readonly version: number;
  readonly name: string;
  readonly sql: string;
  /** SHA-256 of the file, as hex. */
  readonly checksum: string;
}

/** Where the program's own migrations lie. */
export const MIGRATIONS_DIR = fileURLToPath(new URL("./migrations/", import.meta.url));

/** A migration may rewrite a table, so it gets more time than a statement. */
const MIGRATION_TIMEOUT_MS = 30 * 60_000;

/** For the migrations of another node to end. */
const LOCK_TIMEOUT_MS = MIGRATION_TIMEOUT_MS;

/** Key of the advisory lock: "mesher" as a number. */
const MIGRATION_LOCK_KEY = 0x6d6573686572;

/**
 * Brings the database to the program's version: every migration not yet applied, in order, each in its
 * own transaction. Nodes that start at once wait for each other; each migration is applied once.
 * Then the tables of the queue of jobs. Refuses a database that a newer program has migrated, or a migration that changed after it was applied.
 */
export async function migrate(database: Database, log: Log, dir: string = MIGRATIONS_DIR): Promise<void> {
  const migrations = await readMigrations(dir);
  const applied: Migration[] = [];
  try {
    const next = () => applyNext(database, migrations);
    for (let one = await next(); one !== undefined; one = await next()) applied.push(one);
  } finally {
    // Those before one that fails stay, so they are told too.
    tellApplied(applied, migrations, log);
  }
  await migrateQueue(database);
}

function tellApplied(applied: readonly Migration[], migrations: readonly Migration[], log: Log): void {
  const [first, last] = [applied.at(0), applied.at(-1)];
  if (first === undefined || last === undefined) return;
  const before = migrations[migrations.indexOf(first) - 1];
  log("Migrated database", { from: before?.name ?? "nothing", to: last.name, count: applied.length });
}

/** All `NNNN_name.sql` of a folder, in order. */
export async function readMigrations(dir: string): Promise<Migration[]> {
  const files = (await readdir(dir)).filter((file) => file.endsWith(".sql")).sort();
  const migrations = await Promise.all(files.map((file) => readMigration(dir, file)));
  for (const [index, { version, name }] of migrations.entries()) {
    if (version !== index + 1) throw new MigrationError(`Migration ${name} should have number ${index + 1}`);
  }
  return migrations;
}

async function readMigration(dir: string, file: string): Promise<Migration> {
  const number = /^(\d{4})_[a-z0-9_]+\.sql$/.exec(file)?.[1];
  if (number === undefined) throw new MigrationError(`Migration ${file} is not named NNNN_name.sql`);
  const sql = await readFile(join(dir, file), "utf8");
  return {
    version: Number(number),
    name: file.slice(0, -".sql".length),
    sql,
    checksum: createHash("sha256").update(sql).digest("hex"),
  };
}

/** Applies the first migration that is missing. `undefined`: none is. */
function applyNext(database: Database, migrations: readonly Migration[]): Promise<Migration | undefined> {
  return withTransaction(
    database,
    async (tx) => {
      await lockMigrations(tx);
      const next = nextMigration(migrations, await listApplied(tx));
      if (next === undefined) return undefined;
      await apply(tx, next);
      return next;
    },
    { timeoutMs: MIGRATION_TIMEOUT_MS + LOCK_TIMEOUT_MS },
  );
}

/** Only one node migrates at a time. The lock ends with the transaction. */
async function lockMigrations(tx: Transaction): Promise<void> {
  await tx.query({
    text: "select set_config('lock_timeout', $1, true), set_config('statement_timeout', $2, true)",
    values: [String(LOCK_TIMEOUT_MS), String(MIGRATION_TIMEOUT_MS)],
  });
  await tx.query({
    text: "select pg_advisory_xact_lock($1)",
    values: [MIGRATION_LOCK_KEY],
    timeoutMs: LOCK_TIMEOUT_MS,
  });
}

interface AppliedMigration {
  readonly version: number;
  readonly name: string;
  readonly checksum: string;
}

async function listApplied(tx: Transaction): Promise<AppliedMigration[]> {
  await tx.query({
    text: `
      create table if not exists schema_migrations (
        version integer primary key,
        name text not null,
        checksum text not null,
        applied_at timestamptz not null default now()
      )`,
  });
  const { rows } = await tx.query<AppliedMigration>({
    text: "select version, name, checksum from schema_migrations order by version",
  });
  return rows;
}

/** The first migration the database lacks, once all that it has are found to be the program's own. */
function nextMigration(migrations: readonly Migration[], applied: readonly AppliedMigration[]): Migration | undefined {
  for (const [index, { version, name, checksum }] of applied.entries()) {
    const own = migrations[index];
    if (own === undefined) {
      throw new MigrationError(
        `The database has migration ${name}, which this version of Mesher does not know: ` +
          "a newer version has been here. Start that version or a later one.",
      );
    }
    if (own.version !== version || own.checksum !== checksum) {
      throw new MigrationError(
        `Migration ${own.name}.sql differs from what the database was built with (${name}). ` +
          "Applied migrations never change: restore the file, and write a new migration instead.",
      );
    }
  }
  return migrations[applied.length];
}

async function apply(tx: Transaction, { version, name, sql, checksum }: Migration): Promise<void> {
  try {
    await tx.query({ text: sql, timeoutMs: MIGRATION_TIMEOUT_MS });
  } catch (error) {
    // A database that went away says nothing against the migration.
    if (!(error instanceof Error) || sqlState(error) === undefined) throw error;
    throw new MigrationError(`Migration ${name}.sql failed: ${error.message}`, { cause: error });
  }
  await tx.query({
    text: "insert into schema_migrations (version, name, checksum) values ($1, $2, $3)",
    values: [version, name, checksum],
  });
}
