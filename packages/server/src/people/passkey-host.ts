import { isIP } from "node:net";

/**
 * The name of the host that passkeys are for, and browsers use them at: that of the public URL. `undefined`: there are none,
 * because browsers want a name, not an IP address, and https, but at their own machine.
 */
export function passkeyHostOf(publicUrl: string | undefined): string | undefined {
  if (publicUrl === undefined) return "localhost";
  const { protocol, hostname } = new URL(publicUrl);
  const isHere = hostname === "localhost" || hostname.endsWith(".localhost");
  if (isHere) return hostname;
  const isAddress = isIP(hostname.replace(/^\[|\]$/g, "")) !== 0;
  return protocol === "https:" && !isAddress ? hostname : undefined;
}
