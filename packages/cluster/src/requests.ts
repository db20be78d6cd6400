/**
 * What nodes ask each other, and the answers. Most of what a cluster says is this, so it goes over the sessions as it is.
 *
 * A request is `[u48 number][JSON of { kind, body }]`, its answer `[u48 number][JSON of { value } or { error, reason }]`. The caller
 * numbers its requests. An answer goes over the session over which the request came, or not at all: of what went over another
 * one the caller has given up.
 */
import { CallError, type CallErrorReason } from "./call-error.ts";
import { FRAME } from "./frame.ts";
import type { Mesh } from "./mesh.ts";
import type { PeerInfo } from "./mesh-options.ts";

/** Packets of a session that are of requests. */
export const REQUEST_COMMANDS = { ask: 0, answer: 1 } as const;

const NUMBER_BYTES = 6;

/** Deadlines are looked at all together, and no more often than this, milliseconds. */
const LOOK_MS_MIN = 20;

type Answer = { readonly value: unknown } | { readonly error: string; readonly reason: string };

export interface RequestsOptions {
  /** Of this node; "" for a node alone. */
  readonly self: string;
  readonly mesh: Mesh | undefined;
  /** Others are asked nothing. */
  readonly isConnected: (node: string) => boolean;
  /** Begins in the order in which requests of one node come. What it throws is the caller's `CallError`. */
  readonly onRequest: (from: string, kind: string, body: unknown) => unknown;
}

interface Pending {
  readonly node: string;
  /** On the clock of `performance`. */
  readonly endsAtMs: number;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: CallError) => void;
}

export class Requests {
  readonly #options: RequestsOptions;
  readonly #pending = new Map<number, Pending>();
  #lastNumber = 0;
  /** One timer for all deadlines: calls come by the ten thousand, and hardly one is too late. */
  #look: { readonly atMs: number; readonly timer: NodeJS.Timeout } | undefined;

  constructor(options: RequestsOptions) {
    this.#options = options;
  }

  /** Resolves with what the node answers; "" is this one. Rejects with a `CallError`, at the latest when the deadline is over. */
  request(node: string, kind: string, body: unknown, deadlineMs: number): Promise<unknown> {
    this.#lastNumber += 1;
    const number = this.#lastNumber;
    const { self, onRequest } = this.#options;
    const isHere = node === "" || node === self;
    const refusal = isHere ? undefined : this.#ask(node, number, { kind, body });
    if (refusal !== undefined) return Promise.reject(refusal);
    const answered = new Promise<unknown>((resolve, reject) => this.#await(number, node, deadlineMs, resolve, reject));
    if (isHere)
      settle(
        () => onRequest(self, kind, body),
        (answer) => this.#answered(number, node, answer),
      );
    return answered;
  }

  /** What a peer asks. What this throws ends the session. */
  hearAsk(peer: PeerInfo, packet: Buffer): void {
    const { number, content } = decode(packet);
    const { kind, body } = (content ?? {}) as { kind?: unknown; body?: unknown };
    settle(
      () => this.#options.onRequest(peer.name, textOf(kind), body),
      (answer) => this.#tell(peer, number, answer),
    );
  }

  /** What a peer answers. What this throws ends the session. */
  hearAnswer(peer: PeerInfo, packet: Buffer): void {
    const { number, content } = decode(packet);
    this.#answered(number, peer.name, content ?? {});
  }

  /** What it was asked will have no answer. */
  nodeDown(node: string): void {
    for (const [number, pending] of this.#pending) if (pending.node === node) this.#fail(number, pending, "node_lost");
  }

  #ask(node: string, number: number, content: object): CallError | undefined {
    const { mesh, isConnected } = this.#options;
    const session = isConnected(node) ? mesh?.session(node) : undefined;
    if (mesh === undefined || session === undefined) return new CallError(node, "not_connected");
    const packet = encode(number, content);
    const { bodyBytesMax } = mesh;
    if (packet.length > bodyBytesMax)
      return new CallError(node, "too_long", `${packet.length} bytes, ${bodyBytesMax} at most`);
    const isSent = session.link.send(FRAME.packet + REQUEST_COMMANDS.ask, packet);
    return isSent ? undefined : new CallError(node, "overloaded");
  }

  /** An answer for which there is no room is not sent: whoever asked and does not read finds out by its deadline. */
  #tell(peer: PeerInfo, number: number, answer: Answer): void {
    const { mesh } = this.#options;
    const session = mesh?.session(peer.name);
    if (mesh === undefined || session === undefined || session.peer !== peer) return;
    session.link.send(FRAME.packet + REQUEST_COMMANDS.answer, encodeAnswer(number, answer, mesh.bodyBytesMax));
  }

  #answered(number: number, node: string, answer: object): void {
    const pending = this.#pending.get(number);
    // Too late, or nobody asked this node.
    if (pending === undefined || pending.node !== node) return;
    const { value, error, reason } = answer as { value?: unknown; error?: unknown; reason?: unknown };
    if (error !== undefined)
      return this.#fail(number, pending, reason === "no_process" ? "no_process" : "failed", textOf(error));
    this.#forget(number);
    pending.resolve(value);
  }

  #fail(number: number, { node, reject }: Pending, reason: CallErrorReason, detail?: string): void {
    this.#forget(number);
    reject(new CallError(node, reason, detail));
  }

  #await(
    number: number,
    node: string,
    deadlineMs: number,
    resolve: Pending["resolve"],
    reject: Pending["reject"],
  ): void {
    const endsAtMs = performance.now() + deadlineMs;
    this.#pending.set(number, { node, endsAtMs, resolve, reject });
    if (this.#look === undefined || endsAtMs < this.#look.atMs) this.#lookAt(endsAtMs);
    else if (this.#pending.size === 1) this.#look.timer.ref();
  }

  #forget(number: number): void {
    this.#pending.delete(number);
    // It stays for whatever is asked next, but keeps no process alive for nothing.
    if (this.#pending.size === 0) this.#look?.timer.unref();
  }

  #lookAt(atMs: number): void {
    clearTimeout(this.#look?.timer);
    const timer = setTimeout(() => this.#failOverdue(), Math.max(0, atMs - performance.now()));
    this.#look = { atMs, timer };
  }

  #failOverdue(): void {
    this.#look = undefined;
    const nowMs = performance.now();
    let nextMs = Number.POSITIVE_INFINITY;
    for (const [number, pending] of this.#pending) {
      if (pending.endsAtMs <= nowMs) this.#fail(number, pending, "deadline");
      else nextMs = Math.min(nextMs, pending.endsAtMs);
    }
    if (nextMs < Number.POSITIVE_INFINITY) this.#lookAt(Math.max(nextMs, nowMs + LOOK_MS_MIN));
  }
}

/** Of a peer that says something else, nothing. */
function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}

/** Hands over what the work comes to: at once, if it does not have to be waited for. */
function settle(work: () => unknown, onAnswer: (answer: Answer) => void): void {
  let value: unknown;
  try {
    value = work();
  } catch (error) {
    return onAnswer(failureOf(error));
  }
  if (!isThenable(value)) return onAnswer({ value });
  value.then(
    (late) => onAnswer({ value: late }),
    (error: unknown) => onAnswer(failureOf(error)),
  );
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return value instanceof Promise || typeof (value as { then?: unknown } | null | undefined)?.then === "function";
}

function failureOf(error: unknown): Answer {
  const reason = error instanceof CallError ? error.reason : "failed";
  return { error: error instanceof Error ? error.message : String(error), reason };
}

function encodeAnswer(number: number, answer: Answer, bytesMax: number): Buffer {
  const fail = (error: string) => encode(number, { error, reason: "failed" });
  let packet: Buffer;
  try {
    packet = encode(number, answer);
  } catch (error) {
    return fail(`its answer is no data: ${String(error)}`);
  }
  return packet.length > bytesMax ? fail(`its answer has ${packet.length} bytes, ${bytesMax} at most`) : packet;
}

function encode(number: number, content: object): Buffer {
  const text = JSON.stringify(content);
  const packet = Buffer.allocUnsafe(NUMBER_BYTES + Buffer.byteLength(text));
  packet.writeUIntBE(number, 0, NUMBER_BYTES);
  packet.write(text, NUMBER_BYTES);
  return packet;
}

function decode(packet: Buffer): { readonly number: number; readonly content: object | null } {
  if (packet.length < NUMBER_BYTES) throw new Error("a request or an answer without its number");
  const content: unknown = JSON.parse(packet.toString("utf8", NUMBER_BYTES));
  if (typeof content !== "object") throw new Error("a request or an answer that is no object");
  return { number: packet.readUIntBE(0, NUMBER_BYTES), content };
}
