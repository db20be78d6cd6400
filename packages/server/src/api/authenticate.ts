import type { IncomingHttpHeaders } from "node:http";
import type { Database } from "../db/database.ts";
import type { Actor } from "../organizations/access.ts";
import { findApiToken } from "../organizations/organizations.queries.ts";
import { sha256 } from "../organizations/secret.ts";
import { RequestRefusedError } from "./api-error.ts";

/** What of a request tells who makes it: a Fastify request, or that of a WebSocket's upgrade. */
export interface Credentials {
  readonly headers: IncomingHttpHeaders;
}

/**
 * Finds who makes a request. It is asked once a request, however often it is called with it, and kept no longer: what is
 * revoked stops working with the next request, on every node.
 */
export function createAuthenticate(database: Database): (request: Credentials) => Promise<Actor> {
  const known = new WeakMap<Credentials, Promise<Actor>>();
  return (request) => {
    const found = known.get(request) ?? authenticate(database, request);
    known.set(request, found);
    return found;
  };
}

async function authenticate(database: Database, { headers }: Credentials): Promise<Actor> {
  const given = /^bearer\s+(\S+)$/i.exec(headers.authorization ?? "")?.[1];
  if (given === undefined)
    throw new RequestRefusedError(401, "unauthorized", "an API token is needed: Authorization: Bearer mshr_…");
  const actor = await findApiToken(database, sha256(given));
  if (actor === undefined) throw new RequestRefusedError(401, "unauthorized", "the API token is unknown or revoked");
  return actor;
}
