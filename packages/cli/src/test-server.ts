/** A server that takes what the commands send and answers what a test wants. For tests only. */
import { once } from "node:events";
import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type RequestListener,
  type ServerResponse,
} from "node:http";
import type { AddressInfo } from "node:net";
import { gunzipSync } from "node:zlib";
import { type ApiJob, parseEnvelope } from "@mesher/protocol";
import { runProgram } from "./run-program.ts";
import type { Terminal } from "./terminal.ts";

export interface Received {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly header: Readonly<Record<string, unknown>>;
  readonly event: Readonly<Record<string, unknown>>;
}

export interface TestServer extends AsyncDisposable {
  readonly url: string;
  readonly dsn: string;
  /** The envelopes that came, read as the server reads them. */
  readonly received: Received[];
  /** What the server says of itself, and how it answers envelopes; a test may change it. */
  readonly says: {
    ready: boolean;
    jobs: readonly ApiJob[];
    envelope: { status: number; headers?: Record<string, string>; body?: unknown };
  };
}

/** On a port of its own. */
export async function serve(listener: RequestListener) {
  const server = createServer(listener);
  await once(server.listen(0, "127.0.0.1"), "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

export const TEST_TOKEN = "mshr_test_token_of_the_cli";

export async function startTestServer(): Promise<TestServer> {
  let host = "";
  const received: Received[] = [];
  const says: TestServer["says"] = { ready: true, jobs: [], envelope: { status: 200, body: {} } };
  const project = (slug: string, number: number) => ({
    id: `project-${number}`,
    slug,
    number,
    name: `The ${slug} project`,
    platform: null,
    dsn: `http://key${number}@${host}/${number}`,
  });

  const answerRequest = async (request: IncomingMessage, response: ServerResponse) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const answer = (status: number, body: unknown, headers: Record<string, string> = {}) =>
      response.writeHead(status, { "content-type": "application/json", ...headers }).end(JSON.stringify(body));

    if (request.url === "/readyz") {
      const journal = { waiting: 3, bytes: 2048, bytes_max: 1024 ** 3 };
      answer(says.ready ? 200 : 503, { ready: says.ready, database: "reachable", journal });
    } else if (request.url === "/api/v1/jobs") {
      answer(200, { data: says.jobs });
    } else if (request.url === "/api/v1/projects") {
      const isKnown = request.headers.authorization === `Bearer ${TEST_TOKEN}`;
      answer(isKnown ? 200 : 401, isKnown ? [project("other", 2), project("default", 1)] : { error: "unknown" });
    } else if (request.method === "GET") {
      answer(404, { error: "there is no such thing" });
    } else {
      const body = Buffer.concat(chunks);
      const bytes = request.headers["content-encoding"] === "gzip" ? gunzipSync(body) : body;
      received.push({ path: request.url ?? "", headers: request.headers, ...readEnvelope(bytes) });
      answer(says.envelope.status, says.envelope.body ?? {}, says.envelope.headers);
    }
  };
  const server = await serve((request, response) => void answerRequest(request, response));
  ({ host } = new URL(server.url));
  return { ...server, dsn: `http://key1@${host}/1`, received, says };
}

/** The one event of an envelope. */
export function readEnvelope(bytes: Uint8Array): Pick<Received, "header" | "event"> {
  const { header, items } = parseEnvelope(bytes);
  const [item, ...others] = items;
  if (item?.header.type !== "event" || others.length > 0) throw new Error("the envelope holds not exactly one event");
  const payload = Buffer.from(bytes.subarray(item.offset, item.offset + item.length));
  return { header, event: JSON.parse(payload.toString()) as Received["event"] };
}

export interface TestTerminal extends Terminal {
  /** What was printed so far. */
  readonly shown: { out: string; errors: string };
}

export interface TestTerminalOptions {
  readonly env?: Terminal["env"];
  readonly input?: string;
  /** Aborted, it is a Ctrl-C. */
  readonly interrupt?: AbortSignal;
}

export function testTerminal(options: TestTerminalOptions = {}): TestTerminal {
  const { env = {}, input = "", interrupt = new AbortController().signal } = options;
  const shown = { out: "", errors: "" };
  return {
    shown,
    print: (text) => {
      shown.out += text;
    },
    printError: (text) => {
      shown.errors += text;
    },
    env,
    // No data directory, hence no token file, is below it.
    cwd: "/nowhere",
    readInput: async function* () {
      yield Buffer.from(input);
    },
    catchInterrupt: () => interrupt,
  };
}

/** How a command line ended, and what it printed. */
export interface CommandRun {
  readonly code: number;
  readonly out: string;
  readonly errors: string;
}

/** Runs one as the owner of a server, or with another token. */
export async function runCommand(
  server: { readonly url: string; readonly token: string },
  args: readonly string[],
  { input = "", token = server.token }: { readonly input?: string; readonly token?: string } = {},
): Promise<CommandRun> {
  const terminal = testTerminal({ env: { MESHER_URL: server.url, MESHER_BOOTSTRAP_TOKEN: token }, input });
  return { code: await runProgram(args, terminal), ...terminal.shown };
}
