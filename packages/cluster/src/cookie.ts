/** What the nodes of a cluster prove to each other that they know. */
import { createHmac, scrypt } from "node:crypto";
import { promisify } from "node:util";

/** Anyone who recorded a handshake can try cookies against it, so short ones are refused. */
export const COOKIE_LENGTH_MIN = 16;

/** Two, so that a cluster can change its cookie node by node: first `new,old` everywhere, then `new`. */
const COOKIES_MAX = 2;

/** Deriving takes about 0.1 s and 32 MiB, once at start, and as much for each guess at a cookie. */
const SCRYPT = { N: 2 ** 15, r: 8, p: 1, maxmem: 64 * 1024 * 1024 } as const;
const KEY_BYTES = 32;

/** A cookie that cannot be used. Never quotes it. */
export class CookieError extends Error {
  override readonly name = "CookieError";
}

/** A cookie as TLS uses it. */
export interface PresharedKey {
  /** Says which of two cookies was used; tells nothing about it that a handshake would not tell as well. */
  readonly id: string;
  readonly key: Buffer;
}

/** Reads one cookie, or two with a comma between them; the first is the one to dial with. Throws a `CookieError`. */
export function parseCookies(text: string): string[] {
  const cookies = text.split(",").map((cookie) => cookie.trim());
  if (cookies.length > COOKIES_MAX) throw new CookieError(`at most ${COOKIES_MAX} cookies can be valid at once`);
  if (cookies.some((cookie) => cookie.length < COOKIE_LENGTH_MIN)) {
    const how = 'make one with: node -p "crypto.randomBytes(32).toString(`base64url`)"';
    throw new CookieError(`a cookie has at least ${COOKIE_LENGTH_MIN} characters; ${how}`);
  }
  return cookies;
}

export async function deriveKeys(cookies: readonly string[]): Promise<PresharedKey[]> {
  return Promise.all(cookies.map(deriveKey));
}

const scryptAsync = promisify<string, string, number, typeof SCRYPT, Buffer>(scrypt);

async function deriveKey(cookie: string): Promise<PresharedKey> {
  const key = await scryptAsync(cookie, "mesher/cluster/v1", KEY_BYTES, SCRYPT);
  return { id: createHmac("sha256", key).update("id").digest("hex").slice(0, 12), key };
}
