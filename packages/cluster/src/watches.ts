/**
 * Monitors and links. A monitor tells once how a process ended, wherever it is; a link is a monitor in both directions
 * that ends the one abnormally when the other ended so. Should news be lost, an audit finds out.
 */
import { randomUUID } from "node:crypto";
import type { Answers } from "./answers.ts";
import { CallError } from "./call-error.ts";
import { type Address, parseAddressValue } from "./claims.ts";
import { type ExitReason, isPeaceful, parseExitReason } from "./exit-reason.ts";
import type { Processes } from "./processes.ts";

/** How long a node may take to note a monitor, milliseconds. */
const WATCH_MS = 5_000;

/** How often other nodes are asked whether the processes watched there still live. */
const AUDIT_MS = 10_000;

/** Processes whose end is remembered. */
const ENDED_MAX = 1_000;

export interface WatchesOptions {
  readonly self: string;
  readonly processes: Processes;
  readonly isConnected: (node: string) => boolean;
  readonly request: (node: string, kind: WatchKind, body: unknown, deadlineMs: number) => Promise<unknown>;
  readonly onError: (error: unknown) => void;
  readonly auditMs?: number;
}

export type WatchKind = "watch" | "unwatch" | "exited" | "living" | "link";

type OnExit = (reason: ExitReason) => void;

export class Watches {
  readonly #options: WatchesOptions;
  /** What is watched from here, by reference. */
  readonly #watching = new Map<string, { target: Address; onExit: OnExit }>();
  /** Who watches a process of this node: reference to node, by process. */
  readonly #watchers = new Map<number, Map<string, string>>();
  /** How the latest ended: one that was linked to just after it ended is not simply absent. */
  readonly #ended = new Map<number, ExitReason>();
  readonly #trapping = new Map<number, (from: Address, reason: ExitReason) => void>();
  readonly #audit: NodeJS.Timeout;

  /** What other nodes ask or tell. */
  readonly answers: Answers<WatchKind> = {
    watch: (from, { reference, target, isLink }) =>
      this.#note(parseText(reference), parseAddressValue(target), from, isLink === true),
    unwatch: (_, { reference, target }) =>
      this.#watchers.get(parseAddressValue(target).id)?.delete(parseText(reference)) ?? false,
    exited: (_, { reference, reason }) => this.#fire(parseText(reference), parseExitReason(reason)),
    link: (_, { own, other }) => this.linkOneWay(parseAddressValue(own), parseAddressValue(other)),
    living: (_, { living }) => parseList(living).map((each) => this.#options.processes.isOpen(parseAddressValue(each))),
  };

  constructor(options: WatchesOptions) {
    this.#options = options;
    this.#audit = setInterval(() => this.#findLost(), options.auditMs ?? AUDIT_MS).unref();
  }

  stop(): void {
    clearInterval(this.#audit);
  }

  /** Monitors of this node, those of which its links are made included. */
  get size(): number {
    return this.#watching.size;
  }

  /**
   * Tells once how the process ends: `noproc` if there is none, `noconnection` if its node is not connected or is lost.
   * Gives back how to stop it.
   */
  monitor(target: Address, onExit: OnExit): () => void {
    return this.#monitor(target, onExit, false);
  }

  /** Ties a process of this node to another, anywhere: neither outlives an abnormal end of the other. */
  async link(own: Address, other: Address): Promise<void> {
    this.linkOneWay(own, other);
    if (other.node === this.#options.self) this.linkOneWay(other, own);
    else await this.#options.request(other.node, "link", { own: other, other: own }, WATCH_MS);
  }

  /** The process hears of the ends of those it is linked to instead of ending with them. */
  trapExits(own: Address, onExit: (from: Address, reason: ExitReason) => void): void {
    this.#trapping.set(own.id, onExit);
  }

  linkOneWay(own: Address, other: Address): void {
    const onExit = (reason: ExitReason) => {
      forgetOwn();
      const trapped = this.#trapping.get(own.id);
      if (trapped !== undefined && this.#options.processes.isOpen(own)) trapped(other, reason);
      else if (!isPeaceful(reason))
        this.#options.processes.end(own, { kind: "linked", to: other, because: reason.kind });
    };
    const stop = this.#monitor(other, onExit, true);
    const forgetOwn = this.monitor(own, stop);
  }

  /** A process of this node has ended. */
  exited(address: Address, reason: ExitReason): void {
    this.#ended.set(address.id, reason);
    const oldest = this.#ended.keys().next().value;
    if (this.#ended.size > ENDED_MAX && oldest !== undefined) this.#ended.delete(oldest);
    const watchers = this.#watchers.get(address.id);
    this.#watchers.delete(address.id);
    this.#trapping.delete(address.id);
    for (const [reference, node] of watchers ?? []) {
      if (node === this.#options.self) this.#fire(reference, reason);
      else this.#tell(node, "exited", { reference, reason });
    }
  }

  nodeDown(node: string): void {
    for (const [reference, { target }] of this.#watching)
      if (target.node === node) this.#fire(reference, { kind: "noconnection" });
    for (const watchers of this.#watchers.values())
      for (const [reference, watcher] of watchers) if (watcher === node) watchers.delete(reference);
  }

  #monitor(target: Address, onExit: OnExit, isLink: boolean): () => void {
    const reference = randomUUID();
    this.#watching.set(reference, { target, onExit });
    this.#watch(reference, target, isLink).catch(this.#options.onError);
    return () => {
      if (!this.#watching.delete(reference)) return;
      if (target.node === this.#options.self) this.#watchers.get(target.id)?.delete(reference);
      else this.#tell(target.node, "unwatch", { reference, target });
    };
  }

  async #watch(reference: string, target: Address, isLink: boolean): Promise<void> {
    const { self, isConnected, request } = this.#options;
    if (target.node !== self && !isConnected(target.node)) {
      await Promise.resolve();
      return this.#fire(reference, { kind: "noconnection" });
    }
    try {
      const noted =
        target.node === self
          ? this.#note(reference, target, self, isLink)
          : await request(target.node, "watch", { reference, target, isLink }, WATCH_MS);
      if (noted === true) return;
      await Promise.resolve();
      this.#fire(reference, parseExitReason(noted));
    } catch (error) {
      if (!(error instanceof CallError)) throw error;
      this.#fire(reference, { kind: "noconnection" });
    }
  }

  /** True: the end of the process will be told. Else it has ended, or there never was one. */
  #note(reference: string, target: Address, node: string, isLink: boolean): true | ExitReason {
    const { processes } = this.#options;
    if (!processes.isOpen(target)) {
      const ended = isLink && processes.isOfThisLife(target) ? this.#ended.get(target.id) : undefined;
      return ended ?? { kind: "noproc" };
    }
    const watchers = this.#watchers.get(target.id) ?? new Map<string, string>();
    this.#watchers.set(target.id, watchers.set(reference, node));
    return true;
  }

  #fire(reference: string, reason: ExitReason): void {
    const watching = this.#watching.get(reference);
    if (!this.#watching.delete(reference) || watching === undefined) return;
    try {
      watching.onExit(reason);
    } catch (error) {
      this.#options.onError(error);
    }
  }

  /** Lost news are found by the audit, or the node is. */
  #tell(node: string, kind: WatchKind, body: unknown): void {
    this.#options.request(node, kind, body, WATCH_MS).catch((error: unknown) => {
      if (!(error instanceof CallError)) this.#options.onError(error);
    });
  }

  #findLost(): void {
    const { self, isConnected, onError } = this.#options;
    const remote = [...this.#watching].filter(([, { target }]) => target.node !== self && isConnected(target.node));
    const byNode = Map.groupBy(remote, ([, { target }]) => target.node);
    for (const [node, watched] of byNode) this.#ask(node, watched).catch(onError);
  }

  async #ask(node: string, watched: [string, { target: Address }][]): Promise<void> {
    try {
      const body = { living: watched.map(([, { target }]) => target) };
      const answer = (await this.#options.request(node, "living", body, WATCH_MS)) as boolean[];
      for (const [index, [reference]] of watched.entries())
        if (answer[index] === false) this.#fire(reference, { kind: "noproc" });
    } catch (error) {
      if (!(error instanceof CallError)) throw error;
    }
  }
}

function parseText(value: unknown): string {
  if (typeof value !== "string") throw new TypeError("not a reference");
  return value;
}

function parseList(value: unknown): unknown[] {
  if (!Array.isArray(value)) throw new TypeError("not a list");
  return value;
}
