const WEIGHTS = [
  [8, "A"],
  [4, "B"],
  [2, "C"],
  [1, "D"],
] as const;

/** A tsvector as PostgreSQL reads it, of words and their weights as bits: see `encodeTsvector`. */
export function tsvectorText(words: ReadonlyMap<string, number>): string {
  const lexemes: string[] = [];
  for (const [word, bits] of words) {
    const weights = WEIGHTS.filter(([bit]) => (bits & bit) !== 0).map(([, letter], index) => `${index + 1}${letter}`);
    lexemes.push(`${quoteLexeme(word)}${weights.length === 0 ? "" : `:${weights.join(",")}`}`);
  }
  return lexemes.join(" ");
}

/** Letters of the weights whose bits are set: `AC`. */
export function weightLetters(bits: number): string {
  return WEIGHTS.map(([bit, letter]) => ((bits & bit) === 0 ? "" : letter)).join("");
}

/** As a tsvector or a tsquery has it. */
export function quoteLexeme(word: string): string {
  return `'${word.replace(/['\\]/g, "$&$&")}'`;
}
