/**
 * Posts broken envelopes, events and reports to a running server, and fails if it answers one with 5xx, hangs, or
 * resets a connection. Every case follows from the seed and its index, so `--seed S --first I --count 1` repeats it.
 *
 *     npm run fuzz -- --dsn http://key@localhost:8080/1 [--url http://localhost:8080] [--count 100000] [--seed 1]
 */
import { Agent, type IncomingMessage, request as sendRequest } from "node:http";
import { parseArgs } from "node:util";
import { type Dsn, parseDsn } from "@mesher/protocol";
import { type FuzzCase, makeCase, readSamples } from "./fuzz-cases.ts";

export interface FuzzOptions {
  /** Where the server listens: `http://host:port`. */
  readonly url: string;
  readonly dsn: string;
  readonly count?: number;
  readonly seed?: number;
  /** Index of the first case. */
  readonly first?: number;
  /** Requests at a time. */
  readonly concurrency?: number;
  readonly report?: (line: string) => void;
}

export interface FuzzSummary {
  readonly seed: number;
  readonly count: number;
  /** Answers by HTTP status. */
  readonly statuses: Readonly<Record<string, number>>;
  /** Cases the server did not survive as it should; not more than `FAILURES_MAX`. */
  readonly failures: readonly FuzzFailure[];
}

export interface FuzzFailure {
  readonly index: number;
  readonly what: string;
  readonly method: string;
  readonly path: string;
}

export async function fuzz(options: FuzzOptions): Promise<FuzzSummary> {
  const { url, count = 100_000, seed = Date.now() % 1e9, first = 0, concurrency = 32, report = () => {} } = options;
  const dsn = parseDsn(options.dsn);
  if (dsn === undefined) throw new Error(`not a DSN: ${options.dsn}`);

  const samples = readSamples();
  const statuses: Record<string, number> = {};
  const failures: FuzzFailure[] = [];
  const agent = new Agent({ keepAlive: true, maxSockets: concurrency });
  let next = first;
  let done = 0;

  async function work(): Promise<void> {
    while (next < first + count && failures.length < FAILURES_MAX) {
      const index = next++;
      const fuzzCase = makeCase(seed, index, dsn as Dsn, samples);
      const answer = await send(url, fuzzCase, agent);
      statuses[answer] = (statuses[answer] ?? 0) + 1;
      if (!/^[1-4]\d\d$/.test(answer)) {
        failures.push({ index, what: answer, method: fuzzCase.method, path: fuzzCase.path.slice(0, PATH_SHOWN_MAX) });
      }
      if (++done % PROGRESS_EVERY === 0) report(`${done} of ${count}, seed ${seed}: ${JSON.stringify(statuses)}`);
    }
  }
  await Promise.all(Array.from({ length: concurrency }, work));
  agent.destroy();
  return { seed, count: done, statuses, failures };
}

const FAILURES_MAX = 20;
const PATH_SHOWN_MAX = 120;
const PROGRESS_EVERY = 10_000;
/** Longer without an answer counts as hanging. */
const HANG_MS = 60_000;

/** The status of the answer, or in words how there was none. */
async function send(url: string, fuzzCase: FuzzCase, agent: Agent): Promise<string> {
  const first = await sendOnce(url, fuzzCase, agent);
  // A server may close an idle connection at the very moment it is used again.
  return first === UNUSABLE_CONNECTION ? sendOnce(url, fuzzCase, new Agent()) : first;
}

const UNUSABLE_CONNECTION = "a kept connection was closed";

function sendOnce(url: string, { method, path, headers, body }: FuzzCase, agent: Agent): Promise<string> {
  return new Promise((resolve) => {
    const request = sendRequest(url + path, { method, headers: { ...headers, "content-length": body.length }, agent });
    const timer = setTimeout(() => {
      resolve("hang");
      request.destroy();
    }, HANG_MS);
    function settle(answer: string): void {
      clearTimeout(timer);
      resolve(answer);
    }
    request.on("response", (response: IncomingMessage) => {
      response.resume();
      response.on("end", () => settle(String(response.statusCode)));
      response.on("error", (error) => settle(`broken answer: ${error.message}`));
    });
    request.on("error", (error) => {
      settle(request.reusedSocket ? UNUSABLE_CONNECTION : `no answer: ${error.message}`);
    });
    request.end(body);
  });
}

if (import.meta.main) {
  const { values } = parseArgs({
    options: {
      url: { type: "string" },
      dsn: { type: "string" },
      count: { type: "string" },
      seed: { type: "string" },
      first: { type: "string" },
    },
  });
  if (values.dsn === undefined) throw new Error("--dsn is missing: http://key@host:port/number");
  const summary = await fuzz({
    url: values.url ?? new URL(values.dsn).origin,
    dsn: values.dsn,
    ...(values.count === undefined ? {} : { count: Number(values.count) }),
    ...(values.seed === undefined ? {} : { seed: Number(values.seed) }),
    ...(values.first === undefined ? {} : { first: Number(values.first) }),
    report: console.log,
  });
  console.log(JSON.stringify(summary, null, 2));
  process.exitCode = summary.failures.length > 0 ? 1 : 0;
}
