import type { IncomingMessage } from "node:http";
import type { HeldBytes } from "./byte-budget.ts";
import { DISCARD_BYTES_MAX, DISCARD_TIMEOUT_MS } from "./limits.ts";
import { ClientGoneError, Refusal } from "./refusal.ts";

export interface BodyLimits {
  readonly bytesMax: number;
  readonly timeoutMs: number;
}

/**
 * The body as it came over the wire. A declared length over the limit is refused before anything is read; a body
 * without one is counted as it comes. Throws a Refusal, or a ClientGoneError.
 */
export async function readBody(request: IncomingMessage, limits: BodyLimits, held: HeldBytes): Promise<Buffer> {
  if (Number(request.headers["content-length"] ?? 0) > limits.bytesMax) throw tooLarge(limits.bytesMax);
  if (request.destroyed) throw new ClientGoneError("the client went away");
  if (request.complete) return readArrived(request, limits, held);

  return new Promise((resolve, reject) => {
    const body = new GrowingBuffer();
    const timer = setTimeout(() => {
      settle();
      reject(new Refusal("malformed", "the body did not arrive in time", { status: 408, reason: "timeout" }));
    }, limits.timeoutMs);

    function onData(chunk: Buffer): void {
      try {
        held.take(chunk.length);
        if (body.length + chunk.length > limits.bytesMax) throw tooLarge(limits.bytesMax);
        body.append(chunk);
      } catch (error) {
        settle();
        reject(error);
      }
    }
    function onEnd(): void {
      settle();
      resolve(body.bytes());
    }
    function onClose(): void {
      settle();
      reject(new ClientGoneError("the client went away"));
    }
    function settle(): void {
      clearTimeout(timer);
      request.off("data", onData).off("end", onEnd).off("close", onClose);
    }
    request.on("data", onData).on("end", onEnd).on("close", onClose);
  });
}

/** A small body comes with its head: nothing is left to wait for, and to be watched over. */
function readArrived(request: IncomingMessage, { bytesMax }: BodyLimits, held: HeldBytes): Buffer {
  const body = (request.read() as Buffer | null) ?? Buffer.alloc(0);
  held.take(body.length);
  if (body.length > bytesMax) throw tooLarge(bytesMax);
  return body;
}

/**
 * Reads what is left of a refused body and forgets it: closing at once would make many clients fail on writing and
 * never read the answer. Beyond a limit the socket is closed all the same.
 */
export function discardBody(request: IncomingMessage): void {
  if (request.complete || request.destroyed) return;
  let bytes = 0;
  const timer = setTimeout(() => request.destroy(), DISCARD_TIMEOUT_MS);
  request
    .on("data", (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes > DISCARD_BYTES_MAX) request.destroy();
    })
    .on("close", () => clearTimeout(timer))
    .on("end", () => clearTimeout(timer))
    .resume();
}

export function tooLarge(bytesMax: number): Refusal {
  return new Refusal("too_large", "payload too large", { details: { bytes_max: bytesMax } });
}

/** Joins chunks with a cost that stays proportional to the bytes, even if a client sends them one by one. */
class GrowingBuffer {
  #buffer: Buffer = Buffer.alloc(0);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  append(chunk: Buffer): void {
    if (this.#length === 0) {
      // Most bodies are one chunk and need no copy.
      this.#buffer = chunk;
      this.#length = chunk.length;
      return;
    }
    if (this.#length + chunk.length > this.#buffer.length) {
      const larger = Buffer.allocUnsafeSlow(2 * (this.#length + chunk.length));
      this.#buffer.copy(larger, 0, 0, this.#length);
      this.#buffer = larger;
    }
    chunk.copy(this.#buffer, this.#length);
    this.#length += chunk.length;
  }

  bytes(): Buffer {
    return this.#buffer.subarray(0, this.#length);
  }
}
