/** A NATS server of Debian's package, for tests: on a free loopback port, in a process of its own. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface, type Interface } from "node:readline";

const START_MS_MAX = 60_000;

export class TestNats implements AsyncDisposable {
  readonly port: number;
  readonly #args: readonly string[];
  #process: ChildProcess;
  /** Line by line. */
  #log: Interface;

  /** `args` as on the command line. Rejects with what to install if there is no such program. */
  static async start(...args: readonly string[]): Promise<TestNats> {
    return new TestNats(await launch(-1, args), args);
  }

  private constructor({ child, log, port }: Launched, args: readonly string[]) {
    this.#process = child;
    this.#log = log;
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

  /** Reads its configuration again. Those who are connected already are not told what it says. */
  async reload(): Promise<void> {
    await this.#signal("SIGHUP", "Reloaded server configuration");
  }

  /** Takes nobody in any more, and tells those who are connected, together with all else that it tells of itself. */
  async retire(): Promise<void> {
    await this.#signal("SIGUSR2", "Entering lame duck mode");
  }

  async kill(): Promise<void> {
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return;
    const ended = once(this.#process, "exit");
    this.#process.kill("SIGKILL");
    await ended;
  }

  /** At the same port. */
  async startAgain(): Promise<void> {
    const { child, log } = await launch(this.port, this.#args);
    this.#process = child;
    this.#log = log;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
  }

  async #signal(signal: NodeJS.Signals, answer: string): Promise<void> {
    const answered = new Promise<void>((resolve) => {
      this.#log.on("line", (line) => {
        if (line.includes(answer)) resolve();
      });
    });
    this.#process.kill(signal);
    await answered;
  }
}

interface Launched {
  readonly child: ChildProcess;
  readonly log: Interface;
  readonly port: number;
}

async function launch(port: number, args: readonly string[]): Promise<Launched> {
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
  const log = createInterface({ input: child.stderr }).on("line", (line) => {
    lines.push(line);
    listensAt = Number(/Listening for client connections on \S+:(\d+)/.exec(line)?.[1] ?? listensAt);
    if (line.includes("Server is ready")) ready.resolve(listensAt);
  });
  try {
    return { child, log, port: await ready.promise };
  } catch (error) {
    child.kill("SIGKILL");
    throw error;
  } finally {
    clearTimeout(overdue);
  }
}
