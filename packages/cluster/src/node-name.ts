/** What can be wrong with a node name, one sentence each. */
const PROBLEMS = {
  no_at: "has no @ between its name and its host",
  empty_name: "has nothing before the @",
  empty_host: "has no host",
  bad_port: "has a port that is not a number from 0 to 65535",
  bad_characters: "may use letters, digits, '.', '_' and '-', and an IPv6 address in brackets",
  too_long: "is longer than 110 characters",
} as const;

export type NodeNameProblem = keyof typeof PROBLEMS;

/** The text is not a node name. The only error `parseNodeName` throws. */
export class NodeNameError extends Error {
  override readonly name = "NodeNameError";
  readonly problem: NodeNameProblem;

  constructor(text: string, problem: NodeNameProblem) {
    super(`node name ${JSON.stringify(text.slice(0, NODE_NAME_LENGTH_MAX + 1))} ${PROBLEMS[problem]}`);
    this.problem = problem;
  }
}

/** A node's name and, in it, where the node is reached. */
export interface NodeName {
  /** `name@host:port`, as the cluster knows it. */
  readonly full: string;
  readonly name: string;
  /** Without brackets. */
  readonly host: string;
  readonly port: number;
}

/** The port of a name that has none. */
export const NODE_PORT_DEFAULT = 9000;

/** Two names and a few marks have to fit the 256 characters of a TLS-PSK identity. */
const NODE_NAME_LENGTH_MAX = 110;

const NAME = /^[A-Za-z0-9._-]+$/;
const HOST_AND_PORT = /^(?:\[(?<v6>[^\]]*)\]|(?<host>[^:]*))(?::(?<port>.*))?$/s;
const V6 = /^[0-9A-Fa-f:.]*(%[A-Za-z0-9._-]+)?$/;

/** Reads `name@host`, `name@host:port` or `name@[v6]:port`. Throws a `NodeNameError`. */
export function parseNodeName(text: string): NodeName {
  const at = text.indexOf("@");
  if (at < 0) throw new NodeNameError(text, "no_at");
  const name = text.slice(0, at);
  if (name === "") throw new NodeNameError(text, "empty_name");
  if (!NAME.test(name)) throw new NodeNameError(text, "bad_characters");
  const parsed = withAddress(name, ...parseAddress(text, text.slice(at + 1)));
  if (parsed.full.length > NODE_NAME_LENGTH_MAX) throw new NodeNameError(text, "too_long");
  return parsed;
}

/** The same node at another port: a node that asked for port 0 is known by the one it was given. */
export function withPort({ name, host }: NodeName, port: number): NodeName {
  return withAddress(name, host, port);
}

/** Reads `host`, `host:port` or `[v6]:port`. `whole` is what the error quotes. Throws a `NodeNameError`. */
export function parseAddress(whole: string, text: string): [host: string, port: number] {
  const { v6, host = v6, port } = HOST_AND_PORT.exec(text)?.groups ?? {};
  if (host === undefined) throw new NodeNameError(whole, text.startsWith("[") ? "bad_characters" : "bad_port");
  if (host === "") throw new NodeNameError(whole, "empty_host");
  if (v6 === undefined ? !NAME.test(host) : !V6.test(host)) throw new NodeNameError(whole, "bad_characters");
  if (port === undefined) return [host, NODE_PORT_DEFAULT];
  if (!/^\d{1,5}$/.test(port) || Number(port) > 65_535) throw new NodeNameError(whole, "bad_port");
  return [host, Number(port)];
}

function withAddress(name: string, host: string, port: number): NodeName {
  const shown = host.includes(":") ? `[${host}]` : host;
  return { full: `${name}@${shown}:${port}`, name, host, port };
}
