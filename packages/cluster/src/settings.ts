/** What checks the settings of a node, without loading the engine. */
export { CookieError, parseCookies } from "./cookie.ts";
export { NODE_PORT_DEFAULT, type NodeName, NodeNameError, parseNodeName } from "./node-name.ts";
export { parsePeers } from "./peers.ts";
export { parseTransport, TransportError } from "./transport.ts";
