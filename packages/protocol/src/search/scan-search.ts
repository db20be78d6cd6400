/** The letters of a search: blanks, parentheses, keys, and values with quotes, stars and backslashes. */
import type { Pattern } from "./pattern.ts";
import { SEARCH_LENGTH_MAX } from "./search-query.ts";
import { SearchQueryError } from "./search-query-error.ts";

/** `level:`, `user.email:`, `"any text":`, `tags[any text]:`. */
const KEY = /(?:tags\[(?<tag>[^\]\n]+)\]|"(?<quoted>(?:[^"\\\n]|\\.)+)"|(?<plain>[A-Za-z_][\w.-]*)):/y;

export interface ScannedKey {
  readonly name: string;
  /** Written as `tags[name]`, so a tag even where a field has this name. */
  readonly isTag: boolean;
}

export class SearchScanner {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    if (text.length > SEARCH_LENGTH_MAX)
      throw new SearchQueryError(
        SEARCH_LENGTH_MAX + 1,
        `the end: a search has at most ${SEARCH_LENGTH_MAX} characters`,
      );
    this.#text = text;
  }

  get column(): number {
    return this.#at + 1;
  }

  /** After blanks. */
  isAtEnd(): boolean {
    this.#skipBlanks();
    return this.#at >= this.#text.length;
  }

  /** Whether nothing, or a blank, or a parenthesis follows. */
  isAtGap(): boolean {
    return this.#at >= this.#text.length || /[\s)]/.test(this.#text.charAt(this.#at));
  }

  sees(characters: string): boolean {
    return this.#text.startsWith(characters, this.#at);
  }

  take(characters: string): boolean {
    if (!this.sees(characters)) return false;
    this.#at += characters.length;
    return true;
  }

  /** `OR` and `AND`, where they stand alone. */
  seesKeyword(keyword: "OR" | "AND"): boolean {
    return this.sees(keyword) && /^[\s()]?$/.test(this.#text.charAt(this.#at + keyword.length));
  }

  /**
   * A key and its colon. `undefined` where a free word stands, also one that ends with a colon (`TypeError: x`) and an
   * address (`https://…`).
   */
  takeKey(): ScannedKey | undefined {
    KEY.lastIndex = this.#at;
    const found = KEY.exec(this.#text);
    if (found === null) return undefined;
    const behind = this.#at + found[0].length;
    if (/^[\s)]?$/.test(this.#text.charAt(behind)) || this.#text.startsWith("//", behind)) return undefined;
    this.#at = behind;
    const { tag, quoted, plain = "" } = found.groups ?? {};
    return { name: tag ?? quoted?.replaceAll(/\\(.)/g, "$1") ?? plain, isTag: tag !== undefined };
  }

  /** One value: quoted, or up to a blank or a parenthesis that it did not open; within a list, up to a comma too. */
  takeValue(isInList: boolean): Pattern {
    return this.take('"') ? this.#takeQuoted() : this.#takeBare(isInList ? ",]" : "");
  }

  #takeQuoted(): Pattern {
    const opened = this.column - 1;
    const pieces = [""];
    for (;;) {
      if (this.#at >= this.#text.length) throw new SearchQueryError(opened, 'a closing " for this one');
      if (this.take('"')) return asPattern(pieces);
      this.#takeCharacter(pieces);
    }
  }

  #takeBare(ends: string): Pattern {
    const pieces = [""];
    for (let open = 0; this.#at < this.#text.length; ) {
      const next = this.#text.charAt(this.#at);
      if (/\s/.test(next) || ends.includes(next)) break;
      if (next === "(") open += 1;
      if (next === ")") open -= 1;
      if (open < 0) break;
      this.#takeCharacter(pieces);
    }
    return asPattern(pieces);
  }

  /** A star begins a new piece; what follows a backslash stands for itself. */
  #takeCharacter(pieces: string[]): void {
    const isEscape = this.#text.charAt(this.#at) === "\\" && this.#at + 1 < this.#text.length;
    if (isEscape) this.#at += 1;
    const character = this.#text.charAt(this.#at);
    this.#at += 1;
    if (character === "*" && !isEscape) pieces.push("");
    else pieces[pieces.length - 1] += character;
  }

  #skipBlanks(): void {
    while (this.#at < this.#text.length && /\s/.test(this.#text.charAt(this.#at))) this.#at += 1;
  }
}

/** Two stars side by side are one. */
function asPattern([first = "", ...rest]: readonly string[]): Pattern {
  const last = rest.pop();
  if (last === undefined) return [first];
  return [first, ...rest.filter((piece) => piece !== ""), last];
}
