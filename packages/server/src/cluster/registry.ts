/**
 * What a node can be asked by its peers, as a process with a name: `mesher_registry@<node>` for each node, and
 * `mesher_registry` for whichever came first. It is supervised: one that ends is begun anew, under the same names.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { type Address, type ClusterNode, type Data, type SpawnContext, Supervisor, type Target } from "@mesher/cluster";
import type { Log } from "../runtime/log.ts";
import type { Service } from "../runtime/service.ts";

export const REGISTRY = "mesher_registry";

/** More ends than this within the time are a fault of the program and not of one message. */
const RESTARTS_MAX = 10;
const RESTARTS_WITHIN_MS = 60_000;

/** Wait before a name is asked for again when nobody could say whether it is vacant. */
const CONTEND_RETRY_MS = 1_000;

/** What the registry does with a message of a kind. What it gives back, or resolves with, is the answer. */
export type RegistryAnswers = Readonly<Record<string, (message: { readonly [key: string]: unknown }) => unknown>>;

export class Registry implements Service {
  readonly name = "cluster registry";
  readonly #node: ClusterNode;
  readonly #answers: RegistryAnswers;
  readonly #log: Log;
  #supervisor: Supervisor | undefined;

  constructor(node: ClusterNode, answers: RegistryAnswers, log: Log) {
    this.#node = node;
    this.#answers = answers;
    this.#log = log;
    node.work.register(REGISTRY, (context) => this.#serve(context));
  }

  async start(): Promise<void> {
    this.#supervisor = await Supervisor.start(this.#node, {
      strategy: "one_for_one",
      restartsMax: RESTARTS_MAX,
      withinMs: RESTARTS_WITHIN_MS,
      children: [{ id: REGISTRY, run: REGISTRY, restart: "permanent" }],
      onFailed: (reason) => this.#log.error("Registry gave up; peers cannot ask this node any more", { reason }),
    });
    if (this.#node.self === "") this.#log.info("[Mesher] Running in standalone mode (skipping global registration)");
  }

  async stop(): Promise<void> {
    await this.#supervisor?.stop();
  }

  async #serve({ self, signal, onMessage }: SpawnContext): Promise<void> {
    onMessage((message) => this.#answer(message));
    this.#node.processes.register(REGISTRY, self);
    const ended = new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
    if (this.#node.self !== "") {
      for (const name of [registryOf(this.#node.self), REGISTRY]) await this.#contend(name, self, signal);
      this.#log.info(`[Mesher] Services registered globally as ${registryOf(this.#node.self)}`);
    }
    await ended;
  }

  /** Has the name now, or gets it when it is vacant. */
  async #contend(name: string, self: Address, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        await this.#node.names.contend(name, self);
        return;
      } catch (error) {
        this.#log.warn("Name could not be registered; it is tried again", { name, error: String(error) });
        await sleep(CONTEND_RETRY_MS, undefined, { signal }).catch(() => undefined);
      }
    }
  }

  #answer(message: unknown): unknown {
    const { kind, ...rest } = (message ?? {}) as { kind?: unknown };
    const answer = typeof kind === "string" && Object.hasOwn(this.#answers, kind) ? this.#answers[kind] : undefined;
    if (answer === undefined) throw new TypeError(`a registry does not know what ${String(kind)} is`);
    return answer(rest);
  }
}

export const registryOf = (node: string) => `${REGISTRY}@${node}`;

/** Asks a node's registry. Rejects with a `CallError`, at the latest when the deadline is over. */
export async function askRegistry(
  node: ClusterNode,
  peer: string,
  message: { readonly kind: string; readonly [key: string]: Data },
  deadlineMs: number,
): Promise<unknown> {
  const target: Target = node.names.whereis(registryOf(peer)) ?? { name: REGISTRY, node: peer };
  return node.call(target, message, { deadlineMs });
}

/** Peers that can be asked, the owner of the well-known name first. */
export function peersWithRegistry(node: ClusterNode): string[] {
  const owner = node.names.whereis(REGISTRY)?.node;
  return node.list().sort((a, b) => Number(b === owner) - Number(a === owner));
}
