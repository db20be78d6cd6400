/**
 * Copies of other nodes' journals on this node's disk: a folder for each journal, which is a journal itself and can be opened
 * as one. Writes are answered when they are on disk.
 */
import { mkdir, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Turns } from "../../runtime/turns.ts";
import { writeIdentity } from "../journal/journal-identity.ts";
import { Segment } from "../journal/segment.ts";
import { SegmentFiles } from "../journal/segment-file.ts";
import { syncDirectory, writeAt } from "../journal/synced-file.ts";
import { parseReplicaMessage, type ReplicaMessage } from "./replica-messages.ts";

/** Journals of which this node keeps a copy; more nodes than a cluster is made for. */
const REPLICAS_MAX = 64;

export interface ReplicaStoreOptions {
  readonly directory: string;
  /** Bytes of all copies above which writes are refused. */
  readonly bytesMax: number;
  /** Size to which files are laid out, as the owner's are. */
  readonly segmentBytes: number;
}

export interface Replica {
  readonly journalId: string;
  /** The name of the node whose journal it is. */
  readonly owner: string;
  readonly directory: string;
  /** Bytes that were written to it in this run. */
  readonly bytes: number;
}

interface KeptReplica extends Replica {
  bytes: number;
  /** Absent for one that an earlier run has left: nothing is added to it. */
  readonly writing?: Writing;
}

interface Writing {
  readonly term: string;
  readonly files: SegmentFiles;
  readonly segments: Map<number, KeptSegment>;
}

interface KeptSegment {
  readonly file: Promise<Segment>;
  bytes: number;
  /** Settles when what was being written to it is on disk, or is not going to be. */
  written: Promise<unknown>;
}

export class ReplicaStore {
  readonly #options: ReplicaStoreOptions;
  readonly #replicas = new Map<string, KeptReplica>();
  /** One thing at a time that makes or removes a folder. */
  readonly #turns = new Turns();

  private constructor(options: ReplicaStoreOptions) {
    this.#options = options;
  }

  /** Finds what an earlier run has left. */
  static async open(options: ReplicaStoreOptions): Promise<ReplicaStore> {
    await mkdir(options.directory, { recursive: true, mode: 0o700 });
    const store = new ReplicaStore(options);
    for (const name of await readdir(options.directory)) {
      const directory = join(options.directory, name);
      const journalId = name.split(".")[0] ?? name;
      const owner = await readOwner(directory);
      // Without it the copy had not begun.
      if (owner === undefined) await rm(directory, { recursive: true });
      else store.#replicas.set(journalId, { journalId, owner, directory, bytes: await bytesIn(directory) });
    }
    return store;
  }

  list(): Replica[] {
    return [...this.#replicas.values()];
  }

  get bytes(): number {
    return this.list().reduce((sum, { bytes }) => sum + bytes, 0);
  }

  /** What an owner tells. Throws when it cannot be done, whereupon the owner gives this copy up. */
  async hear(value: unknown): Promise<null> {
    const message = parseReplicaMessage(value);
    if (message.kind === "begin") await this.#turns.take(() => this.#begin(message));
    else if (message.kind === "write") await this.#write(message);
    else if (message.kind === "drop") await this.#drop(message);
    else {
      const replica = this.#replicas.get(message.journal_id);
      if (replica?.writing?.term === message.term) await this.remove(replica);
    }
    return null;
  }

  /**
   * Nothing more is written to the copy; its folder is the caller's, to be removed with `remove`. Gives back what `list` has in
   * its place. Throws if the owner has begun the copy anew since, or ended it.
   */
  async seal(replica: Replica): Promise<Replica> {
    return this.#turns.take(async () => {
      const kept = this.#replicas.get(replica.journalId);
      if (kept === undefined || kept !== replica) throw new Error("the owner has begun this copy anew, or ended it");
      return this.#seal(kept);
    });
  }

  /** Does nothing if the owner has begun the copy anew since: that one is not the caller's. */
  async remove(replica: Replica): Promise<void> {
    await this.#turns.take(async () => {
      if (this.#replicas.get(replica.journalId) === replica) await this.#remove(replica.journalId);
    });
  }

  /** Everything stays on disk. */
  async close(): Promise<void> {
    // In one turn: owners that stop at the same time end their copies here.
    await this.#turns.take(async () => {
      for (const replica of this.#replicas.values()) await this.#seal(replica);
    });
  }

  async #begin({ journal_id: journalId, owner, term }: ReplicaMessage & { kind: "begin" }): Promise<void> {
    await this.#remove(journalId);
    if (this.#replicas.size >= REPLICAS_MAX) throw new RangeError(`this node keeps ${REPLICAS_MAX} copies already`);
    // A folder of its own for each copy: whoever still has files of the one before open removes none of this one's.
    const directory = join(this.#options.directory, `${journalId}.${term}`);
    try {
      await mkdir(directory, { recursive: true, mode: 0o700 });
      await syncDirectory(this.#options.directory);
      await writeIdentity(directory, journalId);
      await writeFile(join(directory, OWNER_FILE), owner, { flush: true });
    } catch (error) {
      // The owner tries again, under another name, for as long as this disk is full.
      await rm(directory, { recursive: true, force: true });
      throw error;
    }
    const files = new SegmentFiles(directory, this.#options.segmentBytes);
    const writing = { term, files, segments: new Map() };
    this.#replicas.set(journalId, { journalId, owner, directory, bytes: 0, writing });
  }

  async #write({ journal_id, term, segment, offset, bytes }: ReplicaMessage & { kind: "write" }): Promise<void> {
    const { replica, writing } = this.#find(journal_id, term);
    const data = Buffer.from(bytes, "base64");
    if (this.bytes + data.length > this.#options.bytesMax)
      throw new RangeError(`copies may take ${this.#options.bytesMax} bytes on this node`);
    let kept = writing.segments.get(segment);
    if (kept === undefined) {
      const file = writing.files.take().then((taken) => new Segment(taken.path, taken.file, segment));
      kept = { file, bytes: 0, written: file };
      writing.segments.set(segment, kept);
    }
    kept.bytes += data.length;
    replica.bytes += data.length;
    const write = kept.file.then(({ file }) => writeAt(file, [data], offset));
    kept.written = Promise.allSettled([kept.written, write]);
    await write;
  }

  async #drop({ journal_id, term, segment }: ReplicaMessage & { kind: "drop" }): Promise<void> {
    const { replica, writing } = this.#find(journal_id, term);
    const kept = writing.segments.get(segment);
    if (kept === undefined) return;
    writing.segments.delete(segment);
    replica.bytes -= kept.bytes;
    // The owner may have stored what this disk is still busy with, and the file is to have another life.
    await kept.written;
    await writing.files.giveBack(await kept.file);
  }

  #find(journalId: string, term: string): { replica: KeptReplica; writing: Writing } {
    const replica = this.#replicas.get(journalId);
    if (replica?.writing?.term !== term) throw new Error(`this node keeps no such copy of journal ${journalId}`);
    return { replica, writing: replica.writing };
  }

  async #seal(kept: KeptReplica): Promise<Replica> {
    if (kept.writing === undefined) return kept;
    const { writing, ...sealed } = kept;
    this.#replicas.set(kept.journalId, sealed);
    await close(writing);
    return sealed;
  }

  async #remove(journalId: string): Promise<void> {
    const replica = this.#replicas.get(journalId);
    if (replica === undefined) return;
    this.#replicas.delete(journalId);
    if (replica.writing !== undefined) await close(replica.writing);
    await rm(replica.directory, { recursive: true, force: true });
  }
}

const OWNER_FILE = "owner";

/** `undefined`: there is none. One that the disk cannot read may be anybody: a node of no name, which is away. */
async function readOwner(directory: string): Promise<string | undefined> {
  return readFile(join(directory, OWNER_FILE), "utf8").catch((error: NodeJS.ErrnoException) =>
    error.code === "ENOENT" ? undefined : "",
  );
}

async function close({ segments, files }: Writing): Promise<void> {
  for (const { file } of segments.values()) await file.then((segment) => segment.close()).catch(() => undefined);
  await files.close();
}

async function bytesIn(directory: string): Promise<number> {
  const sizes = (await readdir(directory)).map(async (name) => (await stat(join(directory, name))).size);
  return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
}
