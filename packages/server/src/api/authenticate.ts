import type { FastifyRequest } from "fastify";
import type { Database } from "../db/database.ts";
import { type ApiToken, findApiToken } from "../organizations/organizations.queries.ts";
import { sha256 } from "../organizations/secret.ts";
import { RequestRefusedError } from "./api-error.ts";

/** Finds the token of `Authorization: Bearer …`. */
export function authenticateByToken(database: Database): (request: FastifyRequest) => Promise<ApiToken> {
  return async (request) => {
    const given = /^bearer\s+(\S+)$/i.exec(request.headers.authorization ?? "")?.[1];
    if (given === undefined)
      throw new RequestRefusedError(401, "unauthorized", "an API token is needed: Authorization: Bearer mshr_…");
    const token = await findApiToken(database, sha256(given));
    if (token === undefined) throw new RequestRefusedError(401, "unauthorized", "the API token is unknown or revoked");
    return token;
  };
}
