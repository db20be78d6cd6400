import { useEffect, useEffectEvent } from "react";
import { KEY_BINDINGS, type Key } from "./key-bindings.ts";

/** How long the second key of two may take. */
const SECOND_KEY_WITHIN_MS = 1_200;
const FIRST_KEYS: ReadonlySet<string> = new Set(
  Object.keys(KEY_BINDINGS).flatMap((key) => (key.includes(" ") ? [key.split(" ")[0] ?? ""] : [])),
);

/** They go from one to the next, and on while they are held down. Of all others once is meant. */
const HELD: ReadonlySet<string> = new Set<Key>(["j", "k", "[", "]"]);

type Listener = (key: string) => boolean;

/** What was on screen last answers first. */
const listeners: Listener[] = [];
let first = "";
let firstTimer: ReturnType<typeof setTimeout> | undefined;

/**
 * Keys that do something on a page, while nobody types anything and no dialog or menu is open. Two letters, as in `g i`, are
 * pressed one after the other; those with `mod+` work while somebody types as well.
 */
export function useKeys(actions: Readonly<Partial<Record<Key, () => void>>>): void {
  const onKey = useEffectEvent((key: string) => {
    const action = Object.hasOwn(actions, key) ? actions[key as Key] : undefined;
    action?.();
    return action !== undefined;
  });
  useEffect(() => {
    const listener: Listener = (key) => onKey(key);
    if (listeners.length === 0) document.addEventListener("keydown", hear);
    listeners.unshift(listener);
    return () => {
      listeners.splice(listeners.indexOf(listener), 1);
      if (listeners.length === 0) document.removeEventListener("keydown", hear);
    };
  }, []);
}

function hear(pressed: KeyboardEvent): void {
  if (pressed.defaultPrevented || pressed.altKey || isDialogOpen()) return;
  const letter = letterOf(pressed);
  if (pressed.repeat && !HELD.has(letter)) return;
  const isMod = pressed.ctrlKey || pressed.metaKey;
  if (!isMod && isTyping(pressed.target)) return;
  const before = first;
  expect("");
  const key = isMod ? `mod+${letter.toLowerCase()}` : before === "" ? letter : `${before} ${letter}`;
  if (listeners.some((listener) => listener(key))) pressed.preventDefault();
  else if (FIRST_KEYS.has(key)) expect(key);
}

/** Where the keyboard writes other letters than Latin ones, that which stands on the key in the usual layout. */
function letterOf({ key, code }: KeyboardEvent): string {
  return /^[^\0-\x7f]$/u.test(key) ? (/^Key([A-Z])$/.exec(code)?.[1]?.toLowerCase() ?? key) : key;
}

function expect(key: string): void {
  clearTimeout(firstTimer);
  first = key;
  if (key !== "") firstTimer = setTimeout(() => (first = ""), SECOND_KEY_WITHIN_MS);
}

function isDialogOpen(): boolean {
  return document.querySelector("dialog[open]") !== null;
}

function isTyping(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  return target.matches("input:not([type=checkbox]), textarea, select, [role^=menu], [contenteditable]");
}
