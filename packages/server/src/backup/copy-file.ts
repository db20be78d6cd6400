import { createHash } from "node:crypto";
import { type FileHandle, open } from "node:fs/promises";
import { join } from "node:path";

export interface CopiedFile {
  readonly bytes: number;
  readonly sha256: string;
}

const CHUNK_BYTES = 1024 * 1024;

/** Copies a file that may change meanwhile. What is told of it is of what was written, which `syncAll` brings to the disk. */
export async function copyFile(from: string, to: string): Promise<CopiedFile> {
  await using source = await open(from, "r");
  // Awaited here, where the source is still open.
  return await writeNew(to, readChunks(source));
}

export async function writeFile(to: string, content: string): Promise<CopiedFile> {
  return writeNew(to, [Buffer.from(content)]);
}

/** Waits until all of these files and directories below `root` are on disk. Many at once, which costs little more than one. */
export async function syncAll(root: string, paths: readonly string[]): Promise<void> {
  for (let start = 0; start < paths.length; start += SYNCS_AT_ONCE) {
    await Promise.all(paths.slice(start, start + SYNCS_AT_ONCE).map((path) => syncPath(join(root, path))));
  }
}

const SYNCS_AT_ONCE = 64;

async function syncPath(path: string): Promise<void> {
  await using handle = await open(path, "r");
  await handle.sync();
}

async function writeNew(to: string, chunks: AsyncIterable<Buffer> | Iterable<Buffer>): Promise<CopiedFile> {
  await using target = await open(to, "wx", 0o600);
  const hash = createHash("sha256");
  let bytes = 0;
  for await (const chunk of chunks) {
    hash.update(chunk);
    bytes += chunk.length;
    await target.writeFile(chunk);
  }
  return { bytes, sha256: hash.digest("hex") };
}

async function* readChunks(source: FileHandle): AsyncGenerator<Buffer> {
  const buffer = Buffer.allocUnsafe(CHUNK_BYTES);
  for (;;) {
    const { bytesRead } = await source.read(buffer, 0, CHUNK_BYTES);
    if (bytesRead === 0) return;
    yield buffer.subarray(0, bytesRead);
  }
}
