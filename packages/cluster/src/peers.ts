import { type NodeName, NodeNameError, parseAddress, parseNodeName } from "./node-name.ts";

/** Where to look for the cluster: a node, or a DNS name with an address for each node (a Kubernetes headless service). */
export type Seed = { readonly kind: "node"; readonly node: NodeName } | DnsSeed;

export interface DnsSeed {
  readonly kind: "dns";
  readonly host: string;
  readonly port: number;
}

/** More are not needed to find a cluster. */
export const SEEDS_MAX = 64;

/** Reads `a@host:9100, dns:nodes.example:9000`. Throws a `NodeNameError` for the first entry that is neither. */
export function parsePeers(text: string): Seed[] {
  const entries = text
    .split(",")
    .map((entry) => entry.trim())
    .filter((entry) => entry !== "");
  if (entries.length > SEEDS_MAX) throw new RangeError(`at most ${SEEDS_MAX} peers can be listed`);
  return entries.map(parseSeed);
}

function parseSeed(entry: string): Seed {
  if (entry.startsWith("dns:")) {
    const [host, port] = parseAddress(entry, entry.slice("dns:".length));
    return { kind: "dns", host, port };
  }
  const node = parseNodeName(entry);
  // Only the node itself knows the port it was given.
  if (node.port === 0) throw new NodeNameError(entry, "bad_port");
  return { kind: "node", node };
}
