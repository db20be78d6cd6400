import { deriveKeys, parseCookies } from "./cookie.ts";
import { Mesh } from "./mesh.ts";
import { MESH_TUNING } from "./mesh-options.ts";
import { ClusterNode } from "./node.ts";
import { parseNodeName } from "./node-name.ts";
import { type NodeOptions, NodeStartError } from "./node-options.ts";
import { parsePeers } from "./peers.ts";

/** Nodes that run in this process, by name. */
const running = new Set<string>();

/**
 * Starts a node. Peers are looked for in the background, for ever; a peer that cannot be reached is no error.
 * Throws a `NodeNameError`, `CookieError`, `RangeError` or `NodeStartError`; then no port is open.
 */
export async function startNode(options: NodeOptions): Promise<ClusterNode> {
  const { name = "", cookie = "", log } = options;
  if (name === "" || cookie === "") {
    log.info("[Mesher] Running in standalone mode (no distribution)");
    return ClusterNode.start(options, undefined);
  }
  const node = parseNodeName(name);
  const [cookies, seeds] = [parseCookies(cookie), parsePeers(options.peers ?? "")];
  if (node.port !== 0 && running.has(node.full)) throw new NodeStartError(node.full, "already_started");
  running.add(node.full);
  try {
    const { version = "", compatibility = "", bindHost, tuning } = options;
    const mesh = await Mesh.listen({
      ...MESH_TUNING,
      ...tuning,
      ...(bindHost === undefined ? {} : { bindHost }),
      node,
      keys: await deriveKeys(cookies),
      seeds,
      version,
      compatibility,
    }).catch((cause: Error) => {
      throw new NodeStartError(node.full, "bind_failed", { cause });
    });
    return await ClusterNode.start(options, mesh, () => running.delete(node.full)).catch(async (error: unknown) => {
      await mesh.stop();
      throw error;
    });
  } catch (error) {
    running.delete(node.full);
    throw error;
  }
}
