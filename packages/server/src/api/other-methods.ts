/** Which methods an address takes, for whoever asked it with another. Pure. */
import type { DeclaredRoute } from "./access.ts";

/** For `Allow`; `undefined`: there is nothing at this address. Files of the pages are no part of it. */
export function methodsAt(
  routes: readonly Pick<DeclaredRoute, "method" | "url" | "config">[],
  address: string,
): string | undefined {
  const [path = ""] = address.split("?", 1);
  const segments = path.split("/");
  const methods = routes
    .filter(({ url, config }) => config.isFile !== true && isAt(url.split("/"), segments))
    .flatMap(({ method }) => (method === "GET" ? ["GET", "HEAD"] : [method]));
  return methods.length === 0 ? undefined : [...new Set(methods)].toSorted().join(", ");
}

function isAt(pattern: readonly string[], segments: readonly string[]): boolean {
  return (
    pattern.length === segments.length &&
    pattern.every((part, index) => (part.startsWith(":") ? segments[index] !== "" : part === segments[index]))
  );
}
