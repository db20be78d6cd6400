/** `scheme://user:password@host`: the text with each password replaced. Takes time in proportion to the text. */
export function replaceUrlPasswords(text: string, replacement: string): string {
  let kept = "";
  let from = 0;
  for (let at = text.indexOf("://"); at !== -1; at = text.indexOf("://", at + 3)) {
    const start = at + 3;
    const authority = text.slice(start, endOfAuthority(text, start));
    const sign = authority.lastIndexOf("@");
    const colon = authority.indexOf(":");
    if (colon === -1 || colon + 1 >= sign || authority.slice(colon + 1, sign) === replacement) continue;
    kept += text.slice(from, start + colon + 1) + replacement;
    from = start + sign;
  }
  return from === 0 ? text : kept + text.slice(from);
}

/** No longer than any URL that a client shows. */
const AUTHORITY_LENGTH_MAX = 1_024;

function endOfAuthority(text: string, start: number): number {
  const limit = Math.min(text.length, start + AUTHORITY_LENGTH_MAX);
  for (let index = start; index < limit; index += 1) if (ENDS.has(text.charCodeAt(index))) return index;
  return limit;
}

const ENDS: ReadonlySet<number> = new Set(Buffer.from("/?# \t\r\n\"'<>\\"));
