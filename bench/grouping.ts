/**
 * How well issues are told apart: groups the events with which Sentry regression-tests its grouping and compares the
 * pairs that share an issue with the pairs that share one at Sentry.
 */
import { randomUUID } from "node:crypto";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { groupEvent } from "../packages/server/src/ingest/group/group-event.ts";
import { normalizeEvent } from "../packages/server/src/ingest/normalize/normalize.ts";

const HELP = `How well issues are told apart, beside Sentry's own grouping of the same events.

  npm run bench:grouping -- [FOLDER] [OPTIONS]

FOLDER holds inputs/*.json, and expected.json with same_issue_pairs and method. Default: ../shared/data/grouping.

  --verbose     Tells every input that is not grouped as there.
  --json FILE   Writes the figures there too.
`;

export const DEFAULT_FOLDER = join(import.meta.dirname, "../../shared/data/grouping");

export interface GroupingScore {
  readonly inputs: number;
  readonly inputsRight: number;
  readonly pairsExpected: number;
  readonly pairsFound: number;
  readonly pairsRight: number;
  readonly precision: number;
  readonly recall: number;
  readonly f1: number;
  readonly microsecondsPerEvent: number;
  readonly wrong: readonly WrongInput[];
}

export interface WrongInput {
  readonly name: string;
  /** Inputs it should share an issue with and does not. */
  readonly missing: readonly string[];
  /** Inputs it shares an issue with and should not. */
  readonly extra: readonly string[];
}

interface Expectation {
  readonly same_issue_pairs: readonly (readonly [string, string])[];
  readonly method: Readonly<Record<string, readonly string[]>>;
}

/** Rounds over all inputs when timing: enough for the compiler to settle. */
const TIMED_ROUNDS = 200;

export function scoreGrouping(folder: string): GroupingScore {
  const expectation = JSON.parse(readFileSync(join(folder, "expected.json"), "utf8")) as Expectation;
  // An input that Sentry itself had to guess about is no evidence for or against anybody.
  const names = readdirSync(join(folder, "inputs")).filter(
    (name) => name.endsWith(".json") && !expectation.method[name]?.includes("fallback"),
  );
  const events = new Map(names.map((name) => [name, readEvent(join(folder, "inputs", name))]));
  const fingerprints = new Map([...events].map(([name, event]) => [name, groupEvent(event).fingerprint]));

  const expected = toNeighbours(names, expectation.same_issue_pairs);
  const found = toNeighbours(names, pairsOf(names, fingerprints));
  const wrong = names.flatMap((name) => compare(name, expected, found));
  const pairsExpected = countPairs(expected);
  const pairsFound = countPairs(found);
  const extra = wrong.reduce((sum, one) => sum + one.extra.length, 0) / 2;
  const pairsRight = pairsFound - extra;
  return {
    inputs: names.length,
    inputsRight: names.length - wrong.length,
    pairsExpected,
    pairsFound,
    pairsRight,
    precision: ratio(pairsRight, pairsFound),
    recall: ratio(pairsRight, pairsExpected),
    f1: ratio(2 * pairsRight, pairsFound + pairsExpected),
    microsecondsPerEvent: time([...events.values()]),
    wrong,
  };
}

function readEvent(path: string): ReturnType<typeof normalizeEvent>["event"] {
  const { _grouping: _, ...raw } = JSON.parse(readFileSync(path, "utf8")) as Record<string, unknown>;
  const eventId = randomUUID().replaceAll("-", "");
  const receivedAtMs = Date.now();
  const payload = { ...raw, event_id: eventId, timestamp: receivedAtMs / 1000 };
  return normalizeEvent(payload, { receivedAtMs, eventId, source: "sentry" }).event;
}

type Neighbours = ReadonlyMap<string, ReadonlySet<string>>;

function toNeighbours(names: readonly string[], pairs: readonly (readonly [string, string])[]): Neighbours {
  const neighbours = new Map(names.map((name) => [name, new Set<string>()]));
  for (const [a, b] of pairs) {
    if (!neighbours.has(a) || !neighbours.has(b)) continue;
    neighbours.get(a)?.add(b);
    neighbours.get(b)?.add(a);
  }
  return neighbours;
}

function pairsOf(names: readonly string[], fingerprints: ReadonlyMap<string, string>): [string, string][] {
  return names.flatMap((a, index) =>
    names
      .slice(index + 1)
      .filter((b) => fingerprints.get(a) === fingerprints.get(b))
      .map((b): [string, string] => [a, b]),
  );
}

function compare(name: string, expected: Neighbours, found: Neighbours): WrongInput[] {
  const wanted = expected.get(name) ?? new Set<string>();
  const got = found.get(name) ?? new Set<string>();
  const missing = [...wanted].filter((other) => !got.has(other));
  const extra = [...got].filter((other) => !wanted.has(other));
  return missing.length + extra.length === 0 ? [] : [{ name, missing, extra }];
}

function countPairs(neighbours: Neighbours): number {
  return [...neighbours.values()].reduce((sum, others) => sum + others.size, 0) / 2;
}

function ratio(part: number, whole: number): number {
  return whole === 0 ? 1 : part / whole;
}

function time(events: readonly Parameters<typeof groupEvent>[0][]): number {
  const started = performance.now();
  for (let round = 0; round < TIMED_ROUNDS; round++) for (const event of events) groupEvent(event);
  return ((performance.now() - started) * 1000) / (TIMED_ROUNDS * events.length);
}

function main(): void {
  const { values, positionals } = parseArgs({
    options: {
      verbose: { type: "boolean", default: false },
      json: { type: "string" },
      help: { type: "boolean", short: "h", default: false },
    },
    allowPositionals: true,
  });
  if (values.help) {
    process.stdout.write(HELP);
    return;
  }
  const score = scoreGrouping(positionals[0] ?? DEFAULT_FOLDER);
  console.table({
    "inputs exactly right": `${score.inputsRight} of ${score.inputs} (${percent(score.inputsRight / score.inputs)})`,
    "pairs expected": score.pairsExpected,
    "pairs found": score.pairsFound,
    "pairs right": score.pairsRight,
    precision: score.precision.toFixed(3),
    recall: score.recall.toFixed(3),
    F1: score.f1.toFixed(3),
    "µs per event": score.microsecondsPerEvent.toFixed(1),
  });
  if (values.verbose) for (const one of score.wrong) console.log(describeWrong(one));
  if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(score, undefined, 2)}\n`);
}

function percent(share: number): string {
  return `${(share * 100).toFixed(1)} %`;
}

function describeWrong({ name, missing, extra }: WrongInput): string {
  const sides = [...missing.map((other) => `  apart from ${other}`), ...extra.map((other) => `  joined with ${other}`)];
  return [name, ...sides].join("\n");
}

if (import.meta.main) main();
