/**
 * From a TCP connection to a `Link` whose other end has proved that it knows the cookie and said who it is.
 *
 * The proof is TLS 1.3 with a pre-shared key: both sides show that they know it, it never crosses the wire, and there is
 * no other way in. Then the caller says hello, and is welcomed or told why not.
 */
import type { Server, TLSSocket, TlsOptions } from "node:tls";
import type { PresharedKey } from "./cookie.ts";
import { FRAME } from "./frame.ts";
import { type Hello, PeerRefusedError, parseHello, parseRefusal, toldError } from "./hello.ts";
import { Link } from "./link.ts";
import type { LinkOptions } from "./peer-link.ts";
import type { Acceptor, DialTarget } from "./wire.ts";

const TLS = { minVersion: "TLSv1.3", maxVersion: "TLSv1.3", ciphers: "TLS_AES_128_GCM_SHA256" } as const;

/** Connections at once, proved or not; each unproved one lives no longer than the handshake may take. */
const CONNECTIONS_MAX = 512;

/** How long a refusal may take to get out. */
const REFUSAL_MS_MAX = 1_000;

export interface HandshakeOptions extends LinkOptions {
  /** The first is dialled with, each is accepted. */
  readonly keys: readonly PresharedKey[];
  /** How long TLS may take, and again how long the hello may. */
  readonly handshakeMs: number;
}

export interface DialOptions extends HandshakeOptions, DialTarget {}

/** Resolves after `onWelcome`. Rejects with a `PeerRefusedError`, or with the reason of the signal. */
export async function dial(options: DialOptions): Promise<void> {
  const { host, port, key, hello, signal, handshakeMs, world } = options;
  const peer = `${hello.to === "*" ? "the node" : hello.to} at ${host.includes(":") ? `[${host}]` : host}:${port}`;
  const socket = world.connect({
    ...TLS,
    host,
    port,
    // Without these two, a server that does not know the cookie but has a certificate anyone trusts would be let in.
    ca: [],
    checkServerIdentity: refuseCertificate,
    pskCallback: () => ({ psk: key.key, identity: identityOf(key, hello) }),
  });
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const abort = () => reject(signal.reason as Error);
  const waitOn = () =>
    world.after(handshakeMs, () => reject(new PeerRefusedError(peer, "unreachable", `no answer in ${handshakeMs} ms`)));
  let isInTime = waitOn();
  signal.addEventListener("abort", abort, { once: true });
  socket.on("error", (cause: NodeJS.ErrnoException) => reject(refusalOf(peer, cause)));
  socket.on("close", () => reject(new PeerRefusedError(peer, "unreachable", "the connection was closed")));
  socket.on("secureConnect", () => {
    isInTime();
    isInTime = waitOn();
    const link = new Link(socket, options);
    link.onClose = (reason) => reject(new PeerRefusedError(peer, "malformed", reason));
    link.onFrame = (type, body) => {
      if (type === FRAME.refuse) return reject(toldError(`${peer} refuses this node: it`, parseRefusal(body)));
      if (type !== FRAME.welcome) return link.close("neither welcome nor refusal");
      const welcome = parseHello(body);
      link.welcome();
      resolve();
      return options.onWelcome(link, welcome);
    };
    options.onHello();
    link.sendJson(FRAME.hello, hello);
  });
  if (signal.aborted) abort();
  try {
    await promise;
  } catch (error) {
    socket.destroy();
    throw error;
  } finally {
    isInTime();
    signal.removeEventListener("abort", abort);
  }
}

export interface AcceptOptions extends HandshakeOptions, Pick<Acceptor, "judge" | "own" | "onWelcomed" | "onRefused"> {}

/** A server that lets in whom `judge` lets in. It is not listening yet. */
export function createAcceptor(options: AcceptOptions): Server {
  const { handshakeMs, world } = options;
  const pskCallback: TlsOptions["pskCallback"] = (_socket, identity) => {
    const { keyId, from } = parseIdentity(identity);
    const key = options.keys.find(({ id }) => id === keyId);
    if (key === undefined) options.onRefused(from, new PeerRefusedError(from, "wrong_cookie"));
    return key?.key ?? null;
  };
  const server = world.createServer({ ...TLS, handshakeTimeout: handshakeMs, pskCallback }, (socket) => {
    accept(socket, options).catch((error: unknown) => {
      socket.destroy();
      const address = `${socket.remoteAddress}`;
      const cause = error instanceof Error ? error : new Error(String(error));
      options.onRefused(address, refusalOf(address, cause));
    });
  });
  server.maxConnections = CONNECTIONS_MAX;
  server.on("tlsClientError", (_error, socket) => {
    socket.destroy();
  });
  return server;
}

async function accept(socket: TLSSocket, options: AcceptOptions): Promise<void> {
  const link = new Link(socket, options);
  const hello = await firstHello(link, options);
  // Until it is answered the caller has nothing more to say.
  link.onFrame = () => link.close("spoke before it was welcomed");
  const refusal = await options.judge(hello, () => {
    if (!link.isOpen) return;
    link.welcome();
    link.sendJson(FRAME.welcome, { ...options.own(), to: hello.name });
    options.onWelcomed(link, hello);
  });
  if (refusal === undefined) return;
  options.onRefused(hello.name, toldError(hello.name, refusal));
  await link.closeWith(FRAME.refuse, { ...refusal, name: options.own().name }, refusal.reason, REFUSAL_MS_MAX);
}

function firstHello(link: Link, { handshakeMs, world }: HandshakeOptions): Promise<Hello> {
  return new Promise((resolve, reject) => {
    const isInTime = world.after(handshakeMs, () => link.close(`no hello in ${handshakeMs} ms`));
    link.onClose = (reason) => {
      isInTime();
      reject(new PeerRefusedError(link.remoteAddress, "malformed", reason));
    };
    link.onFrame = (type, body) => {
      if (type !== FRAME.hello) return link.close("no hello");
      isInTime();
      return resolve(parseHello(body));
    };
  });
}

/** A caller that proved the cookie has no certificate, so any certificate means that the cookie was not proved. */
function refuseCertificate(_host: string, certificate: object): Error | undefined {
  return certificate !== null && Object.keys(certificate).length > 0
    ? Object.assign(new Error("it shows a certificate instead of proving the cookie"), {
        code: "ERR_CERTIFICATE_INSTEAD",
      })
    : undefined;
}

function identityOf(key: PresharedKey, { name, to }: Hello): string {
  return `${key.id}|${name}>${to}`;
}

/** Names in it are claims; only the key is proved. */
function parseIdentity(identity: string): { keyId: string; from: string } {
  const [keyId = "", names = ""] = identity.split("|");
  const from = names.split(">")[0] ?? "";
  return { keyId, from: from === "" ? "an unnamed caller" : from.replaceAll(/[^\w@.:[\]-]/g, "?") };
}

function refusalOf(peer: string, cause: NodeJS.ErrnoException): PeerRefusedError {
  if (cause instanceof PeerRefusedError) return cause;
  const code = cause.code ?? "";
  if (code === "ERR_SSL_WRONG_VERSION_NUMBER" || code === "ERR_SSL_PACKET_LENGTH_TOO_LONG")
    return new PeerRefusedError(peer, "malformed", "no TLS", { cause });
  // The other side does not say which key it misses, it only breaks the handshake off.
  if (/^(ERR_SSL|ERR_CERT|ERR_TLS|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO)/.test(code))
    return new PeerRefusedError(peer, "wrong_cookie", "or is no Mesher node", { cause });
  return new PeerRefusedError(peer, "unreachable", cause.message, { cause });
}
