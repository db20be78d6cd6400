import { PG, sqlState, TransactionTimeoutError } from "../db/errors.ts";

const FEWER = 4;

/** How many rows are deleted at a time: fewer once that took too long, since the same would take too long again, for ever. */
export class ChunkRows {
  #rows: number;

  constructor(rows: number) {
    this.#rows = rows;
  }

  /** Of the last chunk. */
  get rows(): number {
    return this.#rows;
  }

  async take<T>(deleteChunk: (rowsMax: number) => Promise<T>): Promise<T> {
    for (;;) {
      try {
        return await deleteChunk(this.#rows);
      } catch (error) {
        if (this.#rows === 1 || !tookTooLong(error)) throw error;
        this.#rows = Math.ceil(this.#rows / FEWER);
      }
    }
  }
}

function tookTooLong(error: unknown): boolean {
  return sqlState(error) === PG.queryCanceled || error instanceof TransactionTimeoutError;
}
