import { statfs } from "node:fs/promises";

/** Of the disk that holds a folder; `free` is what this process may still use. */
export async function readDiskSpace(dir: string): Promise<{ free_bytes: number; total_bytes: number }> {
  const { bavail, blocks, bsize } = await statfs(dir);
  return { free_bytes: bavail * bsize, total_bytes: blocks * bsize };
}
