/**
 * Posts broken envelopes, events and reports to a server, and fails if it answers one with 5xx, hangs, or resets a
 * connection. Every case follows from the seed and its index.
 */
import { Agent, type IncomingMessage, request as sendRequest } from "node:http";
import { parseArgs } from "node:util";
import { type Dsn, parseDsn } from "@mesher/protocol";
import { ServerProcess } from "@mesher/testkit";
import { type FuzzCase, makeCase, readSamples } from "./fuzz-cases.ts";
import { FUZZ_OPTIONS, readFuzzOptions } from "./fuzz-options.ts";

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

const HELP = `Posts broken envelopes, events and reports to a server.

  npm run fuzz -- [OPTIONS]

  --count N   Cases. Default: 100000.
  --seed N    From which they are made. Default: another each time.
  --first I   Index of the first case: --seed S --first I --count 1 repeats one.
  --dsn DSN   Of a running server. Default: one of its own, with its database, that ends with the cases.
  --url URL   Where that server listens, if its DSN names a tunnel.

The exit code is 1 when a case was answered with 5xx or not at all.
`;

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      url: { type: "string" },
      dsn: { type: "string" },
      ...FUZZ_OPTIONS,
      help: { type: "boolean", short: "h", default: false },
    },
  });
  if (values.help) {
    process.stdout.write(HELP);
    return;
  }
  await using stack = new AsyncDisposableStack();
  const own = values.dsn === undefined ? stack.use(await startServer()) : undefined;
  const dsn = values.dsn ?? own?.dsn ?? "";
  const summary = await fuzz({
    url: values.url ?? new URL(dsn).origin,
    dsn,
    ...readFuzzOptions(values),
    report: console.log,
  });
  console.log(JSON.stringify(summary, null, 2));
  const survived = own?.isRunning ?? true;
  if (!survived) console.error(`the server ended:\n${own?.output.slice(-4_000)}`);
  process.exitCode = summary.failures.length > 0 || !survived ? 1 : 0;
}

function startServer(): Promise<ServerProcess> {
  return ServerProcess.start({ env: { MESHER_RATE_LIMIT_MAX_EVENTS: "1000000000", MESHER_LOG_LEVEL: "warn" } });
}

if (import.meta.main) await main();
