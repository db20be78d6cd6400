/** Mesher under a path of a host that others share: `MESHER_PUBLIC_URL=https://tools.example.com/mesher`. */
import type { IncomingMessage } from "node:http";

/** The path of the public URL, without a slash at its end: `/mesher`, or nothing. */
export function pathPrefixOf(publicUrl: string | undefined): string {
  return publicUrl === undefined ? "" : new URL(publicUrl).pathname.replace(/\/+$/, "");
}

/**
 * Proxies may take the prefix off a request's address, or leave it on. Both reach the same: whatever reads the address
 * from here on, finds it without.
 */
export function takePrefixOff(request: IncomingMessage, prefix: string): void {
  const { url = "/" } = request;
  if (prefix === "" || !url.startsWith(prefix)) return;
  const rest = url.slice(prefix.length);
  // `/mesherly` is another address.
  if (rest === "" || rest.startsWith("?")) request.url = `/${rest}`;
  else if (rest.startsWith("/")) request.url = rest;
}
