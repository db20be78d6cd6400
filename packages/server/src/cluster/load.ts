/**
 * How loaded each node is. Every node publishes its own load, and keeps what it last heard of the others; what is old counts
 * for nothing.
 */
import type { ClusterNode } from "@mesher/cluster";
import type { Log } from "../runtime/log.ts";
import type { Service } from "../runtime/service.ts";

export const LOAD_EVERY_MS = 5_000;

/** What was heard longer ago than this says nothing any more: two were missed. */
const FRESH_MS = 2.5 * LOAD_EVERY_MS;

export interface Load {
  /** Events accepted within the last `LOAD_EVERY_MS`. */
  readonly acceptedEvents: number;
  /** Entries of the journal that wait to be stored. */
  readonly waitingEntries: number;
  /** How long the oldest of them has waited, milliseconds. */
  readonly lagMs: number;
  /** Share of one core that the process used, 1 for a whole one; more with several threads. */
  readonly cpu: number;
}

/** What a node measures of itself. */
export interface LoadSource {
  /** Events accepted since the last call. */
  readonly takeAccepted: () => number;
  readonly waitingEntries: () => number;
  readonly lagMs: () => number;
}

export class LoadMonitor implements Service {
  readonly name = "load monitor";
  readonly #node: ClusterNode;
  readonly #source: LoadSource;
  readonly #log: Log;
  readonly #heard = new Map<string, { readonly load: Load; readonly atMs: number }>();
  readonly #member = (_room: string, message: unknown) => this.#hear(message);
  /** Called after each measurement, with this one and the one before. */
  onMeasured: (now: Load, before: Load) => void = () => {};
  own: Load = { acceptedEvents: 0, waitingEntries: 0, lagMs: 0, cpu: 0 };
  #cpu = process.cpuUsage();
  #measuredAtMs = performance.now();
  #timer: NodeJS.Timeout | undefined;

  constructor(node: ClusterNode, source: LoadSource, log: Log) {
    this.#node = node;
    this.#source = source;
    this.#log = log;
  }

  async start(): Promise<void> {
    this.#node.rooms.join(ROOM, this.#member);
    this.#timer = setInterval(() => this.#measure(), LOAD_EVERY_MS).unref();
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    this.#node.rooms.leave(ROOM, this.#member);
  }

  /** What a peer said of itself lately. */
  of(peer: string): Load | undefined {
    const heard = this.#heard.get(peer);
    return heard === undefined || performance.now() - heard.atMs > FRESH_MS ? undefined : heard.load;
  }

  #measure(): void {
    const nowMs = performance.now();
    const { user, system } = process.cpuUsage(this.#cpu);
    const cpu = (user + system) / 1_000 / (nowMs - this.#measuredAtMs);
    this.#cpu = process.cpuUsage();
    this.#measuredAtMs = nowMs;
    const before = this.own;
    this.own = {
      acceptedEvents: this.#source.takeAccepted(),
      waitingEntries: this.#source.waitingEntries(),
      lagMs: Math.round(this.#source.lagMs()),
      cpu: Math.round(cpu * 100) / 100,
    };
    const peers = this.#node.list();
    const [level, message] = [
      this.own.acceptedEvents > 0 ? "info" : "debug",
      loadLine(this.own, peers.length),
    ] as const;
    if (peers.length > 0) this.#log[level](message, this.own);
    for (const name of this.#heard.keys()) if (!peers.includes(name)) this.#heard.delete(name);
    this.#node.rooms.broadcast(ROOM, { node: this.#node.self, load: { ...this.own } });
    this.onMeasured(this.own, before);
  }

  #hear(message: unknown): void {
    const { node, load } = (message ?? {}) as { node?: unknown; load?: unknown };
    if (typeof node === "string" && node !== this.#node.self && isLoad(load))
      this.#heard.set(node, { load, atMs: performance.now() });
  }
}

const ROOM = "mesher:load";

const loadLine = ({ acceptedEvents }: Load, peers: number) =>
  `Load monitor: ${acceptedEvents} events/5s, ${peers} peers`;

function isLoad(value: unknown): value is Load {
  const load = (value ?? {}) as Record<keyof Load, unknown>;
  return [load.acceptedEvents, load.waitingEntries, load.lagMs, load.cpu].every(
    (number) => typeof number === "number" && Number.isFinite(number),
  );
}
