/**
 * A text in which `*` stands for any characters, also none: the pieces between the stars. One piece means exactly this
 * text.
 */
export type Pattern = readonly [string, ...string[]];

export function isExact(pattern: Pattern): boolean {
  return pattern.length === 1;
}

/** Whether the pattern describes the whole value. */
export function matchesPattern(pattern: Pattern, value: string): boolean {
  const [first, ...rest] = pattern;
  const last = rest.pop();
  if (last === undefined) return value === first;
  if (value.length < first.length + last.length || !value.startsWith(first) || !value.endsWith(last)) return false;
  // The leftmost place of each piece leaves the most room for those behind it.
  const end = value.length - last.length;
  let from = first.length;
  for (const piece of rest) {
    const at = value.indexOf(piece, from);
    if (at === -1 || at + piece.length > end) return false;
    from = at + piece.length;
  }
  return true;
}

/**
 * A pattern for the whole of a text that a person remembers a part of: without a star it may stand anywhere, and letters
 * of ASCII are the same in both cases. Compare it with `foldCase` of the text.
 */
export function loosePattern(pattern: Pattern): Pattern {
  const folded = pattern.map(foldCase) as [string, ...string[]];
  return folded.length === 1 ? ["", folded[0], ""] : folded;
}

/** A pattern for short ids, which are written in capital letters: `shop-12` is `SHOP-12`. */
export function shortIdPattern(pattern: Pattern): Pattern {
  return pattern.map((piece) => piece.toUpperCase()) as [string, ...string[]];
}

/** Only letters of ASCII: PostgreSQL does the same under every locale. */
export function foldCase(text: string): string {
  return text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase());
}
