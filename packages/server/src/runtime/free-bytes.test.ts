import { gunzipSync, gzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { freeBytes } from "./free-bytes.ts";

test("a large buffer's memory is given back at once, and nobody can read it any more", () => {
  const text = "what an event holds ".repeat(5_000);
  const inflated = gunzipSync(gzipSync(text), { chunkSize: text.length + 1 });
  const before = process.memoryUsage().arrayBuffers;
  freeBytes(inflated);
  expect(before - process.memoryUsage().arrayBuffers).toBeGreaterThanOrEqual(text.length);
  expect(inflated.length).toBe(0);
});

test("a buffer that shares its memory with others stays, and so do they", () => {
  for (let round = 0; round < 100; round += 1) {
    const neighbour = Buffer.from("neighbour");
    const small = Buffer.allocUnsafe(3_000).fill(1);
    freeBytes(small);
    expect(small.every((byte) => byte === 1)).toBe(true);
    expect(neighbour.toString()).toBe("neighbour");
  }
});

test("pieces of memory from before this module was loaded stay, too", () => {
  const piece = new ArrayBuffer(64 * 1024);
  const early = Buffer.from(piece, 100, 30_000);
  freeBytes(early);
  expect(early.length).toBe(30_000);
});

test("memory that threads share stays", () => {
  const shared = new Uint8Array(new SharedArrayBuffer(1024 * 1024));
  freeBytes(shared);
  expect(shared.length).toBe(1024 * 1024);
});
