import { randomUUID } from "node:crypto";
import { open, readFile, rename } from "node:fs/promises";
import { join } from "node:path";
import { syncDirectory } from "./segment.ts";

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** The journal's name for life, kept beside its segments. */
export async function readOrMakeId(directory: string): Promise<string> {
  const path = join(directory, "id");
  const kept = await readFile(path, "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return undefined;
    throw error;
  });
  if (kept !== undefined) {
    const id = kept.trim();
    if (!UUID.test(id)) throw new Error(`${path} does not hold the id of a journal`);
    return id;
  }
  const id = randomUUID();
  const file = await open(`${path}.new`, "w", 0o600);
  try {
    await file.writeFile(`${id}\n`);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(`${path}.new`, path);
  await syncDirectory(directory);
  return id;
}
