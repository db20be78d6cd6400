import type { PoolClient } from "pg";

/** The part of `pg`'s connection that speaks COPY, which its types do not know. */
interface CopyConnection {
  query(text: string): void;
  readonly stream: { cork(): void; uncork(): void; write(bytes: Uint8Array): void };
  endCopyFrom(): void;
}

/** Bytes of one protocol message: PostgreSQL takes each into memory as a whole. */
const COPY_CHUNK_BYTES = 256 * 1024;

const ROW_COUNT_PATTERN = /^COPY (\d+)$/;

/**
 * Runs `text`, a `copy … from stdin`, and sends it `bytes`; the number of rows.
 *
 * Not a stream: all bytes are in memory before, and nothing waits for room in the connection, so that a
 * row which PostgreSQL refuses while bytes are on their way is an error like any other.
 */
export function sendCopy(client: PoolClient, text: string, bytes: Uint8Array): Promise<number> {
  return new Promise((resolve, reject) => {
    client.query(
      new CopyQuery(text, bytes, (error, rowCount) => (error === undefined ? resolve(rowCount) : reject(error))),
    );
  });
}

/** https://www.postgresql.org/docs/18/protocol-message-formats.html: CopyData. */
function copyDataHeader(bytes: number): Buffer {
  const header = Buffer.allocUnsafe(5);
  header[0] = 0x64;
  header.writeInt32BE(4 + bytes, 1);
  return header;
}

/** What `pg` queues and tells of PostgreSQL's answers, in the way of its own `Query`. */
class CopyQuery {
  readonly #text: string;
  readonly #bytes: Uint8Array;
  #rowCount = 0;

  /** `pg` wraps it, to stop its timer when the query has ended. */
  callback: (error: Error | undefined, rowCount: number) => void;

  constructor(text: string, bytes: Uint8Array, callback: (error: Error | undefined, rowCount: number) => void) {
    this.#text = text;
    this.#bytes = bytes;
    this.callback = callback;
  }

  submit(connection: unknown): void {
    (connection as CopyConnection).query(this.#text);
  }

  handleCopyInResponse(connection: CopyConnection): void {
    // Past `pg`, which would copy every chunk. The bytes stay as they are until the answer has come.
    connection.stream.cork();
    for (let start = 0; start < this.#bytes.length; start += COPY_CHUNK_BYTES) {
      const chunk = this.#bytes.subarray(start, start + COPY_CHUNK_BYTES);
      connection.stream.write(copyDataHeader(chunk.length));
      connection.stream.write(chunk);
    }
    connection.endCopyFrom();
    connection.stream.uncork();
  }

  handleCommandComplete({ text }: { text: string }): void {
    this.#rowCount = Number(ROW_COUNT_PATTERN.exec(text)?.[1] ?? 0);
  }

  handleReadyForQuery(): void {
    this.callback(undefined, this.#rowCount);
  }

  handleError(error: Error): void {
    this.callback(error, 0);
  }
}
