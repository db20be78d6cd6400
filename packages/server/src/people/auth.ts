/**
 * Signing in, by better-auth: passwords, the second factor, passkeys, OIDC, and the logins that come of them. Its tables are ours
 * (migrations), so are their names. What it answers to its routes is only reached through api/sign-in.ts.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { createKyselyAdapter, kyselyAdapter } from "@better-auth/kysely-adapter";
import { type BetterAuthOptions, type BetterAuthPlugin, betterAuth } from "better-auth";
import { APIError, createAuthMiddleware } from "better-auth/api";
import { genericOAuth, twoFactor } from "better-auth/plugins";
import type { Database } from "../db/database.ts";
import { driverPoolOf } from "../db/driver-pool.ts";
import { hashLoginTokens } from "./hashed-login-tokens.ts";
import { passkeyHostOf } from "./passkey-host.ts";
import { clearSignInAttempts, countSignInAttempt } from "./sign-in-attempts.queries.ts";

/** Where better-auth's routes begin. */
export const AUTH_PATH = "/api/v1/auth";

export const PASSWORD_LENGTH_MIN = 10;
/** Hashing costs by the byte; more than this is no password any more. */
export const PASSWORD_LENGTH_MAX = 200;

/** How long a login lasts that is not used. */
const LOGIN_DAYS = 7;
const LOGIN_SECONDS = LOGIN_DAYS * 24 * 3600;
/** A login in use is made longer once in this time. */
const LOGIN_REFRESH_SECONDS = 24 * 3600;

/** Requests of one address to one route in a window. Guesses at one person's password are counted apart. */
const RATE_WINDOW_SECONDS = 60;
const RATE_REQUESTS_MAX = 60;
/** Of routes that look at a password or a code. */
const GUESSED_AT = { window: RATE_WINDOW_SECONDS, max: 20 };

/** The header in which api/sign-in.ts tells the client's address, as the server knows it. */
export const CLIENT_ADDRESS_HEADER = "x-mesher-client-address";

export const OIDC_PROVIDER = "oidc";
/** better-auth's name for signing in by password. */
export const PASSWORD_PROVIDER = "credential";

export interface OidcSettings {
  readonly issuer: string;
  readonly clientId: string;
  readonly clientSecret: string;
}

export interface AuthOptions {
  readonly database: Database;
  /** Signs cookies, encrypts the secrets of second factors. */
  readonly secret: string;
  /** Where people reach the server; absent: wherever they ask for it. */
  readonly publicUrl: string | undefined;
  readonly oidc: OidcSettings | undefined;
  /** Whether somebody whom the OIDC provider knows and we do not may come in. */
  readonly mayJoin: (email: string) => Promise<boolean>;
  /** A sign-in by OIDC has succeeded. */
  readonly onOidcSignIn: (userId: string) => Promise<void>;
  readonly log: (message: string) => void;
}

/** Who is signed in, and where. */
export interface Login {
  readonly loginId: string;
  readonly userId: string;
  readonly email: string;
  /** The organization the person has chosen last. */
  readonly organizationId: string | undefined;
}

export interface Auth {
  /** Whether a provider is configured; it may be away. */
  readonly hasSingleSignOn: boolean;
  /** Where browsers can use passkeys; `undefined`: nowhere. */
  readonly passkeyHost: string | undefined;
  /** Answers a request to one of better-auth's routes. */
  readonly handle: (request: Request) => Promise<Response>;
  /** The login of a cookie header. */
  readonly findLogin: (cookie: string) => Promise<Login | undefined>;
  readonly hashPassword: (password: string) => Promise<string>;
  /** Of somebody with a second factor: codes that were not used yet. */
  readonly countRecoveryCodes: (userId: string) => Promise<number>;
  /** Makes a login in use last longer; the cookies to set, often none. */
  readonly renewLogin: (cookie: string) => Promise<readonly string[]>;
}

/** The provider is asked for again at most so often, as long as it is away, and is waited for no longer. */
const OIDC_RETRY_MS = 10_000;

/**
 * better-auth asks the OIDC provider for its addresses when it begins, and goes on without it when there is no answer. So
 * it begins without one, and anew with it when somebody wants to sign in that way: a provider that is away stops neither
 * the start nor anybody with a password.
 */
export async function createAuth(options: AuthOptions): Promise<Auth> {
  let current = await begin({ ...options, oidc: undefined });
  let connecting: Promise<void> | undefined;
  const connectOidc = async () => {
    const next = await begin(options);
    if (next.hasOidc) current = next;
    else setTimeout(() => (connecting = undefined), OIDC_RETRY_MS).unref();
  };
  const passkeyHost = passkeyHostOf(options.publicUrl);
  // What reads WebAuthn takes 0.2 s and 9 MB to load: not before somebody has a passkey.
  let passkeys: ReturnType<typeof begin> | undefined;
  const beginPasskeys = async () => {
    if (passkeyHost === undefined) return current;
    const { passkeyPlugin } = await import("./passkeys.ts");
    const plugin = passkeyPlugin({ ...options, host: passkeyHost });
    passkeys ??= begin({ ...options, oidc: undefined }, [plugin]).catch((error: unknown) => {
      passkeys = undefined;
      throw error;
    });
    return passkeys;
  };
  const instanceFor = async (request: Request) => {
    if (PASSKEY_PATHS.test(new URL(request.url).pathname)) return beginPasskeys();
    if (options.oidc === undefined || current.hasOidc || !OIDC_PATHS.test(new URL(request.url).pathname))
      return current;
    connecting ??= connectOidc();
    await Promise.race([connecting, sleep(OIDC_RETRY_MS, undefined, { ref: false })]);
    return current;
  };
  return {
    hasSingleSignOn: options.oidc !== undefined,
    passkeyHost,
    handle: async (request) => (await instanceFor(request)).auth.handler(request),
    findLogin: async (cookie) => {
      const headers = new Headers({ cookie });
      const found = await current.auth.api.getSession({ headers, query: { disableRefresh: true } });
      if (found === null) return undefined;
      const { organizationId } = found.session as { organizationId?: string | null };
      return {
        loginId: found.session.id,
        userId: found.user.id,
        email: found.user.email,
        organizationId: organizationId ?? undefined,
      };
    },
    renewLogin: async (cookie) => {
      const { headers } = await current.auth.api.getSession({ headers: new Headers({ cookie }), returnHeaders: true });
      return headers.getSetCookie();
    },
    countRecoveryCodes: async (userId) => {
      const { backupCodes } = await current.auth.api.viewBackupCodes({ body: { userId } });
      return backupCodes.length;
    },
    hashPassword: (password) => current.context.password.hash(password),
  };
}

const PASSKEY_PATHS = /\/passkey\/[^/]+$/;
const OIDC_PATHS = /\/(sign-in\/social|callback\/[^/]+)$/;

async function begin(options: AuthOptions, plugins: readonly BetterAuthPlugin[] = []) {
  const auth = betterAuth(await settingsOf(options, plugins));
  const context = await auth.$context;
  return { auth, context, hasOidc: context.socialProviders.some(({ id }) => id === OIDC_PROVIDER) };
}

async function settingsOf(options: AuthOptions, plugins: readonly BetterAuthPlugin[]) {
  const { database, secret, publicUrl, oidc, mayJoin, onOidcSignIn, log } = options;
  const { kysely } = await createKyselyAdapter({ database: driverPoolOf(database) as never });
  if (kysely === null) throw new Error("better-auth does not know our pool as one of PostgreSQL");
  const adapter = kyselyAdapter(kysely, { type: "postgres", transaction: true });

  return {
    appName: "Mesher",
    database: (own: BetterAuthOptions) => hashLoginTokens(adapter(own)),
    secret,
    basePath: AUTH_PATH,
    ...(publicUrl !== undefined && { baseURL: `${publicUrl}${AUTH_PATH}` }),
    // A page may be reached by another name than the public one, but then all of it is.
    trustedOrigins: async (request) => originsOf(request?.headers.get("host")),
    emailAndPassword: {
      enabled: true,
      disableSignUp: true,
      minPasswordLength: PASSWORD_LENGTH_MIN,
      maxPasswordLength: PASSWORD_LENGTH_MAX,
    },
    rateLimit: {
      enabled: true,
      storage: "database",
      window: RATE_WINDOW_SECONDS,
      max: RATE_REQUESTS_MAX,
      customRules: Object.fromEntries(
        ["/sign-in/*", "/change-password", "/two-factor/*", "/passkey/verify-*"].map((path) => [path, GUESSED_AT]),
      ),
      modelName: "sign_in_rates",
      fields: { lastRequest: "last_request_ms" },
    },
    user: {
      modelName: "users",
      fields: { name: "display_name", emailVerified: "email_verified", ...TIMES },
    },
    session: {
      modelName: "logins",
      expiresIn: LOGIN_SECONDS,
      updateAge: LOGIN_REFRESH_SECONDS,
      fields: {
        token: "token_sha256",
        userId: "user_id",
        expiresAt: "expires_at",
        ipAddress: "ip_address",
        userAgent: "user_agent",
        ...TIMES,
      },
      additionalFields: {
        organizationId: { type: "string", required: false, input: false, fieldName: "organization_id" },
      },
    },
    account: {
      modelName: "sign_in_methods",
      updateAccountOnSignIn: false,
      fields: {
        userId: "user_id",
        providerId: "provider_id",
        accountId: "account_id",
        password: "password_hash",
        accessToken: "access_token",
        refreshToken: "refresh_token",
        idToken: "id_token",
        accessTokenExpiresAt: "access_token_expires_at",
        refreshTokenExpiresAt: "refresh_token_expires_at",
        ...TIMES,
      },
      // The operator has chosen the provider, and its addresses are taken for proven unless it says otherwise.
      accountLinking: { enabled: true, trustedProviders: [OIDC_PROVIDER], requireLocalEmailVerified: false },
    },
    verification: {
      modelName: "verifications",
      storeIdentifier: "hashed",
      fields: { expiresAt: "expires_at", ...TIMES },
    },
    plugins: [
      twoFactor({
        issuer: "Mesher",
        schema: {
          user: { fields: { twoFactorEnabled: "two_factor_enabled" } },
          twoFactor: {
            modelName: "two_factors",
            fields: {
              userId: "user_id",
              backupCodes: "backup_codes",
              failedVerificationCount: "failed_verification_count",
              lockedUntil: "locked_until",
            },
          },
        },
      }),
      ...plugins,
      ...(oidc === undefined ? [] : [oidcPlugin(oidc)]),
    ],
    databaseHooks: {
      user: {
        create: {
          before: async (user) => {
            if (await mayJoin(user.email)) return;
            throw new APIError("FORBIDDEN", { code: "NOT_INVITED", message: "nobody has invited this person" });
          },
        },
      },
      session: {
        create: {
          after: async (login, context) => {
            if (context?.path?.startsWith("/callback/") === true) await onOidcSignIn(login.userId);
          },
        },
      },
      // Signing in is all that the provider's tokens are for.
      account: {
        create: {
          before: async (account) => ({
            data: { ...account, accessToken: undefined, refreshToken: undefined, idToken: undefined },
          }),
        },
      },
    },
    hooks: {
      before: createAuthMiddleware(async ({ path, body }) => {
        if (path !== "/sign-in/email") return;
        const { isAllowed, retryAfterSeconds } = await countSignInAttempt(database, emailOf(body));
        if (isAllowed) return;
        throw new APIError(
          "TOO_MANY_REQUESTS",
          { code: "TOO_MANY_ATTEMPTS", message: "too many wrong passwords for this address; try again later" },
          { "retry-after": String(retryAfterSeconds) },
        );
      }),
      after: createAuthMiddleware(async ({ path, body, context }) => {
        const isRight = path === "/sign-in/email" && !(context.returned instanceof Error);
        if (isRight) await clearSignInAttempts(database, emailOf(body));
      }),
    },
    advanced: {
      cookiePrefix: "mesher",
      useSecureCookies: publicUrl?.startsWith("https:") ?? false,
      defaultCookieAttributes: { httpOnly: true, sameSite: "lax" },
      ipAddress: { ipAddressHeaders: [CLIENT_ADDRESS_HEADER] },
      database: { generateId: "uuid", validateSchema: false },
      disableOriginCheck: false,
      disableCSRFCheck: false,
    },
    // Where a browser is sent whose single sign-on has failed, with the reason in `error`.
    ...(publicUrl !== undefined && { onAPIError: { errorURL: `${publicUrl}/sign-in` } }),
    telemetry: { enabled: false },
    // Its messages name routes and addresses, never secrets; what comes with them may.
    logger: {
      level: "warn",
      disableColors: true,
      // Without MESHER_PUBLIC_URL the address is that of each request, on purpose: `trustedOrigins` says which are ours.
      log: (_level, message) => {
        if (!message.includes(NO_BASE_URL)) log(message);
      },
    },
  } satisfies BetterAuthOptions;
}

const NO_BASE_URL = "Base URL is not set";

const TIMES = { createdAt: "created_at", updatedAt: "updated_at" } as const;

function oidcPlugin({ issuer, clientId, clientSecret }: OidcSettings) {
  return genericOAuth({
    config: [
      {
        providerId: OIDC_PROVIDER,
        clientId,
        clientSecret,
        discoveryUrl: `${issuer.replace(/\/+$/, "")}/.well-known/openid-configuration`,
        scopes: ["openid", "email", "profile"],
        pkce: true,
        requireIdTokenVerification: true,
        // Without an address nobody comes in: the browser is sent back with an error it can show.
        mapProfileToUser: (profile) => (profile["email_verified"] === false ? { email: null } : {}),
      },
    ],
  });
}

function originsOf(host: string | null | undefined): string[] {
  return host === null || host === undefined ? [] : [`http://${host}`, `https://${host}`];
}

function emailOf(body: unknown): string {
  const { email } = (body ?? {}) as { email?: unknown };
  return typeof email === "string" ? email : "";
}
