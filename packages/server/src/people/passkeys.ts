/**
 * Signing in by a passkey: a key that a device or a password manager keeps, and uses after it has seen who its person is.
 * That is possession and a PIN, finger or face in one, so a passkey takes the place of password and second factor. What did not
 * look at the person is refused, at registering as well as at signing in.
 */
import { passkey } from "@better-auth/passkey";
import { APIError } from "better-auth/api";
import type { Database } from "../db/database.ts";
import { countPasskeys, notePasskeyUse, PASSKEYS_MAX } from "./passkeys.queries.ts";

export interface PasskeySettings {
  readonly database: Database;
  /** That passkeys are for. */
  readonly host: string;
  readonly publicUrl: string | undefined;
}

export function passkeyPlugin({ database, host, publicUrl }: PasskeySettings) {
  return passkey({
    rpID: host,
    rpName: "Mesher",
    // Without a public URL the browser's own, on whatever port: a page elsewhere gets no signature for this host.
    ...(publicUrl !== undefined && { origin: new URL(publicUrl).origin }),
    authenticatorSelection: { residentKey: "required", userVerification: "required" },
    registration: {
      afterVerification: async ({ verification, user }) => {
        demandUserVerified(verification.registrationInfo?.userVerified);
        // Two that are added at once may be one too many, which harms nobody.
        if ((await countPasskeys(database, user.id)) < PASSKEYS_MAX) return;
        throw new APIError("CONFLICT", { code: "TOO_MANY_PASSKEYS", message: `at most ${PASSKEYS_MAX} passkeys` });
      },
    },
    authentication: {
      afterVerification: async ({ verification }) => {
        const { userVerified, credentialID } = verification.authenticationInfo;
        demandUserVerified(userVerified);
        await notePasskeyUse(database, credentialID);
      },
    },
    advanced: { webAuthnChallengeCookie: "passkey_challenge" },
    schema: {
      passkey: {
        modelName: "passkeys",
        fields: {
          publicKey: "public_key",
          userId: "user_id",
          credentialID: "credential_id",
          deviceType: "device_type",
          backedUp: "backed_up",
          createdAt: "created_at",
        },
      },
    },
  });
}

function demandUserVerified(isVerified: boolean | undefined): void {
  if (isVerified === true) return;
  throw new APIError("UNAUTHORIZED", {
    code: "PERSON_NOT_VERIFIED",
    message: "the passkey was used without a PIN, finger or face",
  });
}
