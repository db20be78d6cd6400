/**
 * The routes of better-auth that are open to the world, each by name: whatever else it can answer is reached by nobody.
 * Requests and answers pass here, so that errors have the API's shape and no answer tells a script the cookie's token.
 */
import type { ApiError } from "@mesher/protocol";
import type { FastifyReply, FastifyRequest } from "fastify";
import { withTransaction } from "../db/transaction.ts";
import { recordAudit } from "../organizations/audit.queries.ts";
import { listMemberships } from "../organizations/members.queries.ts";
import { AUTH_PATH, CLIENT_ADDRESS_HEADER, OIDC_PROVIDER } from "../people/auth.ts";
import type { Access } from "./access.ts";
import type { ApiDependencies, App } from "./dependencies.ts";

interface SignInRoute {
  readonly method: "GET" | "POST";
  readonly path: string;
  readonly access: Access;
  /** What is set in the body whatever the client sends. */
  readonly body?: Readonly<Record<string, unknown>>;
  /** Of the audit log, when it is done. */
  readonly action?: string;
}

const ROUTES: readonly SignInRoute[] = [
  { method: "POST", path: "/sign-in/email", access: "open" },
  { method: "POST", path: "/sign-in/social", access: "open", body: { disableRedirect: true } },
  { method: "GET", path: `/callback/${OIDC_PROVIDER}`, access: "open" },
  { method: "POST", path: "/sign-out", access: "open" },
  {
    method: "POST",
    path: "/change-password",
    access: "person",
    body: { revokeOtherSessions: true },
    action: "person.password_changed",
  },
  { method: "POST", path: "/two-factor/enable", access: "person", body: { method: "totp" } },
  { method: "POST", path: "/two-factor/disable", access: "person", action: "person.two_factor_disabled" },
  {
    method: "POST",
    path: "/two-factor/generate-backup-codes",
    access: "person",
    action: "person.recovery_codes_replaced",
  },
  // The second step of signing in, as well as the proof that the app was set up.
  { method: "POST", path: "/two-factor/verify-totp", access: "open" },
  { method: "POST", path: "/two-factor/verify-backup-code", access: "open" },
];

export function registerSignInRoutes(app: App, deps: ApiDependencies): void {
  for (const route of ROUTES) {
    app.route({
      method: route.method,
      url: `${AUTH_PATH}${route.path}`,
      config: { access: route.access },
      handler: async (request, reply) => {
        const response = await deps.auth.handle(requestOf(request, deps, route));
        if (response.ok && route.action !== undefined) await recordChange(deps, request, route.action);
        return answer(reply, response);
      },
    });
  }
}

/** Passes on what belongs to a login; where the client is, the server says itself. */
function requestOf(request: FastifyRequest, { publicUrl }: ApiDependencies, route: SignInRoute): Request {
  const headers = new Headers({ [CLIENT_ADDRESS_HEADER]: request.ip, host: request.host });
  for (const name of ["cookie", "origin", "referer", "user-agent"]) {
    const value = request.headers[name];
    if (typeof value === "string") headers.set(name, value);
  }
  const query = request.url.includes("?") ? request.url.slice(request.url.indexOf("?")) : "";
  const url = `${publicUrl ?? `http://${request.host}`}${AUTH_PATH}${route.path}${query}`;
  if (route.method === "GET") return new Request(url, { headers });
  headers.set("content-type", "application/json");
  const given = typeof request.body === "object" ? request.body : {};
  return new Request(url, { method: "POST", headers, body: JSON.stringify({ ...given, ...route.body }) });
}

async function answer(reply: FastifyReply, response: Response) {
  for (const cookie of response.headers.getSetCookie()) reply.header("set-cookie", cookie);
  const location = response.headers.get("location");
  if (location !== null) reply.header("location", location);
  const body: unknown = await response.json().catch(() => undefined);
  reply.code(response.status);
  if (response.status >= 400) {
    const wait = response.headers.get("retry-after") ?? response.headers.get("x-retry-after");
    if (wait !== null) reply.header("retry-after", wait);
    return reply.send(errorOf(response.status, body));
  }
  // The cookie is for the browser alone: a script that could read the token would undo `HttpOnly`.
  return reply.send(typeof body === "object" && body !== null ? { ...body, token: undefined } : {});
}

function errorOf(status: number, body: unknown): ApiError {
  const { code, message } = (body ?? {}) as { code?: unknown; message?: unknown };
  return {
    error: typeof message === "string" && message !== "" ? asPartOfALine(message) : "this was refused",
    code: typeof code === "string" ? code.toLowerCase() : status === 429 ? "rate_limited" : "refused",
  };
}

/** better-auth begins its messages like sentences, the API as parts of a line. */
function asPartOfALine(message: string): string {
  return message.charAt(0).toLowerCase() + message.slice(1).replace(/\.$/, "");
}

/** A person is not an organization's: the change stands in the log of each they are in. */
async function recordChange(deps: ApiDependencies, request: FastifyRequest, action: string): Promise<void> {
  const { userId, email } = await deps.authenticatePerson(request);
  const memberships = await listMemberships(deps.database, userId);
  await withTransaction(deps.database, async (tx) => {
    for (const { organizationId } of memberships) {
      const actor = { kind: "person", name: email, userId } as const;
      await recordAudit(tx, { organizationId, actor, action, target: { kind: "user", id: userId } });
    }
  });
}
