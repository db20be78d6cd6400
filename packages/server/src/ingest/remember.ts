/** Texts remembered by one function. A program has far fewer different function and file names. */
const ENTRIES_MAX = 8192;
/** Longer texts are worked out anew each time, so that memory stays bounded. */
const TEXT_LENGTH_MAX = 400;

/**
 * Remembers what a pure function of one text gave. The same few thousand names of functions, modules and files come
 * with every event of a program, which makes grouping several times faster.
 */
export function remember<T>(
  compute: (text: string) => T,
  { entriesMax = ENTRIES_MAX, textLengthMax = TEXT_LENGTH_MAX } = {},
): (text: string) => T {
  const known = new Map<string, T>();
  return (text) => {
    if (text.length > textLengthMax) return compute(text);
    const found = known.get(text);
    if (found !== undefined) return found;
    const result = compute(text);
    // Starting over is simpler than evicting one by one and, at this size, as good.
    if (known.size >= entriesMax) known.clear();
    known.set(text, result);
    return result;
  };
}
