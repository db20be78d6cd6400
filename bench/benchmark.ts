/** What benchmarks have in common: they say what they do, read numbers, print figures and keep them as JSON. */
import { mkdirSync, writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { dirname } from "node:path";

/** Runs a benchmark to its end. Why it failed is its last line. */
export async function runBenchmark(main: () => Promise<void>): Promise<void> {
  try {
    await main();
  } catch (error) {
    console.error(`\n${error instanceof Error ? error.message : String(error)}`);
    process.exitCode = 1;
  }
}

/** Says what is being done, and how long it took. */
export async function told<T>(label: string, work: () => Promise<T>): Promise<T> {
  const startedAt = performance.now();
  process.stderr.write(`${label} …`);
  const result = await work();
  process.stderr.write(` ${((performance.now() - startedAt) / 1_000).toFixed(1)} s\n`);
  return result;
}

export interface Machine {
  readonly cores: number;
  readonly cpu: string;
  /** Node's version. */
  readonly node: string;
}

export function thisMachine(): Machine {
  return { cores: cpus().length, cpu: cpus()[0]?.model ?? "unknown", node: process.version };
}

export function writeReport(path: string, report: object): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, `${JSON.stringify({ at: new Date().toISOString(), ...report }, undefined, 2)}\n`);
}

/** A number from the command line, above 0. */
export function readNumber(option: string, text: string): number {
  const number = Number(text);
  if (!(number > 0)) throw new Error(`${option} ${text}: expected a positive number`);
  return number;
}

export function whole(number: number): string {
  return Math.round(number).toLocaleString("en");
}

/** The number below which so large a share of them lies. */
export function quantile(numbers: readonly number[], share: number): number {
  const sorted = Float64Array.from(numbers).sort();
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}
