import { closeSync, copyFileSync, openSync, statSync, truncateSync } from "node:fs";

/** PostgreSQL writes to it as long as it lives, so it is emptied in place, its content kept once. */
const LOG_FILE_BYTES_MAX = 10 * 1024 * 1024;

/** For `spawn`: appends, so that a write after emptying lands at the start. Close it when the child is started. */
export function openLogFile(logFile: string): { descriptor: number; close(): void } {
  const descriptor = openSync(logFile, "a", 0o600);
  return { descriptor, close: () => closeSync(descriptor) };
}

/** Moves a log that has grown too long to `<logFile>.1`, in place of the one before. */
export function boundLogFile(logFile: string): void {
  const size = statSync(logFile, { throwIfNoEntry: false })?.size ?? 0;
  if (size <= LOG_FILE_BYTES_MAX) return;
  copyFileSync(logFile, `${logFile}.1`);
  truncateSync(logFile);
}
