/** The API token, and whether the server still takes it. */
const STORAGE_KEY = "mesher-token";

let token = localStorage.getItem(STORAGE_KEY);
let refused = false;
const listeners = new Set<() => void>();

export function currentToken(): string | null {
  return token;
}

/** Whether pages have to ask for a token before they can show anything. */
export function isTokenRefused(): boolean {
  return refused;
}

export function refuseToken(): void {
  if (refused) return;
  refused = true;
  listeners.forEach((notify) => notify());
}

export function keepToken(newToken: string): void {
  token = newToken;
  refused = false;
  localStorage.setItem(STORAGE_KEY, newToken);
  listeners.forEach((notify) => notify());
}

export function onTokenChange(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/**
 * The server prints a link with `#token=…`. The fragment never reaches a server or a referrer;
 * taking it out of the address bar keeps it out of bookmarks and the history as well.
 */
export function takeTokenFromAddress(): void {
  const fromLink = new URLSearchParams(location.hash.slice(1)).get("token");
  if (fromLink === null || fromLink === "") return;
  keepToken(fromLink);
  history.replaceState(history.state, "", location.pathname + location.search);
}
