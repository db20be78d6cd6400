/**
 * How many different users there are, in at most a kilobyte. Up to `EXACT_USERS_MAX` it knows each by a hash of 64 bits,
 * and the count is exact; beyond, it is a HyperLogLog, whose count is about 3 % off. Sketches only grow, and merging them
 * in any order, any number of times, gives the same.
 *
 * As bytes: one for the form, then either the hashes in rising order, eight bytes each, or the registers, one byte each.
 */
import { hash as digest } from "node:crypto";
import { SCRUBBED, type User } from "@mesher/protocol";

/** A hash of 64 bits. */
export type UserHash = bigint;

/** Who it is, as far as the SDK says: the same user has the same hash, also in another issue. */
export function hashUser({ id, email, username, ip_address }: User): UserHash | undefined {
  // What was scrubbed is the same for everybody, and so is nothing: SDKs send it for what an app does not know.
  const name = [id, email, username, ip_address].find(
    (each) => each !== undefined && each !== SCRUBBED && each.trim() !== "",
  );
  if (name === undefined) return undefined;
  return digest("sha256", name, "buffer").readBigUInt64BE(0);
}

export const EXACT_USERS_MAX = 128;
const REGISTER_BITS = 10;
const REGISTERS = 2 ** REGISTER_BITS;
const HASH_BYTES = 8;
/** Bits of a hash behind those that choose its register. */
const RANK_BITS = 64 - REGISTER_BITS;

const EXACT = 1;
const REGISTERED = 2;

export class UserSketch {
  /** `undefined` once there are too many to know each. */
  #hashes: Set<UserHash> | undefined = new Set();
  #registers: Uint8Array | undefined;

  static of(bytes: Uint8Array): UserSketch {
    const sketch = new UserSketch();
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    if (bytes[0] === EXACT) {
      for (let at = 1; at < bytes.length; at += HASH_BYTES) sketch.#hashes?.add(view.getBigUint64(at));
    } else if (bytes[0] === REGISTERED && bytes.length === 1 + REGISTERS) {
      sketch.#hashes = undefined;
      sketch.#registers = bytes.slice(1);
    } else if (bytes.length > 0) {
      throw new RangeError(`these ${bytes.length} bytes are no sketch of users`);
    }
    return sketch;
  }

  /** Whether that changed it. */
  add(hash: UserHash): boolean {
    if (this.#hashes === undefined) return this.#register(hash);
    if (this.#hashes.has(hash)) return false;
    this.#hashes.add(hash);
    if (this.#hashes.size > EXACT_USERS_MAX) this.#startRegisters(this.#hashes);
    return true;
  }

  merge(other: UserSketch): void {
    for (const hash of other.#hashes ?? []) this.add(hash);
    if (other.#registers === undefined) return;
    if (this.#hashes !== undefined) this.#startRegisters(this.#hashes);
    const registers = this.#registers;
    if (registers === undefined) return;
    for (const [index, rank] of other.#registers.entries()) if (rank > (registers[index] ?? 0)) registers[index] = rank;
  }

  get count(): number {
    if (this.#hashes !== undefined) return this.#hashes.size;
    return this.#registers === undefined ? 0 : Math.round(estimate(this.#registers));
  }

  toBytes(): Buffer {
    if (this.#registers !== undefined) return Buffer.concat([Buffer.of(REGISTERED), this.#registers]);
    const hashes = [...(this.#hashes ?? [])].sort((a, b) => (a < b ? -1 : 1));
    const bytes = Buffer.alloc(1 + hashes.length * HASH_BYTES);
    bytes[0] = EXACT;
    for (const [index, hash] of hashes.entries()) bytes.writeBigUInt64BE(hash, 1 + index * HASH_BYTES);
    return bytes;
  }

  #startRegisters(hashes: ReadonlySet<UserHash>): void {
    this.#hashes = undefined;
    this.#registers = new Uint8Array(REGISTERS);
    for (const hash of hashes) this.#register(hash);
  }

  /** A register keeps the longest run of zeros, and one, of the hashes that fall to it. */
  #register(hash: UserHash): boolean {
    const index = Number(hash >> BigInt(RANK_BITS));
    const rest = hash & ((1n << BigInt(RANK_BITS)) - 1n);
    const rank = RANK_BITS - (rest === 0n ? 0 : rest.toString(2).length) + 1;
    const registers = this.#registers;
    if (registers === undefined || rank <= (registers[index] ?? 0)) return false;
    registers[index] = rank;
    return true;
  }
}

/** Otmar Ertl, "New cardinality estimation algorithms for HyperLogLog sketches" (2017), algorithm 6: no bias at any count. */
function estimate(registers: Uint8Array): number {
  const of: number[] = Array.from({ length: RANK_BITS + 2 }, () => 0);
  for (const rank of registers) of[rank] = (of[rank] ?? 0) + 1;
  let z = REGISTERS * tau((REGISTERS - (of[RANK_BITS + 1] ?? 0)) / REGISTERS);
  for (let rank = RANK_BITS; rank >= 1; rank -= 1) z = (z + (of[rank] ?? 0)) / 2;
  z += REGISTERS * sigma((of[0] ?? 0) / REGISTERS);
  return REGISTERS ** 2 / (2 * Math.LN2 * z);
}

function sigma(start: number): number {
  if (start === 1) return Infinity;
  let x = start;
  let y = 1;
  let z = x;
  for (let before = Number.NaN; z !== before; y *= 2) {
    x *= x;
    before = z;
    z += x * y;
  }
  return z;
}

function tau(start: number): number {
  if (start === 0 || start === 1) return 0;
  let x = start;
  let y = 1;
  let z = 1 - x;
  for (let before = Number.NaN; z !== before; ) {
    x = Math.sqrt(x);
    before = z;
    y /= 2;
    z -= (1 - x) ** 2 * y;
  }
  return z / 3;
}
