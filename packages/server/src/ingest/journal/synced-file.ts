/** Writing that is over when it is on disk. */
import { constants } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";

/** A write returns when its bytes are on disk: one turn on the thread pool instead of two. Windows has no such flag. */
export const SYNCHRONOUS = constants.O_DSYNC ?? 0;

/** Linux refuses more parts than this in one `writev`. */
const IOV_MAX = 1024;

/** Writes all parts one behind the other, and waits until they are on disk. The file is opened with `SYNCHRONOUS`. */
export async function writeAt(file: FileHandle, parts: readonly Uint8Array[], offset: number): Promise<void> {
  let position = offset;
  let rest = parts;
  while (rest.length > 0) {
    const { bytesWritten } = await file.writev(rest.slice(0, IOV_MAX), position);
    position += bytesWritten;
    rest = dropBytes(rest, bytesWritten);
  }
  if (SYNCHRONOUS === 0) await file.datasync();
}

/** A new file survives a crash of the machine only when its directory is on disk too. */
export async function syncDirectory(directory: string): Promise<void> {
  const handle = await open(directory, constants.O_RDONLY);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

function dropBytes(parts: readonly Uint8Array[], bytes: number): readonly Uint8Array[] {
  let dropped = 0;
  let left = bytes;
  for (const part of parts) {
    if (left < part.length) break;
    left -= part.length;
    dropped += 1;
  }
  const rest = parts.slice(dropped);
  const first = rest[0];
  if (left > 0 && first !== undefined) rest[0] = first.subarray(left);
  return rest;
}
