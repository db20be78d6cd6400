/**
 * Keeps children running, on this node and on others: starts them in order, starts them again as the strategy says, and
 * gives up, visibly, when that is needed too often. A child whose node is gone is no failure of the child: it waits for its
 * node, or moves here when it has waited long enough. When the node of the supervisor is lost, its children end.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { CallError } from "./call-error.ts";
import { type Address, isSame } from "./claims.ts";
import type { Data } from "./data.ts";
import type { ExitReason } from "./exit-reason.ts";
import type { Processes } from "./processes.ts";
import type { RemoteWork } from "./remote-work.ts";
import { affectedBy, Intensity, isNodeLoss, isRestarted, type Restart, type Strategy } from "./supervision.ts";
import type { Watches } from "./watches.ts";

const SHUTDOWN_MS_DEFAULT = 5_000;

/** Waits between attempts to start a child whose node is gone; each doubles the one before. */
const RETRY_MS = { first: 250, max: 10_000 } as const;

export interface ChildSpec {
  readonly id: string;
  /** The function to run, as registered on the node that runs it. */
  readonly run: string;
  readonly args?: readonly Data[];
  readonly restart: Restart;
  /** How long it may take to end before it is killed; 0 kills it at once. Default: 5 s. */
  readonly shutdownMs?: number;
  /** Where it runs. Default: on this node. */
  readonly targetNode?: string;
  /** How long it waits for `targetNode` before it runs here instead. Default: for ever. */
  readonly moveHereAfterMs?: number;
}

export interface SupervisorOptions {
  readonly strategy: Strategy;
  /** More restarts than this within `withinMs` are a failure. Default: 3 within 5 s. */
  readonly restartsMax?: number;
  readonly withinMs?: number;
  /** Started in this order. With `simple_one_for_one` there are none; each is given to `startChild`. */
  readonly children?: readonly ChildSpec[];
  /** Told once, after all children were stopped. */
  readonly onFailed?: (reason: string) => void;
}

/** What a supervisor needs of its node. */
export interface SupervisingNode {
  readonly work: Pick<RemoteWork, "spawn" | "end">;
  readonly watches: Pick<Watches, "link" | "trapExits">;
  readonly processes: Pick<Processes, "open" | "close">;
}

export interface ChildState {
  readonly id: string;
  /** `waiting`: for its node to come back. */
  readonly status: "running" | "waiting" | "stopped";
  readonly address: Address | undefined;
  readonly restarts: number;
}

interface Child {
  readonly spec: ChildSpec;
  running: { readonly address: Address; readonly ended: PromiseWithResolvers<void> } | undefined;
  waiting: AbortController | undefined;
  restarts: number;
}

export class Supervisor implements AsyncDisposable {
  readonly address: Address;
  readonly #node: SupervisingNode;
  readonly #options: SupervisorOptions;
  readonly #children = new Map<string, Child>();
  readonly #intensity: Intensity;
  #status: "running" | "stopped" | "failed" = "running";
  /** One thing at a time: an end that comes while others are restarted is dealt with after that. */
  #turn: Promise<void> = Promise.resolve();

  /** Rejects if a child cannot be started; those started before it are stopped then. */
  static async start(node: SupervisingNode, options: SupervisorOptions): Promise<Supervisor> {
    const supervisor = new Supervisor(node, options);
    try {
      for (const spec of options.children ?? []) await supervisor.startChild(spec);
    } catch (error) {
      await supervisor.stop();
      throw error;
    }
    return supervisor;
  }

  private constructor(node: SupervisingNode, options: SupervisorOptions) {
    this.#node = node;
    this.#options = options;
    this.#intensity = new Intensity(options.restartsMax ?? 3, options.withinMs ?? 5_000);
    this.address = node.processes.open(
      () => this.children(),
      () => {
        void this.stop();
        return "later";
      },
    );
    node.watches.trapExits(this.address, (from, reason) => this.#heard(from, reason));
  }

  get status(): "running" | "stopped" | "failed" {
    return this.#status;
  }

  children(): ChildState[] {
    return [...this.#children.values()].map(({ spec, running, waiting, restarts }) => {
      const status = running !== undefined ? "running" : waiting === undefined ? "stopped" : "waiting";
      return { id: spec.id, status, address: running?.address, restarts };
    });
  }

  /** Throws a `RangeError` if there is a child of that id. */
  async startChild(spec: ChildSpec): Promise<void> {
    if (this.#children.has(spec.id)) throw new RangeError(`there is a child ${spec.id} already`);
    const child: Child = { spec, running: undefined, waiting: undefined, restarts: 0 };
    this.#children.set(spec.id, child);
    await this.#next(() => this.#start(child));
  }

  /** Stops the children, last one first. */
  async stop(): Promise<void> {
    if (this.#status !== "running") return this.#turn;
    this.#status = "stopped";
    return this.#next(() => this.#end({ kind: "shutdown" }));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  /** Runs after what was begun before. What it throws is its caller's. */
  #next(work: () => Promise<void>): Promise<void> {
    const done = this.#turn.then(work);
    this.#turn = done.catch(() => undefined);
    return done;
  }

  async #end(reason: ExitReason): Promise<void> {
    for (const child of [...this.#children.values()].toReversed()) await this.#stop(child);
    this.#node.processes.close(this.address, reason);
  }

  async #start(child: Child): Promise<void> {
    const { run, args = [], targetNode = "" } = child.spec;
    try {
      await this.#spawn(child, targetNode, run, args);
    } catch (error) {
      if (targetNode === "" || !isUnreachable(error)) throw error;
      this.#await(child);
    }
  }

  async #spawn(child: Child, node: string, run: string, args: readonly Data[]): Promise<void> {
    const address = await this.#node.work.spawn(node, run, args);
    child.running = { address, ended: Promise.withResolvers() };
    // Whatever the link finds out about the child's end comes by way of `#heard`.
    try {
      await this.#node.watches.link(this.address, address);
    } catch (error) {
      // It may run on, and is nobody's: another will be started in its place.
      child.running = undefined;
      await this.#node.work.end(address, { kind: "killed" }).catch(() => undefined);
      throw error;
    }
  }

  #heard(from: Address, reason: ExitReason): void {
    const child = [...this.#children.values()].find(
      ({ running }) => running !== undefined && isSame(running.address, from),
    );
    if (child?.running === undefined) return;
    child.running.ended.resolve();
    child.running = undefined;
    this.#next(() => this.#ended(child, reason)).catch((error: unknown) => this.#fail(String(error)));
  }

  async #ended(child: Child, reason: ExitReason): Promise<void> {
    const { id, restart } = child.spec;
    // It was stopped, or started again with others, meanwhile.
    if (this.#status !== "running" || child.running !== undefined || this.#children.get(id) !== child) return;
    if (!isRestarted(restart, reason)) {
      if (restart === "temporary" || this.#options.strategy === "simple_one_for_one") this.#children.delete(id);
      return;
    }
    if (!isNodeLoss(reason) && !this.#intensity.take(performance.now()))
      return this.#fail(`child ${id} ended too often, last by ${reason.kind}`);
    const affected = affectedBy(this.#options.strategy, [...this.#children.keys()], id).flatMap((each) => {
      const found = this.#children.get(each);
      return found === undefined ? [] : [found];
    });
    for (const each of affected.toReversed()) await this.#stop(each);
    for (const each of affected) {
      if (each.spec.restart === "temporary") {
        this.#children.delete(each.spec.id);
        continue;
      }
      each.restarts += 1;
      await this.#start(each);
    }
  }

  async #stop(child: Child): Promise<void> {
    child.waiting?.abort();
    child.waiting = undefined;
    const { running } = child;
    if (running === undefined) return;
    // Its end is expected from now on.
    const { shutdownMs = SHUTDOWN_MS_DEFAULT } = child.spec;
    const { work } = this.#node;
    const kill = () => work.end(running.address, { kind: "killed" });
    const over = new AbortController();
    const end = shutdownMs === 0 ? kill() : work.end(running.address, { kind: "shutdown" });
    // A node that is gone has taken the child with it, and the link says so.
    await end.catch(() => undefined);
    const overdue = sleep(shutdownMs, undefined, { signal: over.signal }).then(kill);
    overdue.catch(() => undefined);
    await running.ended.promise;
    over.abort();
  }

  /** Until its node is back, or it has waited long enough to run here. */
  #await(child: Child): void {
    const given = new AbortController();
    child.waiting = given;
    const sinceMs = performance.now();
    const attempt = async (waitMs: number): Promise<void> => {
      await sleep(waitMs, undefined, { signal: given.signal });
      await this.#next(async () => {
        if (given.signal.aborted || this.#status !== "running") return;
        const { run, args = [], targetNode = "", moveHereAfterMs = Number.POSITIVE_INFINITY } = child.spec;
        const isMoving = performance.now() - sinceMs >= moveHereAfterMs;
        try {
          await this.#spawn(child, isMoving ? "" : targetNode, run, args);
          child.waiting = undefined;
        } catch (error) {
          if (!isUnreachable(error)) throw error;
        }
      });
      if (child.waiting === given) await attempt(Math.min(RETRY_MS.max, waitMs * 2));
    };
    attempt(RETRY_MS.first).catch((error: unknown) => {
      if (!given.signal.aborted) return this.#next(() => this.#fail(String(error)));
      return undefined;
    });
  }

  async #fail(reason: string): Promise<void> {
    if (this.#status !== "running") return;
    this.#status = "failed";
    await this.#end({ kind: "error", message: reason });
    this.#options.onFailed?.(reason);
  }
}

function isUnreachable(error: unknown): boolean {
  return error instanceof CallError && ["not_connected", "node_lost", "deadline", "overloaded"].includes(error.reason);
}
