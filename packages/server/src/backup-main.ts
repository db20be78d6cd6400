/** What `mesher backup` and `mesher restore` start: `backup-main.ts backup DATA_DIR BACKUP_DIR`, `backup-main.ts restore BACKUP_DIR DATA_DIR`. */
import { resolve } from "node:path";
import { backUp } from "./backup/back-up.ts";
import { BackupError } from "./backup/manifest.ts";
import { restore } from "./backup/restore.ts";

const [, , what, from = "", to = ""] = process.argv;
const log = (message: string) => process.stderr.write(`${message}\n`);

/** At Ctrl-C, however often. A database that was started for the backup would otherwise go on without anybody. A restore starts none. */
function interruption(): AbortSignal {
  const interrupted = new AbortController();
  const interrupt = () => interrupted.abort(new BackupError("The backup was interrupted; nothing of it is left"));
  for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(name, interrupt);
  return interrupted.signal;
}

try {
  const startedMs = performance.now();
  const done =
    what === "restore"
      ? await restore(resolve(from), resolve(to))
      : await backUp(resolve(from), resolve(to), { log, signal: interruption() });
  const seconds = ((performance.now() - startedMs) / 1000).toFixed(1);
  const megabytes = (done.bytes / 1024 ** 2).toFixed(1);
  process.stdout.write(`${resolve(to)}: ${done.files} files, ${megabytes} MiB, in ${seconds} s\n`);
} catch (error) {
  for (let cause = error; cause instanceof Error; cause = cause.cause) log(cause.message);
  process.exitCode = 1;
}
