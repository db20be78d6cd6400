/**
 * Names and values in texts: `token=…` as in addresses, forms and logs, and `"token": …` as in JSON, Python and Ruby, cut
 * off or within other texts. Where the name is a secret's, the value is replaced. Each takes time in proportion to the text.
 */

/** Names longer than this are none. */
const NAME_LENGTH_MAX = 64;
/** Space between a name, the sign behind it and the value. */
const SPACES_MAX = 3;

/** Whether the value that goes by a name is to be replaced. */
export type IsSecret = (name: string) => boolean;

export function replaceAssignedSecrets(text: string, isSecret: IsSecret, replacement: string): string {
  let kept = "";
  let from = 0;
  for (let at = text.indexOf("="); at !== -1; at = text.indexOf("=", at + 1)) {
    if (at < from) continue;
    if (text[at + 1] === "=" || text[at + 1] === ">") continue;
    const name = nameBefore(text, at, Math.max(from, at - NAME_LENGTH_MAX));
    if (name === "" || !isSecret(name)) continue;
    const value = quotedValueAt(text, at + 1) ?? { start: at + 1, end: endOfBareValue(text, at + 1) };
    if (value.start === value.end || text.startsWith(replacement, value.start)) continue;
    kept += text.slice(from, value.start) + replacement;
    from = value.end;
  }
  return from === 0 ? text : kept + text.slice(from);
}

export function replaceQuotedSecrets(text: string, isSecret: IsSecret, replacement: string): string {
  let kept = "";
  let from = 0;
  for (const { index, 0: sign } of text.matchAll(/:|=>/g)) {
    if (index < from) continue;
    const name = quotedNameBefore(text, index, from);
    if (name === undefined || !isSecret(name)) continue;
    const value = valueBehind(text, index + sign.length);
    if (value.start === value.end || text.startsWith(replacement, value.start)) continue;
    kept += text.slice(from, value.start) + replacement;
    from = value.end;
  }
  return from === 0 ? text : kept + text.slice(from);
}

function nameBefore(text: string, end: number, limit: number): string {
  let start = end;
  while (start > limit && NAME_CHARACTER.test(text.charAt(start - 1))) start -= 1;
  return text.slice(start, end);
}
const NAME_CHARACTER = /[\w.[\]%$-]/;

/** The name in quotes that ends right before `end`. Its quotes may be escaped, as in JSON within JSON. */
function quotedNameBefore(text: string, end: number, limit: number): string | undefined {
  let close = end - 1;
  while (close > end - 1 - SPACES_MAX && text[close] === " ") close -= 1;
  const quote = text[close];
  if (quote !== '"' && quote !== "'") return undefined;
  const open = text.lastIndexOf(quote, close - 1);
  if (open < Math.max(limit, close - NAME_LENGTH_MAX - 2)) return undefined;
  return text.slice(open + 1, text[close - 1] === "\\" ? close - 1 : close);
}

interface Range {
  readonly start: number;
  readonly end: number;
}

function valueBehind(text: string, sign: number): Range {
  let start = sign;
  while (start < sign + SPACES_MAX && text[start] === " ") start += 1;
  const quoted = quotedValueAt(text, start);
  if (quoted !== undefined) return quoted;
  const opening = text[start];
  if (opening === "{" || opening === "[") return { start, end: endOfContainer(text, start) };
  const end = endOfBareValue(text, start);
  // Not secrets, and often the value of a switch.
  return LITERAL.test(text.slice(start, Math.min(end, start + 6))) ? { start, end: start } : { start, end };
}
const LITERAL = /^(?:true|false|null|None|True|False|nil)$/;

/** What is in the quotes that open at `start`: bare, escaped as in JSON within JSON, or with a letter before, as Python has them. */
function quotedValueAt(text: string, start: number): Range | undefined {
  const opening = /(?:\\|[bru]{1,2})?["']/iy;
  opening.lastIndex = start;
  const [found] = opening.exec(text) ?? [];
  if (found === undefined) return undefined;
  const inner = start + found.length;
  return { start: inner, end: endOfQuoted(text, inner, found.slice(-1), found.startsWith("\\")) };
}

/** Where the closing quote stands, or its backslash; the end of the text if it was cut off. */
function endOfQuoted(text: string, start: number, quote: string, isEscaped: boolean): number {
  if (isEscaped) {
    const end = text.indexOf(`\\${quote}`, start);
    return end === -1 ? text.length : end;
  }
  for (let index = start; index < text.length; index += 1) {
    if (text[index] === "\\") index += 1;
    else if (text[index] === quote) return index;
  }
  return text.length;
}

function endOfBareValue(text: string, start: number): number {
  let end = start;
  while (end < text.length && !BARE_END.has(text.charCodeAt(end))) end += 1;
  return end;
}
const BARE_END: ReadonlySet<number> = new Set(Buffer.from(" \t\r\n&;,\"'<>#()[]{}|\\"));

/** Behind the bracket that closes the one at `start`; the end of the text if it was cut off. */
function endOfContainer(text: string, start: number): number {
  let depth = 0;
  for (let index = start; index < text.length; index += 1) {
    const character = text[index];
    if (character === "{" || character === "[") depth += 1;
    else if (character === "}" || character === "]") {
      depth -= 1;
      if (depth === 0) return index + 1;
    }
  }
  return text.length;
}
