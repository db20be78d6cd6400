/** A search that cannot be understood. The only error `parseSearch` throws. */
export class SearchQueryError extends Error {
  override readonly name = "SearchQueryError";
  /** Where in the search, from 1. */
  readonly column: number;
  /** What should stand there. */
  readonly expected: string;

  constructor(column: number, expected: string) {
    super(`column ${column}: expected ${expected}`);
    this.column = column;
    this.expected = expected;
  }
}
