import type { IncomingMessage } from "node:http";
import { isIP } from "node:net";
import { type Dsn, parseProjectNumber } from "@mesher/protocol";
import type { ProjectKey } from "../../organizations/project-key.ts";
import type { HeldBytes } from "./byte-budget.ts";
import type { IngestDependencies } from "./dependencies.ts";
import { Refusal } from "./refusal.ts";
import type { IngestRoute } from "./route.ts";

/** One request on its way through here. */
export interface Exchange {
  readonly request: IncomingMessage;
  readonly route: IngestRoute;
  /** Absent if the URL has none. */
  readonly query: URLSearchParams | undefined;
  readonly held: HeldBytes;
  /** Once the request has proved whose it is. */
  key?: ProjectKey;
}

/** Whether the route speaks Mesher's own words instead of Sentry's. */
export function isNative(route: IngestRoute): boolean {
  return route.kind === "native" || route.kind === "bulk";
}

/**
 * Finds the project a public key opens and notes it in the exchange. The project's number in the path, or in a DSN,
 * must be that project's. Throws a Refusal.
 */
export async function openProject(
  publicKey: string,
  exchange: Exchange,
  deps: IngestDependencies,
): Promise<ProjectKey> {
  const { route } = exchange;
  const number = route.number === undefined ? undefined : checkNumber(route.number);
  const key = await deps.findProjectKey(publicKey);
  if (key === undefined) {
    throw isNative(route)
      ? new Refusal("unknown_key", "unauthorized", { status: 401 })
      : new Refusal("unknown_key", "the key is unknown or revoked");
  }
  exchange.key = key;
  checkPage(exchange.request, key);
  if (number !== undefined && number !== key.projectNumber) throw wrongProject();
  return key;
}

/** Browsers tell which page sends. Clients that name none, as servers, are no pages. */
function checkPage({ headers }: IncomingMessage, { allowsPage }: ProjectKey): void {
  if (allowsPage === undefined) return;
  const page = headers.origin ?? headers.referer;
  if (page !== undefined && !allowsPage(page)) {
    throw new Refusal("forbidden_page", "the project takes no events from this page");
  }
}

/** The DSN in an envelope must name the key and the project the request came with. */
export function checkDsn(dsn: Dsn, key: ProjectKey): void {
  if (dsn.publicKey !== key.publicKey) throw new Refusal("missing_auth", "conflicting keys");
  if (dsn.projectNumber !== key.projectNumber) throw wrongProject();
}

export function checkNumber(text: string): number {
  const number = parseProjectNumber(text);
  if (number === undefined) throw new Refusal("malformed", "the path has no valid project number", { reason: "path" });
  return number;
}

export function missingAuth(route: IngestRoute): Refusal {
  return new Refusal("missing_auth", isNative(route) ? "unauthorized" : "missing authorization information");
}

/** Who sent a request, for the journal. */
export function senderOf({ request }: Exchange, { isTrustedProxy }: IngestDependencies) {
  const clientIp = findClientIp(request, isTrustedProxy);
  const userAgent = request.headers["user-agent"]?.slice(0, USER_AGENT_LENGTH_MAX);
  return { ...(clientIp === undefined ? {} : { clientIp }), ...(userAgent === undefined ? {} : { userAgent }) };
}

/** The nearest address that is no trusted proxy's. What stands before it in the header, the client itself may have written. */
function findClientIp(
  { headers, socket }: IncomingMessage,
  isTrustedProxy: IngestDependencies["isTrustedProxy"],
): string | undefined {
  const nearest = plainAddress(socket.remoteAddress ?? "");
  if (nearest === undefined || isTrustedProxy === undefined) return nearest;
  const forwarded = headers["x-forwarded-for"];
  const further = typeof forwarded === "string" ? forwarded.split(",").toReversed() : [];
  let clientIp = nearest;
  for (const each of further) {
    const address = isTrustedProxy(clientIp) ? plainAddress(each.trim()) : undefined;
    if (address === undefined) break;
    clientIp = address;
  }
  return clientIp;
}

/** An IPv4 address as such, also where it is written as IPv6. */
function plainAddress(text: string): string | undefined {
  const address = text.startsWith("::ffff:") && text.includes(".") ? text.slice("::ffff:".length) : text;
  return isIP(address) === 0 ? undefined : address;
}

function wrongProject(): Refusal {
  return new Refusal("unknown_key", "the key does not belong to this project");
}

const USER_AGENT_LENGTH_MAX = 512;
