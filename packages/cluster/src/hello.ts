/** The first frames of a connection: who calls whom, and whether the two can work together. */
import type { NodeName } from "./node-name.ts";
import { parseNodeName } from "./node-name.ts";

/** Raised when nodes of two releases cannot understand each other's frames any more. */
export const PROTOCOL_VERSION = 2;

/** Stands for the name in a hello to an address of which only DNS is known. */
export const ANY_NODE = "*";

export interface Hello {
  readonly protocol: number;
  readonly name: string;
  /** Which life of the node: another at every start. */
  readonly incarnation: string;
  /** Milliseconds since 1970 at which that life began, by its own clock. Only shown. */
  readonly startedAtMs: number;
  /** Who the caller believes to call; `ANY_NODE` if it knows an address only. The answer names the caller. */
  readonly to: string;
  /** Of the program, for people. */
  readonly version: string;
  /** What must be equal for nodes to work together, as the program says. */
  readonly compatibility: string;
}

const REFUSALS = {
  protocol_mismatch: "speaks another version of the cluster protocol",
  incompatible: "runs a release this one cannot work with",
  wrong_node: "dialled another node here",
  self: "is this node itself",
  name_in_use: "uses the name of another node that is alive",
  already_connected: "is connected already",
  dialled_at_once: "is being dialled from here at the same moment",
  malformed: "does not speak the cluster protocol",
  starting: "was called before it was ready",
  leaving: "is leaving the cluster",
  wrong_cookie: "has another cookie",
  unreachable: "cannot be reached",
} as const;

/** Why two nodes have no session. */
export type RefusalReason = keyof typeof REFUSALS;

/** Refusals that say that all is well: there is a session, or there will be one at once. */
export const HARMLESS: ReadonlySet<RefusalReason> = new Set([
  "already_connected",
  "dialled_at_once",
  "self",
  "starting",
]);

/** A peer that cannot be connected to. The message is a sentence that names it. */
export class PeerRefusedError extends Error {
  override readonly name = "PeerRefusedError";
  /** As it was dialled, or as it called itself. */
  readonly peer: string;
  readonly reason: RefusalReason;
  /** Who refused, if it came so far. */
  answeredBy: string | undefined;

  constructor(peer: string, reason: RefusalReason, detail?: string, options?: ErrorOptions) {
    super(`${peer} ${REFUSALS[reason]}${detail === undefined || detail === "" ? "" : ` (${detail})`}`, options);
    this.peer = peer;
    this.reason = reason;
  }
}

export function isRefusalReason(value: unknown): value is RefusalReason {
  return typeof value === "string" && Object.hasOwn(REFUSALS, value);
}

/** Throws a `PeerRefusedError` `malformed` for anything that is not a hello, whatever it is. */
export function parseHello(body: Buffer): Hello {
  const hello = toHello(parseObject(body));
  if (hello === undefined) throw new PeerRefusedError("the caller", "malformed", "its hello is not one");
  return hello;
}

/** Undefined: the value is no hello. */
export function toHello(value: unknown): Hello | undefined {
  const { protocol, name, incarnation, startedAtMs, to, version, compatibility } = (value ?? {}) as Record<
    string,
    unknown
  >;
  const isHello =
    typeof protocol === "number" &&
    isText(name) &&
    isText(incarnation) &&
    typeof startedAtMs === "number" &&
    isText(to) &&
    isText(version) &&
    isText(compatibility);
  if (!isHello || !isNodeName(name)) return undefined;
  return { protocol, name, incarnation, startedAtMs, to, version, compatibility };
}

/** What a refused caller is told. */
export interface Refusal {
  readonly reason: RefusalReason;
  readonly detail: string;
  /** Of the node that refuses. */
  readonly name?: string;
}

export function parseRefusal(body: Buffer): Refusal {
  return toRefusal(parseObject(body));
}

export function toRefusal(value: unknown): Refusal {
  const { reason, detail, name } = (value ?? {}) as Record<string, unknown>;
  return {
    reason: isRefusalReason(reason) ? reason : "malformed",
    detail: isText(detail) ? detail : "",
    ...(isText(name) ? { name } : {}),
  };
}

/** Names of peers, as gossiped. Whatever is no node name is left out. */
export function parsePeerNames(body: Buffer, peersMax: number): NodeName[] {
  const { names } = parseObject(body);
  if (!Array.isArray(names)) return [];
  return names
    .slice(0, peersMax)
    .flatMap((name: unknown) => (isText(name) && isNodeName(name) ? [parseNodeName(name)] : []));
}

/**
 * Whether a hello is acceptable whatever the state of the mesh; else why not.
 * A node that hears its own name from another life is not told "self": then two nodes have one name.
 */
export function judgeHello(hello: Hello, own: Hello): Refusal | undefined {
  if (hello.protocol !== own.protocol)
    return { reason: "protocol_mismatch", detail: `${hello.protocol} there, ${own.protocol} here` };
  if (hello.name === own.name)
    return hello.incarnation === own.incarnation ? { reason: "self", detail: "" } : nameInUse(own);
  if (hello.compatibility !== own.compatibility)
    return {
      reason: "incompatible",
      detail: `${hello.compatibility} (${hello.version}), not ${own.compatibility} (${own.version})`,
    };
  if (hello.to !== own.name && hello.to !== ANY_NODE)
    return { reason: "wrong_node", detail: `this is ${own.name}, not ${hello.to}` };
  return undefined;
}

/** What a node says to another that has its name. */
export function nameInUse({ name, startedAtMs }: Hello): Refusal {
  return { reason: "name_in_use", detail: `${name} runs since ${new Date(startedAtMs).toISOString()}`, name };
}

/** What a caller is told, as its error. */
export function toldError(peer: string, { reason, detail, name }: Refusal): PeerRefusedError {
  const error = new PeerRefusedError(peer, reason, detail);
  error.answeredBy = name;
  return error;
}

const TEXT_LENGTH_MAX = 256;

function isText(value: unknown): value is string {
  return typeof value === "string" && value.length <= TEXT_LENGTH_MAX;
}

function isNodeName(text: string): boolean {
  try {
    return parseNodeName(text).full === text;
  } catch {
    return false;
  }
}

function parseObject(body: Buffer): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(body.toString());
    if (typeof value === "object" && value !== null) return value as Record<string, unknown>;
  } catch (cause) {
    throw new PeerRefusedError("the peer", "malformed", "not JSON", { cause });
  }
  throw new PeerRefusedError("the peer", "malformed", "not an object");
}
