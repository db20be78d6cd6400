/** Passkeys: the browser asks its person, the server's challenge is signed. What speaks to the browser is loaded when it is needed. */
import type {
  PublicKeyCredentialCreationOptionsJSON,
  PublicKeyCredentialRequestOptionsJSON,
} from "@simplewebauthn/browser";
import { ApiFailure, getJson, sendJson } from "../api/client.ts";

const ROUTES = "api/v1/auth/passkey";
/** The browser asks its person as long as it likes; the server's challenge is good for five minutes. */
const NEVER = new AbortController().signal;

export async function addPasskey(name: string): Promise<void> {
  const { startRegistration } = await import("@simplewebauthn/browser");
  const optionsJSON = await getJson<PublicKeyCredentialCreationOptionsJSON>(
    `${ROUTES}/generate-register-options`,
    {},
    NEVER,
  );
  const response = await startRegistration({ optionsJSON }).catch(failed);
  await sendJson("POST", `${ROUTES}/verify-registration`, { name, response }, { isSignIn: true });
}

export async function signInByPasskey(): Promise<void> {
  const { startAuthentication } = await import("@simplewebauthn/browser");
  const response = await startAuthentication({ optionsJSON: await challenge() }).catch(failed);
  await sendJson("POST", `${ROUTES}/verify-authentication`, { response }, { isSignIn: true });
}

/**
 * Lets the browser offer passkeys where it offers names to fill in. `false`: it offers none, or nobody chose one. Another
 * way to sign in ends it.
 */
export async function offerPasskeys(): Promise<boolean> {
  const { browserSupportsWebAuthnAutofill, startAuthentication } = await import("@simplewebauthn/browser");
  if (!(await browserSupportsWebAuthnAutofill())) return false;
  const optionsJSON = await challenge();
  const response = await startAuthentication({ optionsJSON, useBrowserAutofill: true }).catch(() => undefined);
  if (response === undefined) return false;
  await sendJson("POST", `${ROUTES}/verify-authentication`, { response }, { isSignIn: true });
  return true;
}

export async function endOffer(): Promise<void> {
  const { WebAuthnAbortService } = await import("@simplewebauthn/browser");
  WebAuthnAbortService.cancelCeremony();
}

/** Only passkeys that look at their person count. */
async function challenge(): Promise<PublicKeyCredentialRequestOptionsJSON> {
  const path = `${ROUTES}/generate-authenticate-options`;
  const options = await getJson<PublicKeyCredentialRequestOptionsJSON>(path, {}, NEVER);
  return { ...options, userVerification: "required" };
}

/** What browsers answer, for people. */
const SENTENCES: Readonly<Record<string, string>> = {
  NotAllowedError: "It was cancelled, or took too long.",
  InvalidStateError: "There is a passkey of yours on that device already.",
  ConstraintError: "That device keeps no passkeys, or asks for no PIN, finger or face.",
};

function failed(error: unknown): never {
  const { name, message } = error as Error;
  throw new ApiFailure(SENTENCES[name] ?? message, 0, "", { cause: error });
}
