/** Which ingest route a path is. `number` is the project's, as it stands in the path, unchecked. */
export type IngestRoute =
  | { readonly kind: "envelope" | "store" | "security"; readonly number: string }
  | { readonly kind: "store" | "native" | "bulk"; readonly number?: undefined };

/** Repeated slashes at the end are allowed, as relay allows them. `undefined`: the path is not ours. */
export function findIngestRoute(path: string): IngestRoute | undefined {
  if (!path.startsWith("/api/")) return undefined;
  let end = path.length;
  while (path.charCodeAt(end - 1) === SLASH) end--;

  const [, , first, second, ...rest] = path.slice(0, end).split("/", SEGMENTS_MAX);
  if (first === "v1") return second === "events" ? findNativeRoute(rest) : undefined;
  if (second === undefined) return first === "store" ? { kind: "store" } : undefined;

  const kind = rest.length === 0 && first !== undefined ? KINDS.get(second) : undefined;
  return kind === undefined || first === undefined ? undefined : { kind, number: first };
}

/** Which methods the route takes, for `Allow`. */
export function allowedMethods(route: IngestRoute): string {
  return route.kind === "store" ? "GET, POST, OPTIONS" : "POST, OPTIONS";
}

function findNativeRoute(rest: readonly string[]): IngestRoute | undefined {
  if (rest.length === 0) return { kind: "native" };
  return rest.length === 1 && rest[0] === "bulk" ? { kind: "bulk" } : undefined;
}

const SLASH = 0x2f;
/** One more than the longest route has. */
const SEGMENTS_MAX = 6;
const KINDS: ReadonlyMap<string, "envelope" | "store" | "security"> = new Map([
  ["envelope", "envelope"],
  ["store", "store"],
  ["security", "security"],
  ["csp-report", "security"],
  ["nel", "security"],
]);
