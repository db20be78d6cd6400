/** Every setting of the server, in one table. `docs/configuration.md` is printed from it. */
import { isIP } from "node:net";
import { resolve } from "node:path";
import {
  CookieError,
  NodeNameError,
  parseCookies,
  parseNodeName,
  parsePeers,
  parseTransport,
  TransportError,
} from "@mesher/cluster/settings";
import { parseAllowed } from "./deliveries/outbound/address-rule.ts";
import { isSignInAddress, MUST_BE_ADDRESS } from "./people/email-address.ts";

/** What a timer of Node can wait: beyond it, it does not wait at all. */
const TIMER_MS_MAX = 2 ** 31 - 1;
const TIMER_SECONDS_MAX = Math.floor(TIMER_MS_MAX / 1000);

/** Each worker is a thread with a heap and two connections of its own. */
const WORKERS_MAX = 64;

/** PostgreSQL itself takes 100 connections unless it is told otherwise. */
const DATABASE_POOL_SIZE_MAX = 500;

/** Room for at least one event as SDKs send them, and in the journal for some. */
const REQUEST_BYTES_MIN = 1024;
const JOURNAL_BYTES_MIN = 64 * 1024;

export interface Setting<T> {
  readonly env: string;
  /** Throws a `RangeError` that says what a good value looks like. */
  readonly parse: (text: string) => T;
  /** Absent: the setting is optional and has no value unless given. */
  readonly default?: T;
  /** For `docs/configuration.md`. */
  readonly help: string;
}

export const SETTINGS = {
  httpPort: {
    env: "MESHER_HTTP_PORT",
    parse: port,
    default: 8080,
    help: "Port for SDKs, the API and the pages. 0 takes any free port.",
  },
  wsPort: {
    env: "MESHER_WS_PORT",
    parse: port,
    default: 8081,
    help: "Port for WebSockets: live streams and ingest. 0 takes any free port. Both are on the HTTP port too, under `/ws`.",
  },
  httpHost: { env: "MESHER_HTTP_HOST", parse: text, default: "0.0.0.0", help: "Address to listen on." },
  publicUrl: {
    env: "MESHER_PUBLIC_URL",
    parse: httpUrl,
    help: "Where people and SDKs reach this server, for the DSNs it shows. Default: `http://localhost:<port>`.",
  },
  nodeName: {
    env: "MESHER_NODE_NAME",
    parse: nodeName,
    help: "`name@host:port` of this node in its cluster, where the other nodes reach it; port 9000 if it has none. Not set: the node stands alone.",
  },
  cookie: {
    env: "MESHER_COOKIE",
    parse: cookie,
    help: "What all nodes of a cluster know and nobody else: at least 16 characters; `new,old` while it is changed. Not set: the node stands alone.",
  },
  peers: {
    env: "MESHER_PEERS",
    parse: peers,
    help: "Where to look for the cluster: `name@host:port` and `dns:host:port`, with commas between them. One that is reachable is enough.",
  },
  transport: {
    env: "MESHER_TRANSPORT",
    parse: transport,
    default: "mesh",
    help: "How nodes reach each other: `mesh`, directly, or over a NATS server: `nats://[user:password@]host:4222`, `tls://…`.",
  },
  replicas: {
    env: "MESHER_REPLICAS",
    parse: oneOf("0", "1", "2"),
    default: "1",
    help: "Other nodes on whose disk an event is, too, before its sender is answered. With fewer live peers Mesher goes on, and says that it is degraded.",
  },
  heartbeatMs: {
    env: "MESHER_HEARTBEAT_MS",
    parse: wholeNumber({ max: TIMER_MS_MAX }),
    default: 1_000,
    help: "How often the nodes of a cluster ping each other, in milliseconds.",
  },
  silenceMs: {
    env: "MESHER_HEARTBEAT_TIMEOUT_MS",
    parse: wholeNumber({ max: TIMER_MS_MAX }),
    default: 6_000,
    help: "A node that is silent for this long, in milliseconds, is taken for dead. More than `MESHER_HEARTBEAT_MS`.",
  },
  offloadEvents: {
    env: "MESHER_OFFLOAD_EVENTS",
    parse: wholeNumber(),
    default: 100,
    help: "A node that accepts more events than this in 5 seconds, and falls behind with storing them, lets its peers help.",
  },
  databaseUrl: {
    env: "DATABASE_URL",
    parse: postgresUrl,
    help: "PostgreSQL 15 or newer. Not set: Mesher runs its own PostgreSQL in the data directory.",
  },
  databaseWaitSeconds: {
    env: "MESHER_DATABASE_WAIT_SECONDS",
    parse: wholeNumber({ max: TIMER_SECONDS_MAX }),
    default: 60,
    help: "How long a start waits for a PostgreSQL that does not answer yet: in a container it often starts at the same time.",
  },
  databasePoolSize: {
    env: "MESHER_DATABASE_POOL_SIZE",
    parse: wholeNumber({ max: DATABASE_POOL_SIZE_MAX }),
    default: 10,
    help: "Connections for the API and jobs, at most 500. Each digest worker has two of its own.",
  },
  dataDir: {
    env: "MESHER_DATA_DIR",
    parse: path,
    default: resolve("data"),
    help: "Directory of the journal and the embedded database. Default: `./data`.",
  },
  journalBytesMax: {
    env: "MESHER_JOURNAL_MAX_BYTES",
    parse: wholeNumber({ min: JOURNAL_BYTES_MIN }),
    default: 1024 ** 3,
    help: "Bytes of accepted events that may wait for the database. When they are used up, clients get 429. At least 65536.",
  },
  workers: {
    env: "MESHER_WORKERS",
    parse: wholeNumber({ max: WORKERS_MAX }),
    help: "Threads that digest events, at most; 64 or fewer. Default: as many as the machine has cores, at most 4. One is always there; others help while much waits.",
  },
  rateLimitEvents: {
    env: "MESHER_RATE_LIMIT_MAX_EVENTS",
    parse: wholeNumber(),
    default: 1000,
    help: "Events a project key may send in a window.",
  },
  rateLimitSeconds: {
    env: "MESHER_RATE_LIMIT_WINDOW_SECONDS",
    parse: wholeNumber({ max: TIMER_SECONDS_MAX }),
    default: 60,
    help: "Length of the rate limit's window.",
  },
  requestBytesMax: {
    env: "MESHER_REQUEST_MAX_BYTES",
    parse: wholeNumber({ min: REQUEST_BYTES_MIN }),
    default: 20 * 1024 ** 2,
    help: "Longest request body, as it comes over the wire, in bytes. At least 1024.",
  },
  bootstrapToken: {
    env: "MESHER_BOOTSTRAP_TOKEN",
    parse: secret,
    help: "API token of the organization's owner, for automation and tests. Not set: one is made at the first start and kept in the data directory.",
  },
  adminEmail: {
    env: "MESHER_ADMIN_EMAIL",
    parse: email,
    help: "The first owner: made at the start, with `MESHER_ADMIN_PASSWORD`, as long as there is no owner.",
  },
  adminPassword: {
    env: "MESHER_ADMIN_PASSWORD",
    parse: password,
    help: "The first owner's password, 10 characters or more. To be changed after signing in.",
  },
  secret: {
    env: "MESHER_SECRET",
    parse: longSecret,
    help: "Signs the cookies of logins and encrypts the secrets of second factors; the same on all nodes, for good. Not set: one is made and kept in the database.",
  },
  trustedProxies: {
    env: "MESHER_TRUSTED_PROXIES",
    parse: addresses,
    default: [] as readonly string[],
    help: "Addresses or networks of proxies in front of this server, with commas between. Only their `X-Forwarded-For` counts. Default: none.",
  },
  oidcIssuer: {
    env: "MESHER_OIDC_ISSUER",
    parse: httpUrl,
    help: "Single sign-on: the OpenID Connect provider. Needs a client id, a client secret and `MESHER_PUBLIC_URL`.",
  },
  oidcClientId: { env: "MESHER_OIDC_CLIENT_ID", parse: text, help: "Single sign-on: what the provider calls Mesher." },
  oidcClientSecret: {
    env: "MESHER_OIDC_CLIENT_SECRET",
    parse: clientSecret,
    help: "Single sign-on: Mesher's secret at the provider.",
  },
  oidcJoin: {
    env: "MESHER_OIDC_JOIN",
    parse: oneOf("invited", "anyone"),
    default: "invited",
    help: "Who comes in by single sign-on: `invited` people, or `anyone` the provider knows, as a member of the default organization. Who was removed there comes back by an invitation only.",
  },
  smtpUrl: {
    env: "MESHER_SMTP_URL",
    parse: smtpUrl,
    help: "Sends mail: `smtp://user:password@host:587`, or `smtps://…:465`. Needs `MESHER_MAIL_FROM`. Not set: Mesher sends no mail.",
  },
  mailFrom: {
    env: "MESHER_MAIL_FROM",
    parse: sender,
    help: "Who mails come from: `mesher@example.com` or `Mesher <mesher@example.com>`.",
  },
  outboundAllow: {
    env: "MESHER_OUTBOUND_ALLOW",
    parse: allowance,
    default: "",
    help: "Networks, addresses and hosts (`*.corp.example` too) that webhooks may reach although they are no part of the internet, with commas between. Default: none.",
  },
  logLevel: {
    env: "MESHER_LOG_LEVEL",
    parse: oneOf("debug", "info", "warn", "error"),
    default: "info",
    help: "Least severe log lines that are written: debug, info, warn or error.",
  },
  logFormat: {
    env: "MESHER_LOG_FORMAT",
    parse: oneOf("auto", "json", "text"),
    default: "auto",
    help: "`text` for people, `json` for machines, `auto`: text on a terminal.",
  },
} as const satisfies Record<string, Setting<unknown>>;

type SettingName = keyof typeof SETTINGS;
type ValueOf<S> = S extends { readonly parse: (text: string) => infer T }
  ? S extends { readonly default: unknown }
    ? T
    : T | undefined
  : never;
export type Config = { readonly [Name in SettingName]: ValueOf<(typeof SETTINGS)[Name]> };

/** All mistakes at once, a line each. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
}

/** Reads all settings. An empty variable counts as not set. */
export function readConfig(env: Readonly<Record<string, string | undefined>>): Config {
  const values: Record<string, unknown> = {};
  const mistakes: string[] = [];
  for (const [name, setting] of Object.entries<Setting<unknown>>(SETTINGS)) {
    const given = env[setting.env]?.trim();
    if (given === undefined || given === "") {
      values[name] = setting.default;
      continue;
    }
    try {
      values[name] = setting.parse(given);
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      mistakes.push(`${setting.env} is ${shownOf(setting, given)}: ${error.message}. ${setting.help}`);
    }
  }
  if (mistakes.length === 0) mistakes.push(...contradictionsIn(values as unknown as Config));
  if (mistakes.length > 0) throw new ConfigError(mistakes.join("\n"));
  return values as unknown as Config;
}

/** Settings that are right alone and make no sense together. */
function contradictionsIn(config: Config): string[] {
  const found: string[] = [];
  const { heartbeatMs, silenceMs } = config;
  if (heartbeatMs >= silenceMs) {
    found.push(
      `MESHER_HEARTBEAT_MS must be less than MESHER_HEARTBEAT_TIMEOUT_MS: here ${heartbeatMs} and ${silenceMs}.`,
    );
  }
  if (config.httpPort === config.wsPort && config.httpPort !== 0)
    found.push(`MESHER_HTTP_PORT and MESHER_WS_PORT must differ: here both are ${config.httpPort}.`);
  if ((config.adminEmail === undefined) !== (config.adminPassword === undefined))
    found.push("MESHER_ADMIN_EMAIL and MESHER_ADMIN_PASSWORD belong together: set both or none.");
  const oidc = [config.oidcIssuer, config.oidcClientId, config.oidcClientSecret];
  if (oidc.some((value) => value !== undefined) && [...oidc, config.publicUrl].includes(undefined)) {
    found.push(
      "Single sign-on needs MESHER_OIDC_ISSUER, MESHER_OIDC_CLIENT_ID, MESHER_OIDC_CLIENT_SECRET and MESHER_PUBLIC_URL.",
    );
  }
  if ((config.smtpUrl === undefined) !== (config.mailFrom === undefined))
    found.push("MESHER_SMTP_URL and MESHER_MAIL_FROM belong together: set both or none.");
  return found;
}

function text(value: string): string {
  return value;
}

function path(value: string): string {
  return resolve(value);
}

function secret(value: string): string {
  if (value.length < 16) throw new RangeError("must have at least 16 characters");
  return value;
}

function longSecret(value: string): string {
  if (value.length < 32) throw new RangeError("must have at least 32 characters");
  return value;
}

function clientSecret(value: string): string {
  return value;
}

function password(value: string): string {
  if (value.length < 10) throw new RangeError("must have at least 10 characters");
  return value;
}

function email(value: string): string {
  if (!isSignInAddress(value)) throw new RangeError(MUST_BE_ADDRESS);
  return value.toLowerCase();
}

function smtpUrl(value: string): string {
  if (!/^smtps?:\/\//.test(value) || !URL.canParse(value))
    throw new RangeError("must be a URL that starts with smtp:// or smtps://");
  return value;
}

function sender(value: string): string {
  if (!/^(?:[^@\s<>]+@[^@\s<>]+|[^<>@\r\n]+<[^@\s<>]+@[^@\s<>]+>)$/.test(value))
    throw new RangeError("must be an e-mail address, or a name and <an address>");
  return value;
}

function allowance(value: string): string {
  parseAllowed(value);
  return value;
}

function addresses(value: string): readonly string[] {
  const given = value.split(",").map((each) => each.trim());
  if (!given.every(isAddressOrNetwork)) throw new RangeError("must be IP addresses or networks like 10.0.0.0/8");
  return given;
}

/** A network of everybody, `/0`, is none that proxies can be in. */
function isAddressOrNetwork(value: string): boolean {
  const [, address = value, prefix = "1"] = /^(.*)\/(\d{1,3})$/.exec(value) ?? [];
  const prefixMax = { 0: 0, 4: 32, 6: 128 }[isIP(address)] ?? 0;
  return Number(prefix) >= 1 && Number(prefix) <= prefixMax;
}

function nodeName(value: string): string {
  return explained(() => parseNodeName(value).full);
}

function cookie(value: string): string {
  return explained(() => parseCookies(value).join(","));
}

function transport(value: string): string {
  explained(() => parseTransport(value));
  return value;
}

function peers(value: string): string {
  explained(() => parsePeers(value));
  return value;
}

/** What the cluster says of a bad name, peer or cookie; it never quotes a cookie. */
function explained<T>(parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    if (error instanceof NodeNameError || error instanceof CookieError || error instanceof TransportError)
      throw new RangeError(error.message);
    throw error;
  }
}

/** As it may stand in an error. What should be an address of a page may hold a password, too. */
function shownOf({ parse }: Setting<unknown>, given: string): string {
  const isSecret = SECRET_PARSERS.has(parse) || (parse === httpUrl && given.includes("@"));
  return isSecret ? "(hidden)" : `"${given}"`;
}

/** Values that are not repeated in an error. */
const SECRET_PARSERS: ReadonlySet<(text: string) => unknown> = new Set([
  secret,
  cookie,
  longSecret,
  password,
  clientSecret,
  transport,
  smtpUrl,
  postgresUrl,
]);

function port(value: string): number {
  const number = Number(value);
  if (!/^\d+$/.test(value) || number > 65_535) throw new RangeError("must be a port, 0 to 65535");
  return number;
}

function wholeNumber({ min = 1, max = Number.MAX_SAFE_INTEGER } = {}): (value: string) => number {
  const bound = max === Number.MAX_SAFE_INTEGER ? "" : ` to ${max}`;
  return (value) => {
    const number = Number(value);
    if (!/^\d+$/.test(value) || number < min || number > max)
      throw new RangeError(`must be a whole number from ${min}${bound}`);
    return number;
  };
}

function httpUrl(value: string): string {
  if (!/^https?:\/\//i.test(value) || !URL.canParse(value))
    throw new RangeError("must be a URL that starts with http:// or https://");
  // Paths are put behind it.
  if (/[?#]|^https?:\/\/[^/]*@/i.test(value)) throw new RangeError("must be a URL without user, query and fragment");
  return value.replace(/\/+$/, "");
}

function postgresUrl(value: string): string {
  if (!/^postgres(ql)?:\/\//.test(value) || !URL.canParse(value))
    throw new RangeError("must be a URL that starts with postgresql://");
  return value;
}

function oneOf<const T extends string>(...values: readonly T[]): (value: string) => T {
  return (value) => {
    const found = values.find((each) => each === value);
    if (found === undefined) throw new RangeError(`must be one of ${values.join(", ")}`);
    return found;
  };
}
