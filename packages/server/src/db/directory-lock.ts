import { accessSync, constants, existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";

/** Another living process has the directory. */
export class DirectoryLockedError extends Error {
  override readonly name = "DirectoryLockedError";
}

export interface DirectoryLock extends Disposable {
  release(): void;
  /** Whether a file of this name in the directory is the lock's. */
  owns(name: string): boolean;
}

const LOCK_FILE = "mesher.lock";
const HOLDER_FILE = "mesher.pid";

/**
 * Takes a directory for this process, so that no two work on the same files. The operating system lets go
 * of it when the process dies, however it dies: there is no stale lock.
 *
 * The lock is SQLite's on an empty database file, because Node itself offers no file lock. The pid in the
 * file beside it is only for the error message.
 */
export function lockDirectory(dir: string): DirectoryLock {
  const holderFile = join(dir, HOLDER_FILE);
  const lock = openLock(dir, holderFile);
  writeFileSync(holderFile, `${process.pid}\n`);

  let held = true;
  const release = (): void => {
    if (held) lock.close();
    held = false;
  };
  const owns = (name: string) => name === LOCK_FILE || name === HOLDER_FILE;
  return { release, owns, [Symbol.dispose]: release };
}

function openLock(dir: string, holderFile: string): DatabaseSync {
  const lockFile = join(dir, LOCK_FILE);
  let lock: DatabaseSync | undefined;
  try {
    // A file that may only be read SQLite would open all the same, and its lock would keep nobody out.
    if (existsSync(lockFile)) accessSync(lockFile, constants.W_OK);
    lock = new DatabaseSync(lockFile, { timeout: 0 });
    lock.exec("pragma journal_mode = memory; begin exclusive");
    return lock;
  } catch (error) {
    lock?.close();
    if (isBusy(error)) {
      const holder = readHolder(holderFile);
      throw new DirectoryLockedError(`Another Mesher (process ${holder}) is using ${dir}`, { cause: error });
    }
    throw new Error(`The file ${lockFile} cannot be locked: ${String(error)}`, { cause: error });
  }
}

const SQLITE_BUSY = 5;

function isBusy(error: unknown): boolean {
  return error instanceof Error && "errcode" in error && error.errcode === SQLITE_BUSY;
}

function readHolder(holderFile: string): string {
  try {
    return readFileSync(holderFile, "utf8").trim();
  } catch {
    // It may hold the lock and not yet have written its pid.
    return "unknown";
  }
}
