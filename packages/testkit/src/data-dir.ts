import { chmod, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A temporary folder, removed with all in it at the end of the block. */
export interface DataDir extends AsyncDisposable {
  readonly path: string;
}

/** Open to other users, as a real data directory is: as root, PostgreSQL runs as one of them. */
export async function createDataDir(prefix = "mesher-test-"): Promise<DataDir> {
  const path = await mkdtemp(join(tmpdir(), prefix));
  await chmod(path, 0o755);
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}
