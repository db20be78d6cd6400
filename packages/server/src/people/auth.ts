/**
 * Signing in: passwords, the second factor, passkeys, OIDC, and the logins that come of them, by better-auth
 * (`better-auth.ts`), which is loaded when the first comes to sign in. What it answers to its routes is only reached through
 * api/sign-in.ts.
 */
import { setTimeout as sleep } from "node:timers/promises";
import type { AuthOptions } from "./auth-options.ts";
import type { beginSignIn, SignIn } from "./better-auth.ts";
import { passkeyHostOf } from "./passkey-host.ts";

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
 *
 * It takes half a second and 20 MB to load, so it begins when it is asked for: programs have tokens.
 */
export function createAuth(options: AuthOptions): Auth {
  const passkeyHost = passkeyHostOf(options.publicUrl);
  const withoutProvider = { ...options, oidc: undefined };
  const own = startedOnce(() => begin(withoutProvider));
  // What reads WebAuthn takes 0.2 s and 9 MB more: not before somebody has a passkey.
  const passkeys = startedOnce(async () => {
    if (passkeyHost === undefined) return own();
    const { passkeyPlugin } = await import("./passkeys.ts");
    return begin(withoutProvider, [passkeyPlugin({ ...options, host: passkeyHost })]);
  });

  let withProvider: SignIn | undefined;
  let connecting: Promise<void> | undefined;
  const connectOidc = async () => {
    try {
      const next = await begin(options);
      if (next.hasOidc) withProvider = next;
    } finally {
      if (withProvider === undefined) setTimeout(() => (connecting = undefined), OIDC_RETRY_MS).unref();
    }
  };
  const current = async () => withProvider ?? (await own());
  const instanceFor = async (request: Request) => {
    const { pathname } = new URL(request.url);
    if (PASSKEY_PATHS.test(pathname)) return passkeys();
    if (options.oidc === undefined || withProvider !== undefined || !OIDC_PATHS.test(pathname)) return current();
    connecting ??= connectOidc();
    await Promise.race([connecting, sleep(OIDC_RETRY_MS, undefined, { ref: false })]);
    return current();
  };
  return {
    hasSingleSignOn: options.oidc !== undefined,
    passkeyHost,
    handle: async (request) => (await instanceFor(request)).auth.handler(request),
    findLogin: async (cookie) => {
      const headers = new Headers({ cookie });
      const { auth } = await current();
      const found = await auth.api.getSession({ headers, query: { disableRefresh: true } });
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
      const { auth } = await current();
      const { headers } = await auth.api.getSession({ headers: new Headers({ cookie }), returnHeaders: true });
      return headers.getSetCookie();
    },
    countRecoveryCodes: async (userId) => {
      const { backupCodes } = await (await current()).auth.api.viewBackupCodes({ body: { userId } });
      return backupCodes.length;
    },
    hashPassword: async (password) => (await current()).context.password.hash(password),
  };
}

async function begin(...settings: Parameters<typeof beginSignIn>): Promise<SignIn> {
  const betterAuth = await import("./better-auth.ts");
  return betterAuth.beginSignIn(...settings);
}

/** Starts with the first call; after a failure, with the next. */
function startedOnce(start: () => Promise<SignIn>): () => Promise<SignIn> {
  let started: Promise<SignIn> | undefined;
  return () => {
    started ??= start().catch((error: unknown) => {
      started = undefined;
      throw error;
    });
    return started;
  };
}

const PASSKEY_PATHS = /\/passkey\/[^/]+$/;
const OIDC_PATHS = /\/(sign-in\/social|callback\/[^/]+)$/;
