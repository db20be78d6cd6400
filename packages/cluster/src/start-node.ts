import { deriveKeys, parseCookies } from "./cookie.ts";
import { PeerRefusedError } from "./hello.ts";
import { Mesh } from "./mesh.ts";
import { MESH_TUNING } from "./mesh-options.ts";
import type { NatsWire, NatsWireOptions } from "./nats-wire.ts";
import { ClusterNode } from "./node.ts";
import { parseNodeName } from "./node-name.ts";
import { type NodeOptions, NodeStartError } from "./node-options.ts";
import { parsePeers } from "./peers.ts";
import { parseTransport } from "./transport.ts";
import type { TransportStatus } from "./wire.ts";
import { MACHINE } from "./world.ts";

/** Nodes that run in this process, by name. */
const running = new Set<string>();

/**
 * Starts a node. Peers are looked for in the background, for ever; a peer that cannot be reached is no error.
 * Throws a `NodeNameError`, `CookieError`, `TransportError`, `RangeError` or `NodeStartError`; then no port is open.
 */
export async function startNode(options: NodeOptions): Promise<ClusterNode> {
  const { name = "", cookie = "", log } = options;
  if (name === "" || cookie === "") {
    log.info("[Mesher] Running in standalone mode (no distribution)");
    return ClusterNode.start(options, undefined);
  }
  const node = parseNodeName(name);
  const [cookies, seeds] = [parseCookies(cookie), parsePeers(options.peers ?? "")];
  const servers = parseTransport(options.transport ?? "");
  if (node.port !== 0 && running.has(node.full)) throw new NodeStartError(node.full, "already_started");
  running.add(node.full);
  try {
    const { version = "", compatibility = "", bindHost, tuning } = options;
    const limits = { ...MESH_TUNING, ...tuning };
    const keys = await deriveKeys(cookies);
    const meshOptions = {
      ...limits,
      ...(bindHost === undefined ? {} : { bindHost }),
      node,
      keys,
      // Over NATS there are no addresses to ask DNS for.
      seeds: servers === undefined ? seeds : seeds.filter(({ kind }) => kind === "node"),
      version,
      compatibility,
    };
    const onStatus = (status: TransportStatus) => log.info("Cluster transport changed", status);
    const onFault = (error: unknown) => log.error("NATS message failed", { error: String(error) });
    const wire =
      servers === undefined
        ? undefined
        : await natsWire({ ...limits, servers, keys, onStatus, onFault, world: MACHINE });
    const mesh = await Mesh.listen(meshOptions, MACHINE, wire).catch((cause: Error) => {
      const isTaken = cause instanceof PeerRefusedError && cause.reason === "name_in_use";
      throw new NodeStartError(node.full, isTaken ? "name_in_use" : "bind_failed", { cause });
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

/** Its client is loaded only where there are such servers. */
async function natsWire(options: NatsWireOptions): Promise<NatsWire> {
  const { NatsWire } = await import("./nats-wire.ts");
  return new NatsWire(options);
}
