import type { SearchField } from "./search-keys.ts";

/**
 * The lexemes of an event, each with the places where it stands, as bits. The places are the weights D, C, B and A of
 * PostgreSQL's text search (bits 1, 2, 4, 8), so that what matches in a message ranks before what matches in a stack trace.
 */
export type Words = ReadonlyMap<string, number>;

export const PLACES = {
  /** Title, message, exceptions, culprit. Weight A. */
  message: 8,
  /** Files in stack traces. Weight C. */
  file: 2,
  /** Functions and modules in stack traces. Weight D. */
  function: 1,
} as const;

/** Where the words of a field stand; `undefined`: it is no field of words. */
export function placesOf(field: SearchField): number | undefined {
  if (field === "message") return PLACES.message;
  if (field === "stack.filename") return PLACES.file;
  if (field === "stack.function") return PLACES.function;
  return undefined;
}
