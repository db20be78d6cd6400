/**
 * A POST with an Idempotency-Key is carried out once, however often it is sent (draft-ietf-httpapi-idempotency-key-header): the
 * answer of the first is given again for 24 hours, on every node. The key belongs to one principal and one route; with another
 * body or address it is refused.
 *
 * Answers may hold secrets that are told once, so they are kept encrypted, with a key made of the client's own (of which only a
 * hash is kept) and the server's secret.
 */
import { createCipheriv, createDecipheriv, createHmac, hkdfSync, randomBytes } from "node:crypto";
import type { FastifyReply, FastifyRequest } from "fastify";
import {
  type Claim,
  claimRequest,
  giveUpRequest,
  keepAnswer,
  type RequestKey,
} from "../organizations/idempotent-requests.queries.ts";
import { sha256 } from "../organizations/secret.ts";
import type { Log } from "../runtime/log.ts";
import { badRequest, RequestRefusedError } from "./api-error.ts";
import type { ApiDependencies, App } from "./dependencies.ts";

const HEADER = "idempotency-key";
/** Set on an answer that was given before. */
const REPLAYED_HEADER = "idempotency-replayed";

/** As a structured header's string, or bare. */
const KEY = /^(?:"([\x20-\x21\x23-\x7e]{1,255})"|([\x21\x23-\x7e]{1,255}))$/;

/** When to ask again for an answer that another request is making. */
const RUNNING_RETRY_SECONDS = 1;

interface Running {
  readonly key: RequestKey;
  readonly sealingKey: Buffer;
}

type Dependencies = Pick<ApiDependencies, "database" | "authenticate" | "authenticatePerson" | "sealingSecret">;

/** After access was enforced: whoever may not, learns nothing of what was answered. */
export function makeIdempotent(app: App, deps: Dependencies, log: Log): void {
  const running = new WeakMap<FastifyRequest, Running>();

  app.addHook("preHandler", async (request, reply) => {
    const given = request.headers[HEADER];
    if (given === undefined || !takesKeys(request)) return;
    const clientKey = parseKey(given);
    const { organizationId, principal } = await principalOf(deps, request);
    const route = `${request.method} ${request.routeOptions.url ?? ""}`;
    const key = { organizationId, principal, route, keySha256: sha256(clientKey) };
    const sealingKey = Buffer.from(hkdfSync("sha256", clientKey, deps.sealingSecret, "idempotent answer", 32));
    const claim = await claimRequest(deps.database, key, fingerprintOf(request, sealingKey));
    if (claim?.kind === "claimed") running.set(request, { key, sealingKey });
    else await answerAgain(reply, claim, sealingKey);
  });

  app.addHook("onSend", async (request, reply, payload) => {
    const claimed = running.get(request);
    if (claimed === undefined) return payload;
    running.delete(request);
    const { key, sealingKey } = claimed;
    try {
      // A fault has undone what was begun, and may be over when it is tried again.
      if (reply.statusCode >= 500) await giveUpRequest(deps.database, key);
      else {
        const answer = seal(sealingKey, typeof payload === "string" ? payload : "");
        await keepAnswer(deps.database, key, { status: reply.statusCode, answer });
      }
    } catch (error) {
      // It is done, and must be answered so. Whoever asks again meanwhile is told that it still runs.
      log.warn("Answer for an Idempotency-Key could not be kept", { route: key.route, error: String(error) });
    }
    return payload;
  });
}

function takesKeys({ method, routeOptions }: FastifyRequest): boolean {
  return method === "POST" && routeOptions.config.access !== "open";
}

function parseKey(given: string | readonly string[]): string {
  const parts = typeof given === "string" ? KEY.exec(given.trim()) : null;
  const key = parts?.[1] ?? parts?.[2];
  if (key === undefined)
    throw badRequest("Idempotency-Key must be one text of 1 to 255 printable characters, best a UUID");
  return key;
}

/** A person's own affairs are in the organization they are about, like everything else. */
async function principalOf(deps: Dependencies, request: FastifyRequest) {
  const { organizationId, kind, userId, tokenId } = await deps.authenticate(request);
  return { organizationId, principal: `${kind}:${kind === "person" ? userId : tokenId}` };
}

/** Keyed, since a body may hold a password. */
function fingerprintOf({ url, body }: FastifyRequest, sealingKey: Buffer): Buffer {
  return createHmac("sha256", sealingKey)
    .update(`${url}\n${JSON.stringify(body ?? null)}`)
    .digest();
}

function answerAgain(reply: FastifyReply, claim: Claim | undefined, sealingKey: Buffer): FastifyReply {
  if (claim?.kind === "other_request")
    throw new RequestRefusedError(
      422,
      "idempotency_key_reused",
      "this Idempotency-Key was used for another request: a new request needs a new key",
    );
  if (claim?.kind !== "answered") {
    reply.header("retry-after", RUNNING_RETRY_SECONDS);
    throw new RequestRefusedError(409, "request_running", "the first request with this Idempotency-Key still runs");
  }
  return reply
    .code(claim.status)
    .header(REPLAYED_HEADER, "true")
    .type("application/json; charset=utf-8")
    .send(unseal(sealingKey, claim.answer));
}

const CIPHER = "aes-256-gcm";
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

function seal(key: Buffer, text: string): Buffer {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv(CIPHER, key, nonce);
  const sealed = Buffer.concat([cipher.update(text, "utf8"), cipher.final()]);
  return Buffer.concat([nonce, cipher.getAuthTag(), sealed]);
}

function unseal(key: Buffer, sealed: Buffer): string {
  const decipher = createDecipheriv(CIPHER, key, sealed.subarray(0, NONCE_BYTES));
  decipher.setAuthTag(sealed.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES));
  return Buffer.concat([decipher.update(sealed.subarray(NONCE_BYTES + TAG_BYTES)), decipher.final()]).toString("utf8");
}
