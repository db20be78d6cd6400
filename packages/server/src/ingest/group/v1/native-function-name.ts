import { remember } from "../../remember.ts";

/**
 * The bare name of a native function: without return type, arguments, template arguments, qualifiers, and the marks
 * compilers and linkers add. The same source gives the same name with GCC, Clang, MSVC, Rust and Swift.
 */
export function trimNativeFunctionName(name: string, platform: string): string {
  return platform === "cocoa" || platform === "swift" ? trimSwift(name) : trim(name);
}

const trim = remember((name: string) => trimName(name, false));
const trimSwift = remember((name: string) => trimName(name, true));

/** Nothing to take off: most C functions, and those a symbolicator trimmed. */
const PLAIN = /^[\w:~.$]*$/;
const MARKS = /::h|\$_|lambda_/;

function trimName(original: string, swift: boolean): string {
  const name = original.trim();
  if (PLAIN.test(name) && !MARKS.test(name)) return name;
  if (name === "<redacted>" || name === "<unknown>") return name;
  // Objective-C methods: +[Class method:], -[Class method:]
  if (/^[+-]?\[/.test(name)) return name;

  const tokens = splitTokens(withoutTrailers(simplify(protect(name))));
  const found = chooseToken(tokens, name, swift);
  return found === undefined ? original : removeLinkerMarks(restore(found));
}

/** Single letters of Unicode's private use stand for what would upset the count of brackets. */
const PROTECTED = [
  ["operator<<", "operator\uE001"],
  ["operator<=>", "operator\uE002"],
  ["operator<", "operator\uE003"],
  ["operator>>", "operator\uE004"],
  ["operator->", "operator\uE005"],
  ["operator>", "operator\uE006"],
  ["operator()", "operator\uE007"],
  ["operator&&", "operator\uE00A"],
  ["operator&", "operator\uE00B"],
  [" -> ", " \uE008 "],
] as const;
const ARROW = "\uE008";
const ANONYMOUS_NAMESPACE = "`anonymous\uE009namespace'";

function protect(name: string): string {
  // Every compiler has its own spelling of a namespace without a name, and of a lambda.
  const namespaced = name.replace(
    /`anonymous[ -]namespace'|\(anonymous namespace\)|\?A0x[0-9a-f]{8}(?=::)/gi,
    ANONYMOUS_NAMESPACE,
  );
  let text = withoutClones(nameLambdas(namespaced));
  for (const [from, to] of PROTECTED) text = text.replaceAll(from, to);
  return text;
}

/** All of a lambda but its arguments, which GCC and Clang write behind an opening bracket. */
const LAMBDA = /\{lambda\(|\blambda_[0-9a-f]{32}\b|\$_\d+\b|'lambda\d*'\(?/g;

/**
 * `lambda` for `{lambda(int)#1}`, `lambda_…`, `$_1`, `'lambda'` and `'lambda0'(int)`. Closing brackets are found once, beside
 * the names: a pattern for the whole would look for one from every name on.
 */
function nameLambdas(text: string): string {
  const closings = text.matchAll(/\)(#\d+\})?/g);
  let closing = closings.next().value;
  let named = "";
  let from = 0;
  for (const { 0: found, index } of text.matchAll(LAMBDA)) {
    if (index < from) continue;
    let end = index + found.length;
    if (found.endsWith("(")) {
      while (closing !== undefined && closing.index < end) closing = closings.next().value;
      const isNumbered = found.startsWith("{");
      if (isNumbered && closing?.[1] === undefined) continue;
      // Without its closing bracket, an opening one is no part of the name.
      if (closing === undefined) end -= 1;
      else end = closing.index + (isNumbered ? closing[0].length : 1);
    }
    named += `${text.slice(from, index)}lambda`;
    from = end;
  }
  return from === 0 ? text : named + text.slice(from);
}

/** GCC marks parts of functions that it cloned or split off: ` [clone .cold]`. Behind the last bracket no mark ends. */
function withoutClones(text: string): string {
  const end = text.lastIndexOf("]") + 1;
  return end === 0 ? text : text.slice(0, end).replace(/ ?\[clone \.[^\]]*\]/g, "") + text.slice(end);
}

function restore(text: string): string {
  let restored = text.replaceAll(ANONYMOUS_NAMESPACE, "`anonymous namespace'");
  for (const [from, to] of PROTECTED) restored = restored.replaceAll(to, from);
  return restored;
}

/** Drops arguments and replaces template arguments. A leading `<Type as Trait>` of Rust keeps its type. */
function simplify(text: string): string {
  return replaceEnclosed(replaceEnclosed(text, "(", ")", keepOperator), "<", ">", simplifyTypes);
}

function keepOperator(inner: string): string {
  return inner.trim() === "operator" ? "(operator)" : "";
}

/** Each level is read again for the next, and no real name leads with so many brackets within each other. */
const OWNER_DEPTH_MAX = 16;

function simplifyTypes(inner: string, start: number, depth = 0): string {
  if (inner === "lambda") return "<lambda>";
  if (start > 0 || depth >= OWNER_DEPTH_MAX) return "<T>";
  // `<T as Trait>::method` is an implementation for all types: then the trait is what names it.
  const owner = inner.replace(/^[A-Z] as /, "");
  const simplifyInner = (types: string, at: number) => simplifyTypes(types, at, depth + 1);
  return replaceEnclosed(owner, "<", ">", simplifyInner).split(" as ", 1)[0] ?? "";
}

/** Replaces every outermost pair of brackets; what is inside of it goes to `replace`. */
function replaceEnclosed(
  text: string,
  open: string,
  close: string,
  replace: (inner: string, start: number) => string,
): string {
  if (!text.includes(open)) return text;
  let result = "";
  let depth = 0;
  let start = 0;
  for (let index = 0; index < text.length; index++) {
    const character = text[index];
    if (character === open) {
      if (depth === 0) start = index;
      depth++;
    } else if (character === close && depth > 0) {
      depth--;
      if (depth === 0) result += replace(text.slice(start + 1, index), start);
    } else if (depth === 0) {
      result += character;
    }
  }
  return result;
}

const OPENING = "([{<";
const CLOSING = ")]}>";

/** Words outside of brackets. */
function splitTokens(text: string): string[] {
  const tokens: string[] = [];
  let token = "";
  let depth = 0;
  for (const character of text) {
    if (OPENING.includes(character)) depth++;
    else if (CLOSING.includes(character) && depth > 0) depth--;
    if (depth === 0 && /\s/.test(character)) {
      if (token !== "") tokens.push(token);
      token = "";
    } else {
      token += character;
    }
  }
  if (token !== "") tokens.push(token);
  return tokens;
}

/** What C++ writes behind the arguments. */
const TRAILERS = ["&", "const", "volatile", "noexcept"];

/** From the end, word by word: a pattern would try every way to share the same signs out among its repetitions. */
function withoutTrailers(text: string): string {
  let kept = text;
  for (;;) {
    const end = kept.trimEnd();
    const trailer = TRAILERS.find((word) => endsWithWord(end, word));
    if (trailer === undefined) return kept;
    kept = end.slice(0, -trailer.length).trimEnd();
  }
}

function endsWithWord(text: string, word: string): boolean {
  return text.endsWith(word) && (word === "&" || !/\w/.test(text.charAt(text.length - word.length - 1)));
}

function chooseToken(tokens: string[], name: string, swift: boolean): string | undefined {
  // MSVC puts a space between an operator and its template arguments.
  if (tokens.length > 1 && tokens.at(-1) === "<T>") {
    tokens.pop();
    tokens.push(`${tokens.pop()} <T>`);
  }
  if (name.includes("initialization expression of ")) {
    const behind = tokens.slice(tokens.lastIndexOf("of") + 1).filter((token) => token !== "static");
    return behind[0] === undefined ? undefined : `initializer expression of ${behind[0].replace(/^:/, "")}`;
  }
  const arrow = tokens.lastIndexOf(ARROW);
  let chosen = arrow > 0 ? tokens[arrow - 1] : tokens.at(-1);
  if (arrow > 1 && (chosen === "throws" || chosen === "async")) chosen = tokens[arrow - 2];
  if (chosen === undefined) return undefined;
  // A Swift attribute in the place of a name: a closure, or the glue that calls one.
  if (swift && chosen.startsWith("@")) return name.includes("thunk for ") ? "thunk for closure" : "closure";
  return tokens.includes("closure") && chosen !== "closure" ? `closure in ${chosen}` : chosen;
}

function removeLinkerMarks(name: string): string {
  return name
    .replace(/::h[0-9a-f]{16}$/, "")
    .replace(/@@?GLIBC_[\d.]+$/, "")
    .replace(/^@?(.+)@\d+$/, "$1");
}
