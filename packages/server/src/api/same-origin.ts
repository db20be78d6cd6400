/**
 * A browser sends a login's cookie with requests of whatever page makes them. So a change that comes without a token is
 * only taken from our own pages, which the browser tells by `Origin` and no page can forge. `SameSite=Lax` on the
 * cookie is the second lock.
 */
import type { FastifyRequest } from "fastify";
import { RequestRefusedError } from "./api-error.ts";

const READING: ReadonlySet<string> = new Set(["GET", "HEAD", "OPTIONS"]);

export function demandSameOrigin(request: FastifyRequest, publicUrl: string | undefined): void {
  const { authorization, cookie, origin } = request.headers;
  if (READING.has(request.method) || authorization !== undefined) return;
  const isOwn = origin === undefined ? cookie === undefined : isSameOrigin(origin, request.host, publicUrl);
  if (isOwn) return;
  throw new RequestRefusedError(403, "foreign_origin", "changes with a login come from Mesher's own pages only");
}

/** Behind a proxy that changes `Host`, the public URL says what is our own. */
function isSameOrigin(origin: string, host: string, publicUrl: string | undefined): boolean {
  if (!URL.canParse(origin)) return false;
  const given = new URL(origin);
  return given.host === host || (publicUrl !== undefined && given.origin === new URL(publicUrl).origin);
}
