/** Signing in and out, over the routes under `api/v1/auth`. The login is a cookie that no script can read. */
import type { ApiSignInOptions } from "@mesher/protocol";
import { type QueryClient, queryOptions } from "@tanstack/react-query";
import { getJson, sendJson } from "../api/client.ts";
import { tellOtherTabs } from "../api/other-tabs.ts";
import { currentToken, demandSignIn, forgetToken, takeLogin } from "../api/token.ts";

/** `code`: the person has a second factor, which is asked for now. */
export async function signIn(email: string, password: string): Promise<"in" | "code"> {
  const answer = await sendJson<{ twoFactorRedirect?: boolean }>(
    "POST",
    "api/v1/auth/sign-in/email",
    { email, password },
    { isSignIn: true },
  );
  return answer.twoFactorRedirect === true ? "code" : "in";
}

export function signInOptionsQuery() {
  return queryOptions({
    queryKey: ["sign-in-options"],
    queryFn: ({ signal }) => getJson<ApiSignInOptions>("api/v1/sign-in-options", {}, signal),
    staleTime: Number.POSITIVE_INFINITY,
  });
}

/** Leaves the pages for the provider, which sends the browser back to `returnTo`, an absolute address. */
export async function signInElsewhere(returnTo: string): Promise<void> {
  const body = { provider: "oidc", callbackURL: returnTo };
  const { url } = await sendJson<{ url: string }>("POST", "api/v1/auth/sign-in/social", body, { isSignIn: true });
  location.assign(url);
}

/** Of an authenticator app, or one of the recovery codes. */
export async function proveSecondFactor(kind: "app" | "recovery", code: string): Promise<void> {
  const path = kind === "app" ? "verify-totp" : "verify-backup-code";
  await sendJson("POST", `api/v1/auth/two-factor/${path}`, { code }, { isSignIn: true });
}

/** Nothing that was read as somebody else, or failed for want of a login, is worth keeping. */
export function enter(queries: QueryClient): void {
  queries.clear();
  takeLogin();
  tellOtherTabs("login");
}

export async function signOut(queries: QueryClient): Promise<void> {
  if (currentToken() === null) {
    await sendJson("POST", "api/v1/auth/sign-out", {}, { isSignIn: true });
    tellOtherTabs("login");
  }
  forgetToken();
  queries.clear();
  demandSignIn();
}
