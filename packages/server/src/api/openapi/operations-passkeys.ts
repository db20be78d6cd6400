import type { ApiPasskey } from "@mesher/protocol";
import { Type } from "typebox";
import { type Operations, ok, rows } from "./operation.ts";
import { orNull, shapeOf, Text, Time, Uuid } from "./shape.ts";
import { Affected } from "./shapes-issues.ts";

export const Passkey = shapeOf<ApiPasskey>()(
  Type.Object({ id: Uuid, name: Text, synced: Type.Boolean(), created_at: Time, last_used_at: orNull(Time) }),
);

/** Of WebAuthn: `PublicKeyCredential.parseCreationOptionsFromJSON` and its like read it, `toJSON` writes it. */
const OfTheBrowser = (what: string) => Type.Object({}, { description: `${what}, as JSON of WebAuthn Level 3` });
const NONE = "The server's address allows no passkeys: it is an IP address, or plain http";

export const PASSKEYS: Operations = {
  "GET /api/v1/auth/passkey/generate-register-options": {
    summary: "Begin to add a passkey",
    description: "For a login of the last 24 hours. The challenge is good for five minutes, in the browser that asked.",
    answers: ok(OfTheBrowser("Options for `navigator.credentials.create`")),
    refusals: { 403: "The login is older", 404: NONE },
  },
  "POST /api/v1/auth/passkey/verify-registration": {
    summary: "Add the passkey",
    description: "What keeps it must have asked for a PIN, a finger or a face.",
    answers: ok(Type.Object({}, { description: "The passkey" })),
    refusals: { 400: "It is not what was asked for", 401: "Nobody was asked", 403: "The login is older", 404: NONE },
  },
  "GET /api/v1/auth/passkey/generate-authenticate-options": {
    summary: "Begin to sign in by a passkey",
    answers: ok(OfTheBrowser("Options for `navigator.credentials.get`")),
    refusals: { 404: NONE },
  },
  "POST /api/v1/auth/passkey/verify-authentication": {
    summary: "Sign in by a passkey",
    description: "In place of the password, and of the second factor too.",
    body: Type.Object({ response: OfTheBrowser("What `navigator.credentials.get` gave") }),
    answers: ok(Type.Object({}, { description: "The person; the login itself is the cookie" })),
    refusals: { 400: "The challenge is over", 401: "The passkey is unknown", 404: NONE, 429: "Too many attempts" },
  },
  "GET /api/v1/me/passkeys": { summary: "One's passkeys", answers: rows(Passkey) },
  "PATCH /api/v1/me/passkeys/:passkey": { summary: "Rename a passkey", answers: ok(Affected) },
  "POST /api/v1/me/passkeys/:passkey/remove": { summary: "Remove a passkey", answers: ok(Affected) },
};
