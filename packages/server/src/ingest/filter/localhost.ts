import type { Event } from "@mesher/protocol";

const LOCAL_HOSTS: ReadonlySet<string> = new Set(["localhost", "127.0.0.1", "[::1]", "0.0.0.0"]);

/** Whether the page, or the server that was asked, is on the developer's own machine. */
export function isOnLocalhost({ request }: Event): boolean {
  const host = hostOf(request?.url);
  return host !== undefined && (LOCAL_HOSTS.has(host) || host.endsWith(".localhost"));
}

function hostOf(url: string | undefined): string | undefined {
  return url === undefined ? undefined : URL.parse(url)?.hostname;
}
