/**
 * A journal's name for life and the sequences it has used up, kept beside its segments. The database remembers which sequences
 * of which journal are stored, so one that is used twice would pass for stored. Sequences are reserved by the thousand million
 * before they are used, and what a run did not use is never used.
 */
import { randomUUID } from "node:crypto";
import { open, readFile, rename } from "node:fs/promises";
import { join } from "node:path";
import { syncDirectory } from "./synced-file.ts";

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** Two days at 5,000 entries a second; and there are enough for nine million starts. */
const RESERVED_AT_ONCE = 1_000_000_000;

/** More are reserved, in the background, when fewer than these are left. */
const RESERVED_MIN = RESERVED_AT_ONCE / 2;

interface Kept {
  readonly id: string;
  readonly reservedThrough: number;
}

export class JournalIdentity {
  readonly id: string;
  /** The first sequence that no earlier run has reserved. */
  readonly firstSequence: number;
  readonly #directory: string;
  #reservedThrough: number;
  #reserving: Promise<void> | undefined;

  private constructor(directory: string, { id, reservedThrough }: Kept) {
    this.#directory = directory;
    this.id = id;
    this.firstSequence = reservedThrough + 1;
    this.#reservedThrough = reservedThrough;
  }

  /** Reads the identity that the directory holds, or makes one, and reserves the first sequences of this run. */
  static async open(directory: string): Promise<JournalIdentity> {
    const identity = new JournalIdentity(directory, await readKept(directory));
    await identity.#reserve();
    return identity;
  }

  /** Resolves when sequences up to this one may be used. Almost always they are reserved long before. */
  async reserveThrough(sequence: number): Promise<void> {
    if (this.#reservedThrough - sequence < RESERVED_MIN) {
      this.#reserving ??= this.#reserve().finally(() => {
        this.#reserving = undefined;
      });
    }
    if (sequence > this.#reservedThrough) await this.#reserving;
    else this.#reserving?.catch(() => undefined);
  }

  /**
   * Another life of this journal has used a sequence that this one has not: the directory is a copy of it, or was restored as it was
   * before. Gives back the first that the other cannot have reserved.
   */
  async skipBehind(sequence: number): Promise<number> {
    this.#reservedThrough = Math.max(this.#reservedThrough, sequence + RESERVED_AT_ONCE);
    const first = this.#reservedThrough + 1;
    await this.#reserve();
    return first;
  }

  async #reserve(): Promise<void> {
    const kept: Kept = { id: this.id, reservedThrough: this.#reservedThrough + RESERVED_AT_ONCE };
    await writeKept(this.#directory, kept);
    this.#reservedThrough = kept.reservedThrough;
  }
}

/** Makes the directory a copy of the journal of this name, to be opened and emptied, and never written by this node. */
export async function writeIdentity(directory: string, id: string): Promise<void> {
  await writeKept(directory, { id, reservedThrough: 0 });
}

async function readKept(directory: string): Promise<Kept> {
  const path = pathIn(directory);
  const text = await readFile(path, "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return undefined;
    throw error;
  });
  if (text === undefined) return { id: randomUUID(), reservedThrough: 0 };
  const { id, reservedThrough } = parse(text);
  if (typeof id !== "string" || !UUID.test(id) || !Number.isSafeInteger(reservedThrough))
    throw new Error(`${path} does not hold the identity of a journal`);
  return { id, reservedThrough: reservedThrough as number };
}

function parse(text: string): { id?: unknown; reservedThrough?: unknown } {
  try {
    return (JSON.parse(text) ?? {}) as { id?: unknown; reservedThrough?: unknown };
  } catch {
    return {};
  }
}

async function writeKept(directory: string, kept: Kept): Promise<void> {
  const path = pathIn(directory);
  const file = await open(`${path}.new`, "w", 0o600);
  try {
    await file.writeFile(`${JSON.stringify(kept)}\n`);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(`${path}.new`, path);
  await syncDirectory(directory);
}

const pathIn = (directory: string) => join(directory, "identity.json");
