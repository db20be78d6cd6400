/** Patterns in which `*` stands for anything, without regard to case, for the whole of a text. */
export type Glob = (text: string) => boolean;

/**
 * Each part between the stars is looked for once, from where the one before it ended: a pattern that matches at all matches
 * so, and nothing is tried twice.
 */
export function compileGlob(pattern: string): Glob {
  const [first = "", ...rest] = pattern.toLowerCase().split(/\*+/);
  const last = rest.pop();
  if (last === undefined) return (text) => text.toLowerCase() === first;
  return (text) => {
    const lower = text.toLowerCase();
    if (lower.length < first.length + last.length || !lower.startsWith(first) || !lower.endsWith(last)) return false;
    const end = lower.length - last.length;
    let from = first.length;
    for (const part of rest) {
      const at = lower.indexOf(part, from);
      if (at === -1 || at + part.length > end) return false;
      from = at + part.length;
    }
    return true;
  };
}
