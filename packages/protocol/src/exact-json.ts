/**
 * JSON whose numbers stay as they are written. JavaScript's own numbers hold integers up to 2^53: beyond it ids of users would be
 * rounded on the way.
 */

/**
 * As `JSON.parse`, but a number that would be written differently is an object that `JSON.stringify` writes as it stood, and that
 * `exactNumberOf` tells. Takes several times as long. In what is nested deeper than the stack numbers are rounded, which is better
 * than nothing; so they are where the language is too old to know how a number is written (browsers before 2025).
 */
export function parseExactJson(text: string): unknown {
  if (EXACT_JSON.rawJSON === undefined) return JSON.parse(text);
  const { rawJSON } = EXACT_JSON;
  try {
    return EXACT_JSON.parse(text, (_key, value, { source }) =>
      typeof value === "number" && source !== undefined && String(value) !== source ? rawJSON(source) : value,
    );
  } catch (error) {
    if (error instanceof RangeError) return JSON.parse(text);
    throw error;
  }
}

/** The number as it is written, if it is one of those; `undefined`: it is anything else. */
export function exactNumberOf(value: object): string | undefined {
  return EXACT_JSON.isRawJSON?.(value) ? (value as { readonly rawJSON: string }).rawJSON : undefined;
}

/** What https://tc39.es/proposal-json-parse-with-source adds, and TypeScript's library does not know yet. */
interface ExactJson {
  parse(
    text: string,
    reviver: (key: string, value: unknown, context: { readonly source?: string }) => unknown,
  ): unknown;
  readonly rawJSON?: (text: string) => object;
  readonly isRawJSON?: (value: object) => boolean;
}

const EXACT_JSON = JSON as unknown as ExactJson;
