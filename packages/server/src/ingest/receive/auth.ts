import type { IncomingHttpHeaders } from "node:http";
import { type Dsn, parseDsn } from "@mesher/protocol";
import { Refusal } from "./refusal.ts";

/**
 * The public key a request comes with, in whichever form (`wire.md` 2): `X-Sentry-Auth: Sentry sentry_key=…`, the same
 * in `Authorization`, `Authorization: Basic key:` or `Bearer key`, or `?sentry_key=…`. Several forms may name the same
 * key. With `bare`, both headers may also be the key alone, as on `/api/v1/events`.
 *
 * To SDKs' routes `Basic` and `Bearer` are a key only where nothing else is: beside `sentry_key` they are for a proxy in
 * front, as browsers send them with every request to a site that asks for a password.
 *
 * Throws a Refusal if a form cannot be read or two of them disagree. `undefined`: there is none.
 */
export function findPublicKey(
  headers: IncomingHttpHeaders,
  query: URLSearchParams | undefined,
  { bare }: { readonly bare: boolean },
): string | undefined {
  const own = headers["x-sentry-auth"];
  const { authorization = "" } = headers;
  const ours = [
    typeof own === "string" ? parseAuthHeader(own, { bare, isOurs: true }) : undefined,
    checkKey(query?.get("sentry_key") || undefined),
  ];
  const isForProxy = !bare && ours.some((key) => key !== undefined) && FOR_ANYBODY.test(authorization);
  return agree([...ours, isForProxy ? undefined : parseAuthHeader(authorization, { bare, isOurs: false })]);
}

/** The DSN in an envelope's header: what an SDK behind a tunnel sends instead of all other forms. */
export function findEnvelopeDsn(header: Readonly<Record<string, unknown>>): Dsn | undefined {
  const { dsn } = header;
  if (dsn === undefined || dsn === null) return undefined;
  const parsed = typeof dsn === "string" ? parseDsn(dsn) : undefined;
  if (parsed === undefined) throw new Refusal("malformed", "envelope header has a dsn that cannot be read");
  return parsed;
}

/** The one key among several findings. */
function agree(keys: readonly (string | undefined)[]): string | undefined {
  let agreed: string | undefined;
  for (const key of keys) {
    if (key === undefined) continue;
    if (agreed !== undefined && agreed !== key) throw new Refusal("missing_auth", "conflicting keys");
    agreed = key;
  }
  return agreed;
}

/** `isOurs`: the header exists for this only. `Authorization` may be meant for a proxy, so a strange scheme is no fault. */
function parseAuthHeader(
  header: string,
  { bare, isOurs }: { readonly bare: boolean; readonly isOurs: boolean },
): string | undefined {
  const value = header.trim();
  if (value === "") return undefined;

  const space = value.search(/\s/);
  if (space === -1) {
    if (bare || isOurs) return checkKey(bare ? value : "");
    return undefined;
  }
  const scheme = value.slice(0, space).toLowerCase();
  const rest = value.slice(space).trim();
  if (scheme === "sentry") return checkKey(sentryKey(rest) ?? "");
  if (scheme === "bearer") return checkKey(rest);
  if (scheme === "basic") return checkKey(Buffer.from(rest, "base64").toString("latin1").split(":", 1)[0]);
  if (isOurs) throw unreadable();
  return undefined;
}

/** `sentry_version=7, sentry_key=…, sentry_client=…`; some clients separate with spaces only. */
function sentryKey(parameters: string): string | undefined {
  return SENTRY_KEY.exec(parameters)?.[1];
}

function checkKey(key: string | undefined): string | undefined {
  if (key !== undefined && !KEY.test(key)) throw unreadable();
  return key;
}

function unreadable(): Refusal {
  return new Refusal("missing_auth", "authorization cannot be read");
}

/** Schemes that do not say whom they are for. */
const FOR_ANYBODY = /^\s*(?:basic|bearer)\s/i;
const KEY = /^[\w-]{1,128}$/;
const SENTRY_KEY = /(?:^|[\s,])sentry_key\s*=\s*([^\s,]*)/i;
