/**
 * The one-time token of an invitation or a reset: what stands behind `#` in its link. It is taken out of the address at
 * once, and kept for the tab, so that a reload does not lose it.
 */
export function takeLinkToken(kind: "join" | "reset"): string {
  const key = `mesher-${kind}-link`;
  const given = location.hash.slice(1);
  if (given !== "") {
    sessionStorage.setItem(key, given);
    history.replaceState(history.state, "", location.pathname + location.search);
  }
  return sessionStorage.getItem(key) ?? "";
}

/** It was used. */
export function dropLinkToken(kind: "join" | "reset"): void {
  sessionStorage.removeItem(`mesher-${kind}-link`);
}
