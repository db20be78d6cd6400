/** Mesher as its users run it: a process of its own, started by its main file, reached over HTTP. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createRequire } from "node:module";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { createDataDir } from "./data-dir.ts";

const CHECKOUT = fileURLToPath(new URL("../../..", import.meta.url));

/** What `npm start` gives Node and the C library on the way, so that tests and benchmarks run what users run. */
const START_SCRIPT = (createRequire(import.meta.url)("../../../package.json") as { scripts: { start: string } }).scripts
  .start;
export const NODE_FLAGS = START_SCRIPT.match(/--\S+/g) ?? [];
export const START_ENV = Object.fromEntries(
  [...START_SCRIPT.matchAll(/([A-Z_]+)=(\S+)/g)].map(([, name, value]) => [name ?? "", value ?? ""]),
);

/** Long, for machines that are busy. */
const START_MS_MAX = 180_000;
const STOP_MS_MAX = 90_000;

/** The token every test server's owner has. */
export const TEST_TOKEN = "mshr_test_token_of_the_owner_0000";

export interface ServerProcessOptions {
  /** Absent: the embedded database. */
  readonly databaseUrl?: string;
  /** Absent: a new one, removed at the end. */
  readonly dataDir?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly port?: number;
  /** A checkout of another version, whose server is started. Absent: this one's. */
  readonly checkout?: string;
  /** For Node, beside those of `npm start`. */
  readonly nodeFlags?: readonly string[];
  /** What runs Node, for example in a network of its own. Its process has to become Node's. */
  readonly command?: readonly string[];
}

export class ServerProcess implements AsyncDisposable {
  readonly process: ChildProcess;
  readonly url: string;
  readonly dsn: string;
  readonly dataDir: string;
  readonly #output: string[];
  readonly #removeDataDir: () => Promise<void>;

  private constructor(
    child: ChildProcess,
    found: { url: string; dsn: string },
    dataDir: string,
    output: string[],
    removeDataDir: () => Promise<void>,
  ) {
    this.process = child;
    this.url = found.url;
    this.dsn = found.dsn;
    this.dataDir = dataDir;
    this.#output = output;
    this.#removeDataDir = removeDataDir;
  }

  static async start(options: ServerProcessOptions = {}): Promise<ServerProcess> {
    const made = options.dataDir === undefined ? await createDataDir() : undefined;
    const dataDir = options.dataDir ?? made?.path ?? "";
    const env = {
      PATH: process.env["PATH"] ?? "",
      ...START_ENV,
      MESHER_HTTP_PORT: String(options.port ?? 0),
      MESHER_WS_PORT: "0",
      MESHER_HTTP_HOST: "127.0.0.1",
      MESHER_DATA_DIR: dataDir,
      MESHER_BOOTSTRAP_TOKEN: TEST_TOKEN,
      MESHER_LOG_FORMAT: "text",
      ...(options.databaseUrl === undefined ? {} : { DATABASE_URL: options.databaseUrl }),
      ...options.env,
    };
    const main = join(options.checkout ?? CHECKOUT, "packages/server/src/main.ts");
    const node = [process.execPath, ...NODE_FLAGS, ...(options.nodeFlags ?? []), main] as const;
    const [program, ...args] = options.command === undefined ? node : [...options.command, ...node];
    const child = spawn(program, args, { env, stdio: ["ignore", "pipe", "pipe"] });
    const output: string[] = [];
    const remove = async () => made?.[Symbol.asyncDispose]();
    try {
      const found = await waitForWelcome(child, output);
      return new ServerProcess(child, found, dataDir, output, remove);
    } catch (error) {
      child.kill("SIGKILL");
      await remove();
      throw error;
    }
  }

  /** Everything it printed so far. */
  get output(): string {
    return this.#output.join("");
  }

  get isRunning(): boolean {
    return this.process.exitCode === null && this.process.signalCode === null;
  }

  /** Of the WebSocket port, without a slash at its end. */
  get socketUrl(): string {
    const port = /WebSocket server starting on :(\d+)/.exec(this.output)?.[1];
    if (port === undefined) throw new Error("the server did not say its WebSocket port");
    return `ws://127.0.0.1:${port}`;
  }

  get token(): string {
    return TEST_TOKEN;
  }

  /** The API, as the owner. Throws on any status but 2xx. */
  async get<T>(path: string): Promise<T> {
    const response = await fetch(`${this.url}${path}`, { headers: { authorization: `Bearer ${TEST_TOKEN}` } });
    if (!response.ok) throw new Error(`GET ${path}: ${response.status} ${await response.text()}`);
    return (await response.json()) as T;
  }

  /** A number from `/metrics`; of several the first that has these labels. */
  async metric(name: string, labels: Readonly<Record<string, string>> = {}): Promise<number> {
    const text = await (await fetch(`${this.url}/metrics`)).text();
    const wanted = Object.entries(labels).map(([label, value]) => `${label}="${value}"`);
    const line = text
      .split("\n")
      .find((each) => /^\w+/.exec(each)?.[0] === name && wanted.every((label) => each.includes(label)));
    if (line === undefined) throw new Error(`there is no metric ${name} with ${wanted.join(", ") || "any label"}`);
    return Number(line.slice(line.lastIndexOf(" ")));
  }

  /** As a crash of the machine's power would end it, but for what the kernel still holds. */
  async kill(): Promise<void> {
    await this.#end("SIGKILL");
  }

  /** As an operator stops it. Resolves with the exit code. */
  async stop(): Promise<number | null> {
    return this.#end("SIGTERM");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
    await this.#removeDataDir();
  }

  async #end(signal: NodeJS.Signals): Promise<number | null> {
    if (!this.isRunning) return this.process.exitCode;
    const exited = once(this.process, "exit");
    this.process.kill(signal);
    const overdue = setTimeout(() => this.process.kill("SIGKILL"), STOP_MS_MAX);
    await exited;
    clearTimeout(overdue);
    return this.process.exitCode;
  }
}

function waitForWelcome(child: ChildProcess, output: string[]): Promise<{ url: string; dsn: string }> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(
      () => reject(new Error(`Mesher did not start within ${START_MS_MAX} ms:\n${output.join("")}`)),
      START_MS_MAX,
    );
    const hear = (chunk: Buffer) => {
      output.push(chunk.toString());
      const text = output.join("");
      const url = /Pages\s+(\S+?)\/#/.exec(text)?.[1];
      const dsn = /DSN\s+(\S+)/.exec(text)?.[1];
      if (url !== undefined && dsn !== undefined && text.includes("Ctrl-C")) {
        clearTimeout(timer);
        resolve({ url, dsn });
      }
    };
    child.stdout?.on("data", hear);
    child.stderr?.on("data", hear);
    child.once("exit", (code, signal) => {
      clearTimeout(timer);
      reject(new Error(`Mesher ended (${signal ?? code}) instead of starting:\n${output.join("")}`));
    });
  });
}
