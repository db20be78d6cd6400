/**
 * The routes of better-auth that are open to the world, each by name: whatever else it can answer is reached by nobody.
 * Requests and answers pass here, so that errors have the API's shape and no answer tells a script the cookie's token.
 */
import type { ApiError, ApiSignInOptions } from "@mesher/protocol";
import type { FastifyReply, FastifyRequest } from "fastify";
import { type TSchema, Type } from "typebox";
import { recordChange } from "../organizations/audit-person.ts";
import { AUTH_PATH, CLIENT_ADDRESS_HEADER, OIDC_PROVIDER } from "../people/auth-options.ts";
import { findUser } from "../people/users.queries.ts";
import type { Access } from "./access.ts";
import { badRequest, RequestRefusedError } from "./api-error.ts";
import type { ApiDependencies, App } from "./dependencies.ts";
import { PasskeyName } from "./passkeys.ts";

interface SignInRoute {
  readonly method: "GET" | "POST";
  readonly path: string;
  readonly access: Access;
  /** What is set in the body whatever the client sends. */
  readonly body?: Readonly<Record<string, unknown>>;
  /** Of the audit log, when somebody who is signed in has done it. */
  readonly action?: string;
  /** Of the body, where better-auth takes more than we do. */
  readonly shape?: TSchema;
  /** What of the body the audit log tells. */
  readonly audited?: readonly string[];
}

const Base64 = Type.String({ maxLength: 20_000 });
const NewPasskeyBody = Type.Object({
  name: PasskeyName,
  response: Type.Object({
    id: Base64,
    rawId: Base64,
    type: Type.Literal("public-key"),
    response: Type.Object({
      clientDataJSON: Base64,
      attestationObject: Base64,
      transports: Type.Optional(Type.Array(Type.String({ maxLength: 30 }), { maxItems: 10 })),
    }),
    clientExtensionResults: Type.Object({}),
  }),
});

const VERIFY_TOTP = "/two-factor/verify-totp";

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
  { method: "POST", path: "/two-factor/get-totp-uri", access: "person" },
  { method: "POST", path: "/two-factor/disable", access: "person", action: "person.two_factor_disabled" },
  {
    method: "POST",
    path: "/two-factor/generate-backup-codes",
    access: "person",
    action: "person.recovery_codes_replaced",
  },
  // The second step of signing in, as well as the proof that the app was set up.
  { method: "POST", path: VERIFY_TOTP, access: "open" },
  { method: "POST", path: "/two-factor/verify-backup-code", access: "open" },
  // Two steps each: the server's challenge, and what the browser has made of it.
  { method: "GET", path: "/passkey/generate-register-options", access: "person" },
  {
    method: "POST",
    path: "/passkey/verify-registration",
    access: "person",
    shape: NewPasskeyBody,
    body: { createSession: false },
    action: "person.passkey_added",
    audited: ["name"],
  },
  { method: "GET", path: "/passkey/generate-authenticate-options", access: "open" },
  { method: "POST", path: "/passkey/verify-authentication", access: "open" },
];

export function registerSignInRoutes(app: App, deps: ApiDependencies): void {
  app.get("/api/v1/sign-in-options", { config: { access: "open" } }, (): ApiSignInOptions => {
    return { single_sign_on: deps.auth.hasSingleSignOn, passkey_host: deps.auth.passkeyHost ?? null };
  });

  for (const route of ROUTES) {
    app.route({
      method: route.method,
      url: `${AUTH_PATH}${route.path}`,
      config: { access: route.access },
      ...(route.shape !== undefined && { schema: { body: route.shape } }),
      handler: async (request, reply) => {
        if (route.path.startsWith("/passkey/") && deps.auth.passkeyHost === undefined) throw noPasskeys();
        const change = await changeOf(deps, request, route);
        const response = await deps.auth.handle(requestOf(request, deps, route));
        // better-auth has committed it by now: should the server die in between, the line is missing.
        if (response.ok && change !== undefined) await recordChange(deps.database, change.person, change);
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
  // Without a public URL it is what the client says the host is, which may be anything.
  if (!URL.canParse(url)) throw badRequest("the host of the request cannot be read");
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
  const status = statusOf(response.status, body);
  reply.code(status);
  if (status >= 400) {
    const wait = response.headers.get("retry-after") ?? response.headers.get("x-retry-after");
    if (wait !== null) reply.header("retry-after", wait);
    return reply.send(errorOf(status, body));
  }
  // The cookie is for the browser alone: a script that could read the token would undo `HttpOnly`.
  return reply.send(typeof body === "object" && body !== null ? { ...body, token: undefined, session: undefined } : {});
}

/** What a browser made of a challenge and better-auth cannot read, it takes for its own fault. */
function statusOf(status: number, body: unknown): number {
  const { code } = (body ?? {}) as { code?: unknown };
  return status === 500 && code === "FAILED_TO_VERIFY_REGISTRATION" ? 400 : status;
}

function noPasskeys(): RequestRefusedError {
  const text = "passkeys need a public URL of https and a name, or localhost";
  return new RequestRefusedError(404, "no_passkeys", text);
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

/**
 * Who does what of the audit log; asked before it is done, because afterwards the cookie may be another. Whoever is signed in,
 * has no second factor and gives a first code sets one up; else the code is part of a sign-in.
 */
async function changeOf(deps: ApiDependencies, request: FastifyRequest, { path, action, audited }: SignInRoute) {
  if (action !== undefined) {
    const given = Object.entries(request.body ?? {}).filter(([name]) => audited?.includes(name) === true);
    return { person: await deps.authenticatePerson(request), action, details: Object.fromEntries(given) };
  }
  if (path !== VERIFY_TOTP) return undefined;
  const person = await deps.auth.findLogin(request.headers.cookie ?? "");
  const user = person && (await findUser(deps.database, person.userId));
  if (person === undefined || user?.hasTwoFactor !== false) return undefined;
  return { person, action: "person.two_factor_enabled" };
}
