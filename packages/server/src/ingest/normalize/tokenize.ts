import { LEXEME_LENGTH_MAX } from "./limits.ts";

/**
 * The lexemes of a text, for the full-text index and for what is searched in it: words in lower case, and the parts
 * of words in camelCase and snake_case. `TypeError` is `typeerror`, `type` and `error`; so who searches for
 * `TypeError` finds it, and who searches for `error` too. Words are letters, digits and `_`; a dot ends one.
 * In the order of the text, possibly repeated, each of at most 64 characters.
 */
export function tokenize(text: string): string[] {
  const lexemes: string[] = [];
  for (const [word] of text.matchAll(ANY_SCRIPT.test(text) ? WORD : ASCII_WORD)) addWord(word, lexemes);
  return lexemes;
}

/** The costlier expression is only for texts that need it. */
const ANY_SCRIPT = /[^\0-\x7f]/;
const WORD = /[\p{L}\p{M}\p{N}_]+/gu;
const ASCII_WORD = /\w+/g;
/** `HTTPError` is `HTTP` and `Error`, `userId2` is `user`, `Id` and `2`. */
const PART = /\p{Lu}+(?!\p{Ll})|\p{Lu}?[\p{Ll}\p{Lo}\p{Lm}\p{M}]+|\p{N}+/gu;

function addWord(word: string, lexemes: string[]): void {
  const whole = word.toLowerCase();
  lexemes.push(limit(whole));
  if (!hasParts(word)) return;
  const parts = word.match(PART) ?? [];
  if (parts.length < 2 && parts[0]?.length === word.length) return;
  for (const part of parts) lexemes.push(limit(part.toLowerCase()));
}

/** Most words are of one case, without digits, and have no parts. */
function hasParts(word: string): boolean {
  return word.length <= PARTED_LENGTH_MAX && MIXED.test(word);
}
const MIXED = /_|\p{Ll}\p{Lu}|\p{Lu}\p{Lu}\p{Ll}/u;
/** Longer ones are hashes and encoded data. */
const PARTED_LENGTH_MAX = 256;

function limit(lexeme: string): string {
  return lexeme.length <= LEXEME_LENGTH_MAX ? lexeme : lexeme.slice(0, LEXEME_LENGTH_MAX).toWellFormed();
}
