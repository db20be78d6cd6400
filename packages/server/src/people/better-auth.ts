/** better-auth with our settings. Its tables are ours (migrations), so are their names. */
import { createKyselyAdapter, kyselyAdapter } from "@better-auth/kysely-adapter";
import { type BetterAuthOptions, type BetterAuthPlugin, betterAuth } from "better-auth";
import { APIError, createAuthMiddleware } from "better-auth/api";
import { genericOAuth, twoFactor } from "better-auth/plugins";
import { driverPoolOf } from "../db/driver-pool.ts";
import {
  AUTH_PATH,
  type AuthOptions,
  CLIENT_ADDRESS_HEADER,
  OIDC_PROVIDER,
  type OidcSettings,
  PASSWORD_LENGTH_MAX,
  PASSWORD_LENGTH_MIN,
} from "./auth-options.ts";
import { hashLoginTokens } from "./hashed-login-tokens.ts";
import { clearSignInAttempts, countSignInAttempt } from "./sign-in-attempts.queries.ts";

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

export type SignIn = Awaited<ReturnType<typeof beginSignIn>>;

/** Asks the OIDC provider, if there is one, for its addresses, and goes on without it when there is no answer. */
export async function beginSignIn(options: AuthOptions, plugins: readonly BetterAuthPlugin[] = []) {
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
