/**
 * Small buffers of Node share pieces of this size with others. Its own 64 KiB would be held whole by one word that lives
 * as long as its batch, and none of what is larger than 4 KiB could be given back.
 */
const POOL_BYTES = 8 * 1024;

/** Pieces that buffers share: those of before, too. */
const SHARED_BYTES: ReadonlySet<number> = new Set([Buffer.poolSize, POOL_BYTES]);
Buffer.poolSize = POOL_BYTES;

/** Less is not worth the call. */
const FREED_BYTES_MIN = 4 * 1024;

/**
 * Gives memory back at once that nobody looks at any more. V8 counts what lies outside of its heap, and begins a full
 * collection after a few megabytes of it, although most of them died young. Leaves alone what may be shared.
 */
export function freeBytes({ buffer }: Uint8Array): void {
  if (!(buffer instanceof ArrayBuffer) || SHARED_BYTES.has(buffer.byteLength)) return;
  if (buffer.byteLength >= FREED_BYTES_MIN) buffer.transfer(0);
}
