/**
 * Reads a search as Sentry's users type it:
 *
 *     is:unresolved level:[error,fatal] !browser:Chrome* (release:1.2.* OR firstSeen:-24h) timesSeen:>100 "free text"
 *
 * Terms side by side must all hold; `OR` binds less; `!` negates a term or parentheses. `*` stands for any characters,
 * and for itself as `\*`. A key that is no field is the name of a tag; `tags[level]:` is the tag in any case.
 */
import { isExact, type Pattern } from "./pattern.ts";
import { readNumber, readTime } from "./read-value.ts";
import { type ScannedKey, SearchScanner } from "./scan-search.ts";
import {
  ISSUE_STATES,
  type IssueState,
  SEARCH_FIELDS,
  type SearchField,
  type SearchScope,
  STATE_ALIASES,
  searchFieldOf,
} from "./search-keys.ts";
import {
  allOf,
  anyOf,
  EVERYTHING,
  not,
  SEARCH_DEPTH_MAX,
  SEARCH_TERMS_MAX,
  type SearchKey,
  type SearchQuery,
} from "./search-query.ts";
import { SearchQueryError } from "./search-query-error.ts";
import { searchedWords } from "./tokenize.ts";

/** Throws a `SearchQueryError`. An empty text matches everything. */
export function parseSearch(text: string, scope: SearchScope): SearchQuery {
  return new SearchParser(new SearchScanner(text), scope).parse();
}

class SearchParser {
  readonly #scanner: SearchScanner;
  readonly #scope: SearchScope;
  #terms = 0;

  constructor(scanner: SearchScanner, scope: SearchScope) {
    this.#scanner = scanner;
    this.#scope = scope;
  }

  parse(): SearchQuery {
    if (this.#scanner.isAtEnd()) return EVERYTHING;
    const query = this.#parseAny(0);
    if (!this.#scanner.isAtEnd()) throw this.#expected("a term; this parenthesis was not opened");
    return query;
  }

  #parseAny(depth: number): SearchQuery {
    const parts = [this.#parseAll(depth)];
    while (!this.#scanner.isAtEnd() && this.#takeKeyword("OR")) parts.push(this.#parseAll(depth));
    return anyOf(parts);
  }

  #parseAll(depth: number): SearchQuery {
    const parts = [this.#parseTerm(depth)];
    while (!this.#scanner.isAtEnd() && !this.#scanner.sees(")") && !this.#scanner.seesKeyword("OR")) {
      this.#takeKeyword("AND");
      parts.push(this.#parseTerm(depth));
    }
    return allOf(parts);
  }

  #takeKeyword(keyword: "OR" | "AND"): boolean {
    return this.#scanner.seesKeyword(keyword) && this.#scanner.take(keyword);
  }

  #parseTerm(depth: number): SearchQuery {
    if (this.#scanner.isAtEnd()) throw this.#expected("a term");
    if (this.#scanner.sees(")")) throw this.#expected("a term before )");
    if (this.#scanner.seesKeyword("OR") || this.#scanner.seesKeyword("AND"))
      throw this.#expected("a term before this word");
    if (!this.#scanner.take("!")) return this.#parsePositive(depth);
    if (this.#scanner.isAtGap() || this.#scanner.sees("!")) throw this.#expected("a term right behind the !");
    return not(this.#parsePositive(depth));
  }

  #parsePositive(depth: number): SearchQuery {
    if (this.#scanner.sees("(")) return this.#parseParentheses(depth);
    this.#terms += 1;
    if (this.#terms > SEARCH_TERMS_MAX) throw this.#expected(`the end: a search has at most ${SEARCH_TERMS_MAX} terms`);
    const column = this.#scanner.column;
    const key = this.#scanner.takeKey();
    if (key === undefined) {
      return { kind: "words", text: this.#scanner.takeValue(false) };
    }
    return this.#parseKeyed(key, column);
  }

  #parseParentheses(depth: number): SearchQuery {
    const opened = this.#scanner.column;
    if (depth >= SEARCH_DEPTH_MAX)
      throw this.#expected(`no more than ${SEARCH_DEPTH_MAX} parentheses within each other`);
    this.#scanner.take("(");
    const query = this.#parseAny(depth + 1);
    if (this.#scanner.isAtEnd() || !this.#scanner.take(")"))
      throw new SearchQueryError(opened, "a closing ) for this one");
    return query;
  }

  #parseKeyed(key: ScannedKey, column: number): SearchQuery {
    if (!key.isTag && key.name === "is") return this.#parseIs(column);
    if (!key.isTag && key.name === "has")
      return anyOf(this.#takeValues().map(({ text, at }) => this.#parseHas(text, at)));

    const field = key.isTag ? undefined : searchFieldOf(key.name);
    if (field === undefined) return this.#parseMatch({ tag: key.name }, undefined);
    this.#demandScope(field, column);
    const { type } = SEARCH_FIELDS[field];
    if (type === "number") return readNumber(field as never, this.#takeOne());
    if (type === "time") return readTime(field as never, this.#takeOne());
    return this.#parseMatch({ field: field as never }, field);
  }

  #parseIs(column: number): SearchQuery {
    if (this.#scope !== "issue") throw new SearchQueryError(column, "a key of events; is: tells of issues");
    return anyOf(this.#takeValues().map(({ text, at }) => ({ kind: "is", state: readState(text, at) })));
  }

  #parseHas(text: Pattern, at: number): SearchQuery {
    const name = text[0];
    if (!isExact(text) || name === "") throw new SearchQueryError(at, "the name of a tag or field");
    const tag = /^tags\[([^\]]+)\]$/.exec(name)?.[1];
    const field = tag === undefined ? searchFieldOf(name) : undefined;
    if (field === undefined) return { kind: "has", key: { tag: tag ?? name } };
    this.#demandScope(field, at);
    const { type } = SEARCH_FIELDS[field];
    if (type !== "value" && type !== "person") throw new SearchQueryError(at, "a tag, or a field that can be missing");
    return { kind: "has", key: { field: field as never } };
  }

  /** `key:""` asks for what does not have it. */
  #parseMatch(key: SearchKey, field: SearchField | undefined): SearchQuery {
    const values = this.#takeValues();
    const definition = field && SEARCH_FIELDS[field];
    const isWords = definition?.type === "words";
    for (const { text, at } of values) {
      if (isWords) demandWords(text, at);
      else if (isExact(text) && text[0] === "" && values.length > 1) throw new SearchQueryError(at, "a value");
      if (definition !== undefined && "values" in definition && isExact(text)) {
        const known: readonly string[] = definition.values;
        if (!known.includes(text[0])) throw new SearchQueryError(at, `one of ${known.join(", ")}`);
      }
    }
    const only = values.length === 1 ? values[0] : undefined;
    if (only !== undefined && isExact(only.text) && only.text[0] === "") {
      if (definition?.type === "text") throw new SearchQueryError(only.at, "a value");
      return not({ kind: "has", key });
    }
    return { kind: "match", key, patterns: values.map(({ text }) => text) };
  }

  /** What stands behind a colon: a value, or several in brackets. */
  #takeValues(): { text: Pattern; at: number }[] {
    if (!this.#scanner.sees("[")) return [this.#takeOne()];
    const opened = this.#scanner.column;
    this.#scanner.take("[");
    const values: { text: Pattern; at: number }[] = [];
    for (;;) {
      if (this.#scanner.isAtEnd()) throw new SearchQueryError(opened, "a closing ] for this one");
      const at = this.#scanner.column;
      if (this.#scanner.sees(",") || this.#scanner.sees("]")) throw this.#expected("a value");
      values.push({ text: this.#scanner.takeValue(true), at });
      this.#terms += 1;
      if (this.#terms > SEARCH_TERMS_MAX)
        throw new SearchQueryError(at, `the end: a search has at most ${SEARCH_TERMS_MAX} terms`);
      if (this.#scanner.isAtEnd()) throw new SearchQueryError(opened, "a closing ] for this one");
      if (this.#scanner.take("]")) break;
      if (!this.#scanner.take(",")) throw this.#expected(", or ]");
      this.#scanner.isAtEnd();
    }
    if (!this.#scanner.isAtGap()) throw this.#expected("a blank behind the list");
    return values;
  }

  #takeOne(): { text: Pattern; at: number } {
    const at = this.#scanner.column;
    const text = this.#scanner.takeValue(false);
    if (!this.#scanner.isAtGap()) throw this.#expected("a blank behind the value");
    return { text, at };
  }

  #demandScope(field: SearchField, column: number): void {
    const { of } = SEARCH_FIELDS[field];
    if (of.some((scope) => scope === this.#scope)) return;
    throw new SearchQueryError(column, `a key of ${this.#scope}s; ${field} is one of ${of.join(" and ")}s`);
  }

  #expected(what: string): SearchQueryError {
    return new SearchQueryError(this.#scanner.column, what);
  }
}

function readState(text: Pattern, at: number): IssueState {
  const given = text[0].toLowerCase();
  const state = ISSUE_STATES.find((each) => each === given) ?? STATE_ALIASES[given];
  if (!isExact(text) || state === undefined) throw new SearchQueryError(at, `one of ${ISSUE_STATES.join(", ")}`);
  return state;
}

function demandWords(text: Pattern, at: number): void {
  if (searchedWords(text).length === 0) throw new SearchQueryError(at, "a word, of letters or digits");
}
