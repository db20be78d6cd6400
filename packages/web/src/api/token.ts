/** The API token this browser may have instead of a login, and whether somebody has to sign in. */
const STORAGE_KEY = "mesher-token";

let token = localStorage.getItem(STORAGE_KEY);
let isDemanded = false;
const listeners = new Set<() => void>();

export function currentToken(): string | null {
  return token;
}

/** Whether the pages can show nothing until somebody has signed in. */
export function isSignInDemanded(): boolean {
  return isDemanded;
}

export function demandSignIn(): void {
  if (isDemanded) return;
  isDemanded = true;
  tell();
}

/** Somebody has a login now, which a token would stand in the way of. */
export function takeLogin(): void {
  forgetToken();
  isDemanded = false;
  tell();
}

export function keepToken(newToken: string): void {
  token = newToken;
  isDemanded = false;
  localStorage.setItem(STORAGE_KEY, newToken);
  tell();
}

export function forgetToken(): void {
  token = null;
  localStorage.removeItem(STORAGE_KEY);
}

export function onSignInChange(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/**
 * Whether there was one. The server prints a link with `#token=…`. The fragment never reaches a server or a referrer;
 * taking it out of the address bar keeps it out of bookmarks and the history as well.
 */
export function takeTokenFromAddress(): boolean {
  const fromLink = new URLSearchParams(location.hash.slice(1)).get("token");
  if (fromLink === null || fromLink === "") return false;
  keepToken(fromLink);
  history.replaceState(history.state, "", location.pathname + location.search);
  return true;
}

function tell(): void {
  listeners.forEach((notify) => notify());
}
