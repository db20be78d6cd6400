/** What signing in needs at the start: the server's secret, better-auth with its settings, and the first owner or a link for them. */
import type { Config } from "./config.ts";
import type { Database } from "./db/database.ts";
import { listInvitationsOf } from "./organizations/invitations.queries.ts";
import { acceptWaiting, ensureFirstOwner, makeSetupLink } from "./organizations/invitations.ts";
import { joinBySignIn } from "./organizations/members.ts";
import { makeSecret } from "./organizations/secret.ts";
import { type Auth, createAuth } from "./people/auth.ts";
import type { OidcSettings } from "./people/auth-options.ts";
import { ensureServerSecret, findUser, listLockedOut } from "./people/users.queries.ts";
import type { Log } from "./runtime/log.ts";

const REMEDY = `make each of them again with an address like name@example.com: mesher users create ADDRESS --role ROLE`;

export interface People {
  readonly auth: Auth;
  /** The same on all nodes: what they sign and seal with. */
  readonly secret: string;
  /** For the link that makes its holder the first owner; `undefined`: there is one. */
  readonly setupToken: string | undefined;
}

export async function preparePeople(
  config: Config,
  { database, organizationId, log }: { database: Database; organizationId: string; log: Log },
): Promise<People> {
  const secret = config.secret ?? (await ensureServerSecret(database, "sign_in", makeSecret));
  const auth = createAuth({
    database,
    secret,
    publicUrl: config.publicUrl,
    oidc: oidcOf(config),
    mayJoin: async (email) => config.oidcJoin === "anyone" || (await listInvitationsOf(database, email)).length > 0,
    onOidcSignIn: async (userId) => {
      const user = await findUser(database, userId);
      if (user === undefined || (await acceptWaiting(database, user)) || config.oidcJoin !== "anyone") return;
      await joinBySignIn(database, { organizationId, user });
    },
    log: (message) => log.warn("Sign-in", { message }),
  });

  const { adminEmail, adminPassword } = config;
  if (adminEmail !== undefined && adminPassword !== undefined)
    await ensureFirstOwner(database, organizationId, adminEmail, () => auth.hashPassword(adminPassword));
  const lockedOut = await listLockedOut(database);
  if (lockedOut.length > 0)
    log.warn("Addresses with which nobody can sign in", { addresses: lockedOut, remedy: REMEDY });
  return { auth, secret, setupToken: await makeSetupLink(database, organizationId) };
}

function oidcOf({ oidcIssuer, oidcClientId, oidcClientSecret }: Config): OidcSettings | undefined {
  if (oidcIssuer === undefined || oidcClientId === undefined || oidcClientSecret === undefined) return undefined;
  return { issuer: oidcIssuer, clientId: oidcClientId, clientSecret: oidcClientSecret };
}
