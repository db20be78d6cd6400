/** What the disk itself does, with nothing of ours in between. */
import { closeSync, fdatasyncSync, openSync, rmSync, writeSync } from "node:fs";
import { join } from "node:path";

export interface DiskRate {
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

/** Writes `bytes` at the end of a file and waits until they are on disk, over and over. */
export function measureDisk(directory: string, bytes: number, seconds: number): DiskRate {
  const path = join(directory, "disk-rate");
  const file = openSync(path, "w");
  const block = Buffer.alloc(bytes, 1);
  const times: number[] = [];
  try {
    const endsAt = performance.now() + seconds * 1000;
    for (let now = performance.now(); now < endsAt; ) {
      writeSync(file, block);
      fdatasyncSync(file);
      const then = performance.now();
      times.push(then - now);
      now = then;
    }
  } finally {
    closeSync(file);
    rmSync(path);
  }
  const sum = times.reduce((total, ms) => total + ms, 0);
  return { perSecond: (times.length * 1000) / sum, p50Ms: quantile(times, 0.5), p99Ms: quantile(times, 0.99) };
}

export function quantile(values: readonly number[], share: number): number {
  const sorted = Float64Array.from(values).sort();
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
}
