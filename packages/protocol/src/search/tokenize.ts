import type { Pattern } from "./pattern.ts";

/** Characters of a lexeme. */
export const LEXEME_LENGTH_MAX = 64;

/**
 * The lexemes of a text, for the full-text index and for what is searched in it: words in lower case, and the parts
 * of words in camelCase and snake_case. `TypeError` is `typeerror`, `type` and `error`; so who searches for
 * `TypeError` finds it, and who searches for `error` too. Words are letters, digits and `_`; a dot ends one.
 * In the order of the text, possibly repeated, each of at most 64 characters.
 */
export function tokenize(text: string): string[] {
  const { word, mixed, part } = NOT_ASCII.test(text) ? ANY_SCRIPT : ASCII;
  const lexemes: string[] = [];
  for (const each of text.match(word) ?? []) {
    lexemes.push(limit(each.toLowerCase()));
    // Most words are of one case and have no parts; very long ones are encoded data.
    if (each.length > PARTED_LENGTH_MAX || !mixed.test(each)) continue;
    for (const found of each.match(part) ?? []) lexemes.push(limit(found.toLowerCase()));
  }
  return lexemes;
}

/** A word that is searched: it, or all words that begin with it. */
export interface SearchedWord {
  readonly word: string;
  readonly isBeginning: boolean;
}

/**
 * The words by which a pattern finds texts: all of them must be there. A star behind a word stands for its end; words have
 * no star at their beginning, so one there means nothing. Whole words only: `tokenize` gave those too.
 */
export function searchedWords(pattern: Pattern): SearchedWord[] {
  return pattern.flatMap((piece, index) => {
    const words = piece.match((NOT_ASCII.test(piece) ? ANY_SCRIPT : ASCII).word) ?? [];
    const isCut = index < pattern.length - 1 && words.length > 0 && piece.endsWith(words[words.length - 1] as string);
    return words.map((word, at) => ({
      word: limit(word.toLowerCase()),
      isBeginning: isCut && at === words.length - 1,
    }));
  });
}

/** How words are found, which of them have parts, and these parts: `HTTPError2` has `HTTP`, `Error` and `2`. */
interface Script {
  readonly word: RegExp;
  readonly mixed: RegExp;
  readonly part: RegExp;
}

const ASCII: Script = {
  word: /\w+/g,
  mixed: /_|[a-z][A-Z]|[A-Z][A-Z][a-z]/,
  part: /[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+/g,
};
/** The same for all letters there are, at several times the cost. */
const ANY_SCRIPT: Script = {
  word: /[\p{L}\p{M}\p{N}_]+/gu,
  mixed: /_|\p{Ll}\p{Lu}|\p{Lu}\p{Lu}\p{Ll}/u,
  part: /\p{Lu}+(?!\p{Ll})|\p{Lu}?[\p{Ll}\p{Lo}\p{Lm}\p{M}]+|\p{N}+/gu,
};
const NOT_ASCII = /[^\0-\x7f]/;

const PARTED_LENGTH_MAX = 256;

function limit(lexeme: string): string {
  return lexeme.length <= LEXEME_LENGTH_MAX ? lexeme : lexeme.slice(0, LEXEME_LENGTH_MAX).toWellFormed();
}
