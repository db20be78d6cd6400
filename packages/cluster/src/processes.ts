/** The processes of this node: what can be addressed, and their names on this node. */
import { CallError } from "./call-error.ts";
import type { Address } from "./claims.ts";
import { checkName } from "./claims.ts";

/**
 * What a process does with a message. What it returns, or resolves with, answers a call; what it throws fails it.
 * Messages of one sender are begun in the order in which they were sent.
 */
export type Handler = (message: unknown, from: string) => unknown;

export class Processes {
  readonly #node: string;
  readonly #incarnation: string;
  readonly #handlers = new Map<number, Handler>();
  readonly #names = new Map<string, Address>();
  /** Called when a process has ended. */
  onExit: (address: Address) => void = () => {};
  #lastId = 0;

  constructor(node: string, incarnation: string) {
    this.#node = node;
    this.#incarnation = incarnation;
  }

  open(handler: Handler): Address {
    this.#lastId += 1;
    this.#handlers.set(this.#lastId, handler);
    return { node: this.#node, incarnation: this.#incarnation, id: this.#lastId };
  }

  /** Its names are free from now on, and messages to it are refused. */
  close(address: Address): void {
    if (!this.isOpen(address)) return;
    this.#handlers.delete(address.id);
    for (const [name, { id }] of this.#names) if (id === address.id) this.#names.delete(name);
    this.onExit(address);
  }

  isOpen({ node, incarnation, id }: Address): boolean {
    return node === this.#node && incarnation === this.#incarnation && this.#handlers.has(id);
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
