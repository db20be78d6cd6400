/** The value cannot be a value of the column's type. Stored, it would be another. */
export class CopyValueError extends Error {
  override readonly name = "CopyValueError";
}
