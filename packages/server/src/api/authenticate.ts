import type { IncomingHttpHeaders } from "node:http";
import type { Database } from "../db/database.ts";
import { type Actor, SCOPE_NAMES } from "../organizations/access.ts";
import { findApiToken } from "../organizations/api-tokens.queries.ts";
import { findOrganization, listMemberships } from "../organizations/members.queries.ts";
import { sha256 } from "../organizations/secret.ts";
import type { Login } from "../people/auth.ts";
import { notFound, RequestRefusedError } from "./api-error.ts";

/** What of a request tells who makes it: a Fastify request, or that of a WebSocket's upgrade. */
export interface Credentials {
  readonly headers: IncomingHttpHeaders;
  /** Of the route. Its `org` says which organization the request is about. */
  readonly params?: unknown;
}

export interface Authentication {
  /** Who makes the request, in the organization it is about. Throws a refusal when nobody who may. */
  readonly authenticate: (request: Credentials) => Promise<Actor>;
  /** The login whose cookie it carries; throws a refusal if none. */
  readonly authenticatePerson: (request: Credentials) => Promise<Login>;
}

/**
 * Finds who makes a request, by token or by login. It is asked once a request, however often it is called with it, and
 * kept no longer: what is revoked stops working with the next request, on every node.
 */
export function createAuthentication(
  database: Database,
  findLogin: (cookie: string) => Promise<Login | undefined>,
): Authentication {
  const authenticatePerson = oncePerRequest(async ({ headers }) => {
    const login = headers.cookie === undefined ? undefined : await findLogin(headers.cookie);
    if (login === undefined) throw new RequestRefusedError(401, "unauthorized", "sign in first");
    return login;
  });
  return {
    authenticatePerson,
    authenticate: oncePerRequest(async (request) => {
      const { authorization, cookie } = request.headers;
      if (authorization !== undefined) return actorOfToken(database, authorization, organizationIn(request));
      if (cookie !== undefined)
        return actorOfLogin(database, await authenticatePerson(request), organizationIn(request));
      throw new RequestRefusedError(401, "unauthorized", "sign in, or send an API token: Authorization: Bearer mshr_…");
    }),
  };
}

async function actorOfToken(database: Database, authorization: string, organization?: string): Promise<Actor> {
  const given = /^bearer\s+(\S+)$/i.exec(authorization)?.[1];
  const actor = given === undefined ? undefined : await findApiToken(database, sha256(given));
  if (actor === undefined) throw new RequestRefusedError(401, "unauthorized", "the API token is unknown or revoked");
  if (organization !== undefined && organization !== actor.organizationId) {
    const own = await findOrganization(database, actor.organizationId);
    if (own?.slug !== organization) throw notFound("organization");
  }
  return actor;
}

async function actorOfLogin(database: Database, login: Login, organization?: string): Promise<Actor> {
  const memberships = await listMemberships(database, login.userId);
  const chosen =
    organization === undefined
      ? (memberships.find(({ organizationId }) => organizationId === login.organizationId) ?? memberships[0])
      : memberships.find(({ organizationId, slug }) => organizationId === organization || slug === organization);
  if (chosen === undefined && organization !== undefined) throw notFound("organization");
  if (chosen === undefined)
    throw new RequestRefusedError(403, "no_organization", "you are a member of no organization");
  return {
    kind: "person",
    organizationId: chosen.organizationId,
    role: chosen.role,
    userId: login.userId,
    name: login.email,
    scopes: SCOPE_NAMES,
    isOperator: false,
  };
}

function organizationIn({ params }: Credentials): string | undefined {
  const { org } = (params ?? {}) as { org?: unknown };
  return typeof org === "string" ? org : undefined;
}

function oncePerRequest<T>(find: (request: Credentials) => Promise<T>): (request: Credentials) => Promise<T> {
  const asked = new WeakMap<Credentials, Promise<T>>();
  return (request) => {
    const found = asked.get(request) ?? find(request);
    asked.set(request, found);
    return found;
  };
}
