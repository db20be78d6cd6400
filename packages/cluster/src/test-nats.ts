/** A NATS server of Debian's package, for tests: on a free loopback port, in a process of its own. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";

const START_MS_MAX = 60_000;

export class TestNats implements AsyncDisposable {
  readonly port: number;
  readonly #args: readonly string[];
  #process: ChildProcess;

  /** `args` as on the command line. Rejects with what to install if there is no such program. */
  static async start(...args: readonly string[]): Promise<TestNats> {
    const { child, port } = await launch(-1, args);
    return new TestNats(child, port, args);
  }

  private constructor(child: ChildProcess, port: number, args: readonly string[]) {
    this.#process = child;
    this.port = port;
    this.#args = args;
  }

  get url(): string {
    return `nats://127.0.0.1:${this.port}`;
  }

  /** Stops without ending, as a machine that hangs. */
  freeze(): void {
    this.#process.kill("SIGSTOP");
  }

  thaw(): void {
    this.#process.kill("SIGCONT");
  }

  async kill(): Promise<void> {
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return;
    const ended = once(this.#process, "exit");
    this.#process.kill("SIGKILL");
    await ended;
  }

  /** At the same port. */
  async startAgain(): Promise<void> {
    this.#process = (await launch(this.port, this.#args)).child;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
  }
}

async function launch(port: number, args: readonly string[]): Promise<{ child: ChildProcess; port: number }> {
  const child = spawn("nats-server", ["-a", "127.0.0.1", "-p", String(port), ...args], {
    stdio: ["ignore", "ignore", "pipe"],
  });
  // It would outlive a test process that ends before its tests do.
  const end = () => child.kill("SIGKILL");
  process.once("exit", end);
  child.once("exit", () => process.off("exit", end));
  const ready = Promise.withResolvers<number>();
  child.once("error", (cause: NodeJS.ErrnoException) => {
    const how = cause.code === "ENOENT" ? "these tests need nats-server: apt-get install nats-server" : cause.message;
    ready.reject(new Error(how, { cause }));
  });
  const lines: string[] = [];
  child.once("exit", () => ready.reject(new Error(`nats-server ended: ${lines.join("\n")}`)));
  const overdue = setTimeout(() => ready.reject(new Error("nats-server does not start")), START_MS_MAX);
  let listensAt = 0;
  createInterface({ input: child.stderr }).on("line", (line) => {
    lines.push(line);
    listensAt = Number(/Listening for client connections on \S+:(\d+)/.exec(line)?.[1] ?? listensAt);
    if (line.includes("Server is ready")) ready.resolve(listensAt);
  });
  try {
    return { child, port: await ready.promise };
  } catch (error) {
    child.kill("SIGKILL");
    throw error;
  } finally {
    clearTimeout(overdue);
  }
}
