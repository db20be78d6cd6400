/** The processes of this node: what can be addressed, and their names on this node. */
import { CallError } from "./call-error.ts";
import type { Address } from "./claims.ts";
import { checkName } from "./claims.ts";
import type { ExitReason } from "./exit-reason.ts";

/**
 * What a process does with a message. What it returns, or resolves with, answers a call; what it throws fails it.
 * Messages of one sender are begun in the order in which they were sent.
 */
export type Handler = (message: unknown, from: string) => unknown;

/** "later": the process closes itself when it has finished. */
export type Ender = (reason: ExitReason) => "now" | "later";

export class Processes {
  readonly #node: string;
  readonly #incarnation: string;
  readonly #handlers = new Map<number, Handler>();
  readonly #enders = new Map<number, Ender>();
  readonly #names = new Map<string, Address>();
  /** Called when a process has ended. */
  onExit: (address: Address, reason: ExitReason) => void = () => {};
  #lastId = 0;

  constructor(node: string, incarnation: string) {
    this.#node = node;
    this.#incarnation = incarnation;
  }

  /** `onEnd` is told that the process is to end. It may ask for time, but not when it is killed. */
  open(handler: Handler, onEnd: Ender = () => "now"): Address {
    this.#lastId += 1;
    this.#handlers.set(this.#lastId, handler);
    this.#enders.set(this.#lastId, onEnd);
    return { node: this.#node, incarnation: this.#incarnation, id: this.#lastId };
  }

  /** Its names are free from now on, and messages to it are refused. */
  close(address: Address, reason: ExitReason = { kind: "normal" }): void {
    if (!this.isOpen(address)) return;
    this.#handlers.delete(address.id);
    this.#enders.delete(address.id);
    for (const [name, { id }] of this.#names) if (id === address.id) this.#names.delete(name);
    this.onExit(address, reason);
  }

  /** Ends a process: at once if it is killed, else when it is ready to. */
  end(address: Address, reason: ExitReason): void {
    if (!this.isOpen(address)) return;
    const when = this.#enders.get(address.id)?.(reason);
    if (when !== "later" || reason.kind === "killed") this.close(address, reason);
  }

  isOpen(address: Address): boolean {
    return this.isOfThisLife(address) && this.#handlers.has(address.id);
  }

  isOfThisLife({ node, incarnation }: Address): boolean {
    return node === this.#node && incarnation === this.#incarnation;
  }

  get size(): number {
    return this.#handlers.size;
  }

  /** False: the name is taken. */
  register(name: string, address: Address): boolean {
    checkName(name);
    if (!this.isOpen(address))
      throw new CallError(address.node, "no_process", "only a process of this node can be named");
    if (this.#names.has(name)) return false;
    this.#names.set(name, address);
    return true;
  }

  whereis(name: string): Address | undefined {
    return this.#names.get(name);
  }

  /** False: nobody had it. */
  unregister(name: string): boolean {
    return this.#names.delete(name);
  }

  /** Runs the handler of a process of this node. Throws a `CallError` if there is none, now or in this life. */
  deliver(target: Address | string, message: unknown, from: string): unknown {
    const address = typeof target === "string" ? this.#names.get(target) : target;
    const handler = address !== undefined && this.isOpen(address) ? this.#handlers.get(address.id) : undefined;
    if (handler === undefined) throw new CallError(this.#node, "no_process", describe(target));
    return handler(message, from);
  }
}

function describe(target: Address | string): string {
  return typeof target === "string" ? `nobody is registered as ${target}` : `process ${target.id} has ended`;
}
