import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";

/** Another living process has the directory. */
export class DirectoryLockedError extends Error {
  override readonly name = "DirectoryLockedError";
}

export interface DirectoryLock extends Disposable {
  release(): void;
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
  const lock = new DatabaseSync(join(dir, LOCK_FILE), { timeout: 0 });
  try {
    lock.exec("pragma journal_mode = memory; begin exclusive");
  } catch (error) {
    lock.close();
    if (!isBusy(error)) throw error;
    throw new DirectoryLockedError(`Another Mesher (process ${readHolder(holderFile)}) is using ${dir}`, {
      cause: error,
    });
  }
  writeFileSync(holderFile, `${process.pid}\n`);

  let held = true;
  const release = (): void => {
    if (held) lock.close();
    held = false;
  };
  return { release, [Symbol.dispose]: release };
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
