/** Reads what a node is to be carried by. */

/** One NATS server, or several of one NATS cluster, and how to log in. */
export interface NatsServers {
  /** `host:port`, the order of no importance. */
  readonly servers: readonly string[];
  readonly isEncrypted: boolean;
  readonly user?: string;
  readonly password?: string;
  readonly token?: string;
  /** For people: without what it takes to log in. */
  readonly shown: string;
}

/** The text names no transport. Never quotes it: there may be a password in it. */
export class TransportError extends Error {
  override readonly name = "TransportError";
}

const SERVERS_MAX = 16;
const NATS_PORT_DEFAULT = 4222;

/**
 * Reads `mesh`, which is also the default, or `nats://[user:password@]host[:4222]`, `nats://token@host`, `tls://…`, several
 * with commas between them. Undefined: the mesh. Throws a `TransportError`.
 */
export function parseTransport(text: string): NatsServers | undefined {
  const entries = text
    .split(",")
    .map((entry) => entry.trim())
    .filter((entry) => entry !== "");
  if (entries.length === 0 || (entries.length === 1 && entries[0] === "mesh")) return undefined;
  if (entries.length > SERVERS_MAX) throw new TransportError(`a transport has at most ${SERVERS_MAX} servers`);
  const urls = entries.map(parseUrl);
  const scheme = urls[0]?.protocol ?? "";
  if (urls.some(({ protocol }) => protocol !== scheme))
    throw new TransportError("a transport's servers are all nats:// or all tls://");
  const servers = urls.map(({ hostname, port }) => `${hostname}:${port === "" ? NATS_PORT_DEFAULT : port}`);
  const { username: user = "", password = "" } = urls.find(({ username }) => username !== "") ?? {};
  return {
    servers,
    isEncrypted: scheme === "tls:",
    ...(user !== "" && password !== ""
      ? { user: decodeURIComponent(user), password: decodeURIComponent(password) }
      : {}),
    ...(user !== "" && password === "" ? { token: decodeURIComponent(user) } : {}),
    shown: servers.map((server) => `${scheme}//${server}`).join(","),
  };
}

function parseUrl(entry: string): URL {
  const problem = "a transport is mesh, nats://host:4222 or tls://host:4222";
  if (!URL.canParse(entry)) throw new TransportError(problem);
  const url = new URL(entry);
  const isNats = (url.protocol === "nats:" || url.protocol === "tls:") && url.hostname !== "";
  if (!isNats || !/^\/?$/.test(url.pathname) || url.search !== "" || url.hash !== "") throw new TransportError(problem);
  return url;
}
