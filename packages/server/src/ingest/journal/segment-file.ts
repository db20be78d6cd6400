/** The files of a journal: new ones, ones with their blocks laid out ahead, and ones that are used again. */
import { constants } from "node:fs";
import { type FileHandle, open, readdir, unlink } from "node:fs/promises";
import { join } from "node:path";
import { SEGMENT_HEADER_BYTES, type Segment } from "./segment.ts";
import { SYNCHRONOUS, syncDirectory, writeAt } from "./synced-file.ts";

const NAME = /^(\d{12})\.journal$/;

/** Files kept for later, of no record: the next segment, and one more for a burst. */
const SPARES_MAX = 2;

/** Zeros are brought to the disk in steps of this size: what is accepted meanwhile waits for one of them, not for all. */
const ZEROS = Buffer.alloc(256 * 1024);

export interface SegmentFile {
  readonly path: string;
  readonly file: FileHandle;
}

export class SegmentFiles {
  readonly #directory: string;
  readonly #segmentBytes: number;
  readonly #spares: SegmentFile[] = [];
  #lastNumber = 0;
  #preparing: Promise<void> | undefined;
  #isClosed = false;

  constructor(directory: string, segmentBytes: number) {
    this.#directory = directory;
    this.#segmentBytes = segmentBytes;
  }

  /** Where an earlier run has left files. None of them is made anew. */
  async list(): Promise<string[]> {
    const names = (await readdir(this.#directory)).filter((name) => NAME.test(name)).sort();
    this.#lastNumber = Math.max(this.#lastNumber, ...names.map((name) => Number(NAME.exec(name)?.[1])));
    return names.map((name) => join(this.#directory, name));
  }

  /** A file for a new segment: a spare one, or an empty one. */
  async take(): Promise<SegmentFile> {
    const spare = this.#spares.shift();
    if (spare !== undefined) return spare;
    return this.#create();
  }

  /** Sees to it that the next file is there before it is needed. A disk without room for it is no fault: it will grow. */
  prepare(): void {
    if (this.#isClosed || this.#spares.length > 0 || this.#preparing !== undefined) return;
    this.#preparing = this.#layOut()
      .catch(() => undefined)
      .finally(() => {
        this.#preparing = undefined;
      });
  }

  /** All records of the segment are done: none of them may be found again. Its file is kept for later if it is of use. */
  async giveBack(segment: Segment): Promise<void> {
    const { path, file } = segment;
    const { size } = await file.stat();
    // One that grew far beyond its size keeps a disk busy for nothing; one that is too small would have to grow again.
    const isOfUse = size >= this.#segmentBytes / 2 && size <= 2 * this.#segmentBytes;
    if (this.#isClosed || segment.isBroken || !isOfUse || this.#spares.length >= SPARES_MAX) return segment.remove();
    await writeAt(file, [Buffer.alloc(SEGMENT_HEADER_BYTES)], 0);
    this.#spares.push({ path, file });
  }

  /** Removes the spares. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#preparing;
    for (const { path, file } of this.#spares.splice(0)) {
      await file.close();
      await unlink(path);
    }
  }

  async #create(): Promise<SegmentFile> {
    this.#lastNumber += 1;
    const path = join(this.#directory, `${String(this.#lastNumber).padStart(12, "0")}.journal`);
    const file = await open(path, constants.O_CREAT | constants.O_EXCL | constants.O_RDWR | SYNCHRONOUS, 0o600);
    await syncDirectory(this.#directory);
    return { path, file };
  }

  async #layOut(): Promise<void> {
    const made = await this.#create();
    try {
      for (let offset = 0; offset < this.#segmentBytes && !this.#isClosed; offset += ZEROS.length)
        await writeAt(made.file, [ZEROS.subarray(0, this.#segmentBytes - offset)], offset);
      this.#spares.push(made);
    } catch (error) {
      await made.file.close();
      await unlink(made.path);
      throw error;
    }
  }
}
