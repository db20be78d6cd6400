/** Processes started by name on any node. What runs is a function that this node, too, has registered under the name. */
import { randomUUID } from "node:crypto";
import type { Answers } from "./answers.ts";
import { CallError } from "./call-error.ts";
import { type Address, parseAddressValue } from "./claims.ts";
import { type Data, findNoData } from "./data.ts";
import { type ExitReason, parseExitReason } from "./exit-reason.ts";
import type { Handler, Processes } from "./processes.ts";
import type { Watches } from "./watches.ts";

/** How long a node may take to start a process, milliseconds. */
const SPAWN_MS = 5_000;

/** What a spawned function has besides its arguments. */
export interface SpawnContext {
  readonly self: Address;
  /** Aborted when the process is to end; its reason is the `ExitReason`. */
  readonly signal: AbortSignal;
  /** What to do with messages; until it is set they are refused. */
  readonly onMessage: (handler: Handler) => void;
}

/** A process that lives until what it returns is settled: fulfilled is a normal end, rejected an error. */
export type SpawnFunction = (context: SpawnContext, ...args: readonly Data[]) => Promise<void>;

export type WorkKind = "spawn" | "unspawn" | "exit";

export interface RemoteWorkOptions {
  readonly self: string;
  readonly processes: Processes;
  readonly watches: Watches;
  readonly request: (node: string, kind: WorkKind, body: unknown, deadlineMs: number) => Promise<unknown>;
}

export class RemoteWork {
  readonly #options: RemoteWorkOptions;
  readonly #functions = new Map<string, SpawnFunction>();
  /** Processes that others have started here, by what the starter calls them. */
  readonly #spawned = new Map<string, Address>();

  /** What other nodes ask. */
  readonly answers: Answers<WorkKind> = {
    spawn: (_, { token, name, args }) => {
      if (typeof token !== "string" || typeof name !== "string" || !Array.isArray(args))
        throw new TypeError("not a spawn");
      return this.#start(token, name, args as Data[]);
    },
    unspawn: (_, { token }) => {
      const spawned = this.#spawned.get(String(token));
      if (spawned !== undefined) this.#options.processes.end(spawned, { kind: "killed" });
    },
    exit: (_, { address, reason }) => this.#options.processes.end(parseAddressValue(address), parseExitReason(reason)),
  };

  constructor(options: RemoteWorkOptions) {
    this.#options = options;
  }

  /** Processes of this node that were started by name and live. */
  get size(): number {
    return this.#spawned.size;
  }

  /** Makes a function known on this node. Throws a `RangeError` if the name is taken. */
  register(name: string, run: SpawnFunction): void {
    if (this.#functions.has(name)) throw new RangeError(`a function ${name} is registered already`);
    this.#functions.set(name, run);
  }

  /** Starts a process on a node; "" is this one. Rejects with a `CallError`; then no process runs, or it is ended. */
  async spawn(node: string, name: string, args: readonly Data[] = [], deadlineMs = SPAWN_MS): Promise<Address> {
    const fault = findNoData(args, "its arguments");
    if (fault !== undefined) throw new CallError(node, "not_data", fault);
    const token = randomUUID();
    if (node === "" || node === this.#options.self) return this.#start(token, name, args);
    try {
      return parseAddressValue(await this.#options.request(node, "spawn", { token, name, args }, deadlineMs));
    } catch (error) {
      // It may have started, or may still do.
      if (error instanceof CallError && error.reason === "deadline")
        await this.#options.request(node, "unspawn", { token }, deadlineMs).catch(() => undefined);
      throw error;
    }
  }

  /** As `spawn`, and tied to a process of this node. */
  async spawnLink(own: Address, node: string, name: string, args: readonly Data[] = []): Promise<Address> {
    const address = await this.spawn(node, name, args);
    try {
      await this.#options.watches.link(own, address);
    } catch (error) {
      await this.end(address, { kind: "killed" }).catch(() => undefined);
      throw error;
    }
    return address;
  }

  /** Ends a process anywhere. `killed` ends it at once; any other reason when it is ready. */
  async end(address: Address, reason: ExitReason): Promise<void> {
    if (address.node === this.#options.self) this.#options.processes.end(address, reason);
    else await this.#options.request(address.node, "exit", { address, reason }, SPAWN_MS);
  }

  #start(token: string, name: string, args: readonly Data[]): Address {
    const run = this.#functions.get(name);
    if (run === undefined) throw new Error(`no function is registered as ${name}`);
    const { processes } = this.#options;
    const ending = new AbortController();
    let handle: Handler = () => {
      throw new CallError(this.#options.self, "no_process", `${name} takes no messages`);
    };
    const self = processes.open(
      (message, from) => handle(message, from),
      (reason) => {
        ending.abort(reason);
        return "later";
      },
    );
    this.#spawned.set(token, self);
    const onMessage = (handler: Handler) => {
      handle = handler;
    };
    const whole = async () => run({ self, signal: ending.signal, onMessage }, ...args);
    const close = (reason: ExitReason) => {
      this.#spawned.delete(token);
      processes.close(self, ending.signal.aborted ? (ending.signal.reason as ExitReason) : reason);
    };
    whole().then(
      () => close({ kind: "normal" }),
      (error: unknown) => close({ kind: "error", message: String(error) }),
    );
    return self;
  }
}
