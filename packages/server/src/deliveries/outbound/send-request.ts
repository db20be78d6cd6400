/**
 * HTTP requests to addresses that people have typed in. The name is resolved here, what it resolves to is checked, and the
 * connection goes to just what was checked, so that a name cannot point elsewhere a moment later. Redirects are checked
 * like the first address. Answers are read up to a limit, and waited for up to another.
 */
import { type LookupAddress, type LookupAllOptions, lookup as lookUp } from "node:dns";
import { isIP, type LookupFunction } from "node:net";
import type { buildConnector, Dispatcher, request } from "undici";
import { type Allowed, isAllowedAddress, isAllowedHost } from "./address-rule.ts";

export interface OutboundRequest {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export interface OutboundAnswer {
  readonly status: number;
  /** Of a refusal: how its text begins. */
  readonly excerpt: string;
  /** As the receiver asks, from now. */
  readonly retryAfterMs: number | undefined;
}

/** The request was not made, and would not be made at another time either. */
export class OutboundRefusedError extends Error {
  override readonly name = "OutboundRefusedError";
}

const REDIRECTS_MAX = 3;
const EXCERPT_BYTES_MAX = 1_024;
const CONNECT_MS = 5_000;
const TLS_PORT = 443;

/** Redirects that keep method and body. Others would turn a message into a question. */
const FOLLOWED: ReadonlySet<number> = new Set([307, 308]);

/** All addresses of a name: as `lookup` of `node:dns`. */
export type Resolve = (
  host: string,
  options: LookupAllOptions,
  callback: (error: NodeJS.ErrnoException | null, addresses: LookupAddress[]) => void,
) => void;

/** What lies between here and a receiver. Tests put their own servers in the place of known services; addresses are checked all the same. */
export interface OutboundNetwork {
  readonly resolve?: Resolve;
  /** PEM: who vouches for receivers. Absent: whom Node trusts. */
  readonly authorities?: string;
  /** Where an address leads that names no port, with TLS. */
  readonly tlsPort?: number;
}

export class OutboundClient {
  readonly #allowed: Allowed;
  readonly #userAgent: string;
  readonly #network: OutboundNetwork;
  #http: Promise<Http> | undefined;

  constructor(allowed: Allowed, userAgent: string, network: OutboundNetwork = {}) {
    this.#allowed = allowed;
    this.#userAgent = userAgent;
    this.#network = network;
  }

  /** Posts; throws when there is no answer. `signal` ends it wherever it is. */
  async post(given: OutboundRequest, signal: AbortSignal): Promise<OutboundAnswer> {
    let url = this.#check(given.url);
    let headers: Record<string, string> = { ...given.headers, "user-agent": this.#userAgent };
    this.#http ??= openHttp(this.#allowed, this.#network);
    const { request, dispatcher } = await this.#http;
    for (let redirects = 0; ; redirects += 1) {
      const response = await request(url, {
        dispatcher,
        method: "POST",
        headers,
        body: given.body,
        signal,
      });
      const location = FOLLOWED.has(response.statusCode) ? headerOf(response, "location") : undefined;
      if (location === undefined) return await readAnswer(response, Date.now());
      discard(response);
      if (redirects >= REDIRECTS_MAX) throw new OutboundRefusedError(`more than ${REDIRECTS_MAX} redirects`);
      const next = this.#check(location, url);
      if (next.origin !== url.origin) headers = withoutCredentials(headers);
      url = next;
    }
  }

  async close(): Promise<void> {
    await (await this.#http)?.dispatcher.destroy();
  }

  #check(text: string, base?: URL): URL {
    if (!URL.canParse(text, base?.href)) throw new OutboundRefusedError("the address is no URL");
    const url = new URL(text, base);
    if (url.protocol !== "https:" && (url.protocol !== "http:" || base?.protocol === "https:"))
      throw new OutboundRefusedError(`${url.protocol}// is not followed${base === undefined ? "" : " from here"}`);
    if (url.username !== "" || url.password !== "")
      throw new OutboundRefusedError("the address must hold no user name and no password");
    // An address that is written down is not looked up, so it is looked at here.
    const host = url.hostname.replace(/^\[|\]$/g, "");
    if (isIP(host) !== 0 && !isAllowedAddress(host, this.#allowed)) throw refusalOf(host);
    return url;
  }
}

interface Http {
  readonly request: typeof request;
  readonly dispatcher: Dispatcher;
}

/** The library is loaded with the first request: many servers never make one, and its code takes memory. */
async function openHttp(allowed: Allowed, network: OutboundNetwork): Promise<Http> {
  const { Agent, buildConnector, request } = await import("undici");
  return { request, dispatcher: new Agent({ connect: connector(buildConnector, allowed, network) }) };
}

function refusalOf(host: string): OutboundRefusedError {
  return new OutboundRefusedError(
    `${host} is no address of the internet; the operator can allow it (MESHER_OUTBOUND_ALLOW)`,
  );
}

function connector(
  build: typeof buildConnector,
  allowed: Allowed,
  { resolve = lookUp, authorities, tlsPort = TLS_PORT }: OutboundNetwork,
): buildConnector.connector {
  const connect = build({
    lookup: lookUpAllowed(allowed, resolve),
    timeout: CONNECT_MS,
    ...(authorities !== undefined && { ca: authorities }),
  });
  return (options, callback) => {
    const isPortNamed = options.port !== "" || options.protocol !== "https:";
    connect(isPortNamed ? options : { ...options, port: String(tlsPort) }, callback);
  };
}

/** Resolves names for the very connection. A name of which one address is refused is refused: it is not meant well. */
function lookUpAllowed(allowed: Allowed, resolve: Resolve): LookupFunction {
  return (host, options, callback) => {
    resolve(host, { ...options, all: true }, (error, addresses) => {
      const [first] = addresses ?? [];
      if (error !== null || first === undefined) {
        callback(error ?? new Error(`${host} has no address`), "");
        return;
      }
      const isAllowed =
        isAllowedHost(host, allowed) || addresses.every(({ address }) => isAllowedAddress(address, allowed));
      if (!isAllowed) callback(refusalOf(host), "");
      else if (options.all === true) callback(null, addresses);
      else callback(null, first.address, first.family);
    });
  };
}

/** Whoever is redirected to gets what was said, but not what proves who says it. */
function withoutCredentials(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => name.toLowerCase() !== "authorization"));
}

/** The status tells whether it arrived. Of a refusal a little more is read, for whoever has to mend it. */
async function readAnswer(response: Dispatcher.ResponseData, nowMs: number): Promise<OutboundAnswer> {
  const { statusCode: status } = response;
  if (status >= 200 && status < 300) {
    discard(response);
    return { status, excerpt: "", retryAfterMs: undefined };
  }
  const retryAfter = headerOf(response, "retry-after");
  return { status, excerpt: await readExcerpt(response), retryAfterMs: parseRetryAfterMs(retryAfter, nowMs) };
}

async function readExcerpt({ body }: Dispatcher.ResponseData): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const chunk of body as AsyncIterable<Buffer>) {
      chunks.push(chunk);
      bytes += chunk.byteLength;
      if (bytes >= EXCERPT_BYTES_MAX) break;
    }
  } catch {
    // The status is known, which is what counts; what came of the text is shown.
  } finally {
    body.destroy();
  }
  const text = Buffer.concat(chunks).subarray(0, EXCERPT_BYTES_MAX).toString("utf8");
  return text.replace(/[\p{Control}\s]+/gu, " ").trim();
}

/** Nothing of the rest is waited for, and the connection is not used again. */
function discard({ body }: Dispatcher.ResponseData): void {
  body.on("error", () => undefined);
  body.destroy();
}

function headerOf({ headers }: Dispatcher.ResponseData, name: string): string | undefined {
  const value = headers[name];
  return Array.isArray(value) ? value[0] : value;
}

/** Seconds, or a date. */
export function parseRetryAfterMs(value: string | undefined, nowMs: number): number | undefined {
  if (value === undefined) return undefined;
  if (/^\d{1,9}$/.test(value.trim())) return Number(value) * 1000;
  const atMs = Date.parse(value);
  return Number.isNaN(atMs) ? undefined : Math.max(0, atMs - nowMs);
}
