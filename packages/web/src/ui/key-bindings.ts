/** Every key that does something, so that the help cannot leave one out: `useKeys` takes no others. */
export const KEY_BINDINGS = {
  "mod+k": { group: "Everywhere", what: "go to anything, do anything" },
  "?": { group: "Everywhere", what: "these keys" },
  "g o": { group: "Everywhere", what: "overview of all projects" },
  "g i": { group: "Project", what: "issues" },
  "g e": { group: "Project", what: "events" },
  "g d": { group: "Project", what: "dashboard" },
  "g l": { group: "Project", what: "live" },
  "g a": { group: "Project", what: "alerts" },
  "g s": { group: "Project", what: "settings" },
  j: { group: "Issues", what: "next issue" },
  k: { group: "Issues", what: "previous issue" },
  x: { group: "Issues", what: "select the issue" },
  e: { group: "Issues", what: "resolve" },
  a: { group: "Issues", what: "assign" },
  "/": { group: "Issues", what: "search" },
  "[": { group: "Events", what: "older event of the issue" },
  "]": { group: "Events", what: "newer event of the issue" },
  Escape: { group: "Issues", what: "clear the selection, close a menu" },
  p: { group: "Live", what: "pause, and go on" },
  c: { group: "Live", what: "clear the list" },
} as const satisfies Record<string, { readonly group: string; readonly what: string }>;

export type Key = keyof typeof KEY_BINDINGS;

/** As it stands on the keyboard. */
export function nameOfKey(key: Key): string {
  const isApple = /mac|iphone|ipad/i.test(navigator.userAgent);
  if (key.startsWith("mod+")) return `${isApple ? "⌘" : "Ctrl "}${key.slice("mod+".length).toUpperCase()}`;
  return key === "Escape" ? "Esc" : key;
}
