import { type EntrySink, type JournalEntry, JournalUnavailableError } from "./entry.ts";
import { decodeRecord, encodeRecord, isRecordAt } from "./record.ts";

/** Brings an entry's record into another node's journal. `false`: nobody could take it. */
export type AcceptElsewhere = (record: Buffer) => Promise<boolean>;

/** Entries that may be on their way to other nodes; what comes on top is refused. */
const FORWARDS_MAX = 256;

/** Takes entries here, and where the journal cannot, at another node: a full disk of one node refuses nobody. */
export class FallbackSink implements EntrySink {
  readonly #here: EntrySink;
  readonly #acceptElsewhere: AcceptElsewhere;
  readonly #onForwarded: () => void;
  #underWay = 0;

  constructor(here: EntrySink, acceptElsewhere: AcceptElsewhere, onForwarded: () => void) {
    this.#here = here;
    this.#acceptElsewhere = acceptElsewhere;
    this.#onForwarded = onForwarded;
  }

  /** Throws the `JournalUnavailableError` of this node's journal when no other takes it either. */
  async append(entry: JournalEntry): Promise<void> {
    try {
      await this.#here.append(entry);
    } catch (error) {
      if (!(error instanceof JournalUnavailableError)) throw error;
      if (this.#underWay >= FORWARDS_MAX || !(await this.#forward(entry))) throw error;
      this.#onForwarded();
    }
  }

  async #forward(entry: JournalEntry): Promise<boolean> {
    this.#underWay += 1;
    try {
      return await this.#acceptElsewhere(Buffer.concat(encodeRecord(entry)));
    } finally {
      this.#underWay -= 1;
    }
  }
}

/** Takes a record that another node could not keep. Rejects when this node cannot either. */
export async function acceptRecord(journal: EntrySink, record: Buffer): Promise<void> {
  if (!isRecordAt(record, 0)) throw new TypeError("not a journal record");
  await journal.append(decodeRecord(record, 0));
}
