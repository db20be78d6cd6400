/** What `mesher backup` and `mesher restore` start: `backup-main.ts backup DATA_DIR BACKUP_DIR`, `backup-main.ts restore BACKUP_DIR DATA_DIR`. */
import { resolve } from "node:path";
import { backUp } from "./backup/back-up.ts";
import { BackupError } from "./backup/manifest.ts";
import { restore } from "./backup/restore.ts";
import { interruption } from "./runtime/interruption.ts";

const [, , what, from = "", to = ""] = process.argv;
const log = (message: string) => process.stderr.write(`${message}\n`);

/** A database that was started for the backup ends with it. A restore starts none. */
const INTERRUPTED = new BackupError("The backup was interrupted; nothing of it is left");

try {
  const startedMs = performance.now();
  const done =
    what === "restore"
      ? await restore(resolve(from), resolve(to))
      : await backUp(resolve(from), resolve(to), { log, signal: interruption(INTERRUPTED) });
  const seconds = ((performance.now() - startedMs) / 1000).toFixed(1);
  const megabytes = (done.bytes / 1024 ** 2).toFixed(1);
  process.stdout.write(`${resolve(to)}: ${done.files} files, ${megabytes} MiB, in ${seconds} s\n`);
} catch (error) {
  for (let cause = error; cause instanceof Error; cause = cause.cause) log(cause.message);
  process.exitCode = 1;
}
