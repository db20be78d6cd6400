/**
 * A text without what is different each time: `user 17 not found at 12:03:22` and `user 4 not found at 23:59:59`
 * become the same `user <number> not found at <time>`.
 *
 * Only the first two lines that are not blank count; what follows is usually a dump. Words in quotes stay: they
 * mostly name the thing that failed. Only as the value of a `key=` they are data.
 */
export function parametrize(text: string): string {
  const short = firstLines(text);
  return HAS_VARIABLE.test(short) ? short.replace(VARIABLE, placeholder) : short;
}

const LINES_MAX = 2;
/** Characters that are looked at: the pattern takes time in proportion to them. */
const LENGTH_MAX = 4096;

function firstLines(text: string): string {
  const bounded = text.length > LENGTH_MAX ? text.slice(0, LENGTH_MAX) : text;
  if (!/[\r\n]/.test(bounded)) return bounded.trim() === "" ? "" : bounded;
  const lines = bounded.split(/\r\n|\r|\n/).filter((line) => line.trim() !== "");
  const kept = lines.slice(0, LINES_MAX).join("\n");
  return lines.length > LINES_MAX ? `${kept}...` : kept;
}

/** No variable is without one of these. */
const HAS_VARIABLE = /[\d@/\\=]|::/;

const DAY = "(?:Mon|Tues?|Wed(?:nes)?|Thu(?:rs)?|Fri|Sat(?:ur)?|Sun)(?:day)?";
const MONTH =
  "(?:Jan(?:uary)?|Feb(?:ruary)?|Mar(?:ch)?|Apr(?:il)?|May|June?|July?|Aug(?:ust)?|Sept?(?:ember)?|Oct(?:ober)?|Nov(?:ember)?|Dec(?:ember)?)";
const ZONE = "\\s?(?:Z|UTC|GMT|[A-Z]{2,4}T)?(?:[+-]\\d{2}:?\\d{2})?(?:\\s\\([A-Z][^)]{1,60}\\))?(?![A-Za-z0-9])";
const CLOCK = "[0-2]?\\d:[0-5]\\d(?::[0-6]\\d(?:[.,]\\d{1,9})?)?(?:\\s?[AaPp][Mm]\\b)?";
const OCTET = "(?:25[0-5]|2[0-4]\\d|1?\\d?\\d)";

/** In this order: the first that matches at a place wins. */
const PATTERNS: readonly (readonly [name: string, pattern: string])[] = [
  ["email", "[\\w.!#$%&'*+/=?^`{|}~-]{1,64}@[A-Za-z][A-Za-z0-9-]{0,62}(?:\\.[A-Za-z0-9-]{1,63}){0,8}"],
  ["url", "\\b[a-z][a-z0-9+.-]{1,20}://[^\\s\"'<>()[\\]{}]+"],
  // W3C trace context and Amazon's trace id
  ["trace", "\\b00-[0-9a-f]{32}-[0-9a-f]{16}-0[01]\\b|\\b1-[0-9a-f]{8}-[0-9a-f]{24}\\b"],
  ["uuid", "\\b[0-9A-Fa-f]{8}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{12}\\b"],
  ["ip", `(?<![\\w.])${OCTET}(?:\\.${OCTET}){3}(?!\\.\\d)\\b`],
  ["ip6", "(?<![\\w:])(?:[0-9A-Fa-f]{1,4}:){7}[0-9A-Fa-f]{1,4}(?![\\w:])"],
  [
    "ip6short",
    "(?<![\\w:])(?=[\\w:]*\\d)(?:[0-9A-Fa-f]{1,4}(?::[0-9A-Fa-f]{1,4}){0,6})?::(?:[0-9A-Fa-f]{1,4}:){0,6}[0-9A-Fa-f]{0,4}(?:%\\w{1,16})?(?![\\w:])",
  ],
  ["sha256", "\\b[0-9A-Fa-f]{64}\\b"],
  ["sha1", "\\b[0-9A-Fa-f]{40}\\b"],
  ["md5", "\\b[0-9A-Fa-f]{32}\\b"],
  [
    "time",
    [
      // ISO 8601, with or without punctuation, date only
      `(?<!\\d)\\d{4}-[01]\\d-[0-3]\\d(?:[T ]${CLOCK}${ZONE})?`,
      "\\b\\d{8}T\\d{4,6}Z?\\b",
      // 17/Apr/2019:22:31:45 +0000, 4/17/2019 22:31
      `\\b\\d{1,2}/(?:${MONTH}|\\d{1,2})/\\d{2,4}(?:[ :]${CLOCK}${ZONE})?`,
      // Wed, 17 Apr 2019 22:31:45 GMT; 17-Apr-19
      `(?:\\b${DAY},?\\s)?\\b\\d{1,2}[ -]${MONTH}[ -]\\d{2,4}\\b(?:,?[ T]${CLOCK}${ZONE})?`,
      // Wed Apr 17 22:31:45 2019; Apr 17, 2019; Wed Apr 17 2019 22:31:45 GMT+0200 (CEST); Apr 17 22:31:45
      `(?:\\b${DAY},?\\s)?\\b${MONTH}\\s{1,2}\\d{1,2},?\\s(?:${CLOCK}(?:\\s[A-Z]{3,4})?(?:\\s\\d{4})?|\\d{4}(?:\\s${CLOCK}${ZONE})?)(?!\\w)`,
      `(?<![\\w:.-])${CLOCK}(?![\\d:])`,
      "\\bdatetime\\.datetime\\([^)]*\\)",
    ].join("|"),
  ],
  [
    "hex",
    "\\b0[xX][0-9A-Fa-f]+\\b|\\b(?=[a-f]*\\d)(?=\\d*[a-f])[0-9a-f]{7,128}\\b|\\b(?=[A-F]*\\d)(?=\\d*[A-F])[0-9A-F]{8,128}\\b",
  ],
  [
    "duration",
    "\\b\\d+(?:\\.\\d+)?\\s?(?:ns|µs|us|ms|msec|msecs|secs?|seconds?|mins?|minutes?|hours?|days?)\\b|\\b\\d+(?:\\.\\d+)?[smhd]\\b",
  ],
  ["size", "\\b\\d+(?:\\.\\d+)?\\s?(?:[KMGT]i?B|kB|bytes)\\b"],
  // Files of one machine or one run; other paths name what failed.
  [
    "path",
    "(?<![\\w.])(?:/(?:private/)?(?:tmp|var/folders|var/tmp|proc|home|Users|data/user)/|[A-Z]:\\\\Users\\\\)[^\\s\"'<>|:;,)]+",
  ],
  ["number", "(?<!\\w)-\\d+(?:[.,]\\d+)*\\b|\\b\\d+(?:[.,]\\d+)*(?:[eE][+-]?\\d+)?\\b"],
  ["quoted", "(?<==)(?:'[^']+'|\"[^\"]+\")"],
  ["boolean", "(?<==)(?:[Tt]rue|[Ff]alse)\\b"],
];

const VARIABLE = new RegExp(PATTERNS.map(([name, pattern]) => `(?<${name}>${pattern})`).join("|"), "g");

/** Spellings of one kind of thing share their placeholder. */
const PLACEHOLDERS: ReadonlyMap<string, string> = new Map([
  ["ip6", "<ip>"],
  ["ip6short", "<ip>"],
]);

function placeholder(found: string, ...details: unknown[]): string {
  const groups = details.at(-1);
  if (typeof groups !== "object" || groups === null) return found;
  for (const [name] of PATTERNS) {
    if (Reflect.get(groups, name) !== undefined) return PLACEHOLDERS.get(name) ?? `<${name}>`;
  }
  return found;
}
