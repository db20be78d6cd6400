/** Nodes in processes of their own, as a test has them. */
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import type { ProcessOrder, ProcessReport } from "./test-child-process.ts";

type Tuning = readonly [heartbeatMs: number, silenceMs: number];

export class ChildNode implements AsyncDisposable {
  readonly process: ChildProcess;
  readonly self: string;

  /** Resolves when it is connected to its peers, which are separated by commas. `before`: the command that runs Node for it. */
  static async start(name: string, peers: string, tuning: Tuning = [100, 1_500], before: readonly string[] = []) {
    const [execPath, ...execArgv] = [...before, process.execPath];
    const program = new URL("./test-child-process.ts", import.meta.url);
    const child = fork(program, [name, peers, ...tuning.map(String)], { execPath, execArgv });
    const ended = once(child, "exit").then(() => {
      throw new Error(`${name} did not start`);
    });
    const [report] = (await Promise.race([once(child, "message"), ended])) as [ProcessReport];
    ended.catch(() => undefined);
    return new ChildNode(child, report.self);
  }

  private constructor(child: ChildProcess, self: string) {
    this.process = child;
    this.self = self;
  }

  /** Resolves with what it then says of itself. */
  async order(order: ProcessOrder): Promise<ProcessReport> {
    const answered = once(this.process, "message") as Promise<[ProcessReport]>;
    this.process.send(order);
    return (await answered)[0];
  }

  signal(signal: "SIGSTOP" | "SIGCONT" | "SIGKILL"): void {
    this.process.kill(signal);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.process.exitCode !== null || this.process.signalCode !== null) return;
    const ended = once(this.process, "exit");
    this.process.kill("SIGKILL");
    await ended;
  }
}
