/**
 * Lets peers help a node that falls behind. A helper is a process on the peer. Each end watches the other: whichever is lost,
 * the other notices, and what was leased comes back.
 */
import type { Address, ClusterNode } from "@mesher/cluster";
import type { Log } from "../runtime/log.ts";
import type { Service } from "../runtime/service.ts";
import type { Load, LoadMonitor } from "./load.ts";

const HELPER = "mesher_helper";

/** How long the node that is helped may take to answer its helper. */
const ANSWER_MS = 10_000;

/** Nodes that one node helps at the same time. */
const HELPED_MAX = 4;

/** The decisions; see `ingest/offload/`. */
export interface OffloadRules {
  readonly isOverloaded: (now: Load, before: Load) => boolean;
  readonly isCalm: (now: Load) => boolean;
  readonly calmMeasurements: number;
  readonly helpersMax: number;
  readonly choose: (
    own: Load,
    candidates: readonly { readonly node: string; readonly load: Load | undefined }[],
  ) => string | undefined;
}

/** What lends the batches of this node. */
export interface BatchLender {
  admit(helper: string): void;
  dismiss(helper: string): void;
  hear(message: unknown): Promise<unknown>;
  countOf(helper: string): { readonly batches: number; readonly events: number };
}

/** Works for another node until `signal` is aborted. */
export type Help = (work: {
  readonly helper: string;
  readonly tell: (message: { readonly [key: string]: string | number }) => Promise<unknown>;
  readonly onEvents: (events: number) => void;
  readonly signal: AbortSignal;
}) => Promise<void>;

interface Helper {
  readonly node: string;
  readonly name: string;
  readonly since: Date;
  readonly address: Address;
}

interface Helped {
  readonly node: string;
  readonly since: Date;
  batches: number;
  events: number;
}

export interface OffloadOptions {
  readonly node: ClusterNode;
  readonly load: LoadMonitor;
  readonly rules: OffloadRules;
  readonly lender: BatchLender;
  readonly help: Help;
  readonly log: Log;
}

export class Offload implements Service {
  readonly name = "offload";
  readonly #options: OffloadOptions;
  readonly #own: Address;
  readonly #helpers = new Map<string, Helper>();
  readonly #helped = new Map<string, Helped>();
  #calm = 0;
  #isAsking = false;
  readonly #stopping = new AbortController();
  readonly #helping = new Set<Promise<void>>();
  #lastHelper = 0;

  constructor(options: OffloadOptions) {
    this.#options = options;
    const { node, lender } = options;
    this.#own = node.open((message) => lender.hear(message));
    node.work.register(HELPER, async ({ signal }, request) => {
      const { name, owner } = parseHelpRequest(request);
      const helping = this.#help(owner, name, signal).finally(() => this.#helping.delete(helping));
      this.#helping.add(helping);
      await helping;
    });
  }

  get state() {
    const { lender } = this.#options;
    return {
      helpers: [...this.#helpers.values()].map(({ node, name, since }) => {
        const { batches, events } = lender.countOf(name);
        return { node, since, batches, events };
      }),
      helping: [...this.#helped.values()].map((helped) => ({ ...helped })),
    };
  }

  async start(): Promise<void> {
    this.#options.load.onMeasured = (now, before) => this.#measured(now, before);
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#sendHome();
    await Promise.allSettled(this.#helping);
  }

  #measured(now: Load, before: Load): void {
    const { rules, node, load, log } = this.#options;
    this.#calm = rules.isCalm(now) ? this.#calm + 1 : 0;
    if (this.#calm >= rules.calmMeasurements && this.#helpers.size > 0)
      void this.#sendHome().catch((error: unknown) =>
        log.warn("Helpers could not be sent home", { error: String(error) }),
      );
    if (
      this.#isAsking ||
      this.#stopping.signal.aborted ||
      this.#helpers.size >= rules.helpersMax ||
      !rules.isOverloaded(now, before)
    )
      return;
    const busy = new Set([...this.#helpers.values()].map((helper) => helper.node));
    const candidates = node.list().flatMap((peer) => (busy.has(peer) ? [] : [{ node: peer, load: load.of(peer) }]));
    const peer = rules.choose(now, candidates);
    if (peer === undefined) return;
    this.#isAsking = true;
    this.#ask(peer)
      .catch((error: unknown) => log.warn("Peer cannot help", { node: peer, error: String(error) }))
      .finally(() => {
        this.#isAsking = false;
      });
  }

  async #ask(peer: string): Promise<void> {
    const { node, lender, log } = this.#options;
    log.info(`Load high -- spawning remote processor on ${peer}`);
    this.#lastHelper += 1;
    const name = `${peer}/${this.#lastHelper}`;
    lender.admit(name);
    try {
      const address = await node.work.spawn(peer, HELPER, [{ name, owner: { ...this.#own } }]);
      this.#helpers.set(name, { node: peer, name, since: new Date(), address });
      node.watches.monitor(address, (reason) => this.#ended(name, reason.kind));
    } catch (error) {
      lender.dismiss(name);
      throw error;
    }
  }

  async #sendHome(): Promise<void> {
    const { node } = this.#options;
    // One whose node is gone has ended already.
    await Promise.allSettled(
      [...this.#helpers.values()].map(({ address }) => node.work.end(address, { kind: "shutdown" })),
    );
  }

  #ended(name: string, reason: string): void {
    const helper = this.#helpers.get(name);
    this.#helpers.delete(name);
    this.#options.lender.dismiss(name);
    this.#options.log.info("Remote processor ended", { node: helper?.node, reason });
  }

  /** The other side: this node helps. */
  async #help(owner: Address, helper: string, signal: AbortSignal): Promise<void> {
    const { node, help, log } = this.#options;
    if (this.#helped.size >= HELPED_MAX) throw new Error(`this node helps ${HELPED_MAX} others already`);
    log.info("Remote event processor worker started", { for: owner.node });
    const helped: Helped = { node: owner.node, since: new Date(), batches: 0, events: 0 };
    this.#helped.set(helper, helped);
    const ownerGone = new AbortController();
    const forgetOwner = node.watches.monitor(owner, () => ownerGone.abort());
    try {
      await help({
        helper,
        tell: (message) => node.call(owner, message, { deadlineMs: ANSWER_MS }),
        onEvents: (events) => {
          helped.batches += 1;
          helped.events += events;
        },
        signal: AbortSignal.any([signal, ownerGone.signal, this.#stopping.signal]),
      });
    } finally {
      forgetOwner();
      this.#helped.delete(helper);
      log.info("Remote event processor worker ended", { for: owner.node, events: helped.events });
    }
  }
}

function parseHelpRequest(value: unknown): { readonly name: string; readonly owner: Address } {
  const { name, owner } = (value ?? {}) as { name?: unknown; owner?: Partial<Address> };
  if (typeof name !== "string" || typeof owner?.node !== "string" || typeof owner.incarnation !== "string")
    throw new TypeError("not a request for help");
  return { name, owner: owner as Address };
}
