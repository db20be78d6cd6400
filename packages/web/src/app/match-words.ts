/**
 * How well `query` fits to a name: undefined if a word of it occurs nowhere, else the better the smaller. An empty query fits to all.
 */
export function matchWords(query: string, name: string): number | undefined {
  const text = name.toLowerCase();
  let worst = 0;
  for (const word of query.toLowerCase().split(/\s+/)) {
    const at = text.indexOf(word);
    if (at < 0) return undefined;
    const isWordStart = at === 0 || !/[\p{L}\p{N}]/u.test(text.charAt(at - 1)) || text.includes(` ${word}`);
    worst = Math.max(worst, at === 0 ? 0 : isWordStart ? 1 : 2);
  }
  return worst;
}
