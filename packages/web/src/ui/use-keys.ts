import { useEffect, useEffectEvent } from "react";

/** Single keys that do something on a page, while nobody types anything and no dialog or menu is open. */
export function useKeys(actions: Readonly<Record<string, () => void>>): void {
  const onKey = useEffectEvent((pressed: KeyboardEvent) => {
    if (pressed.ctrlKey || pressed.metaKey || pressed.altKey || pressed.defaultPrevented || isTyping(pressed.target))
      return;
    const action = Object.hasOwn(actions, pressed.key) ? actions[pressed.key] : undefined;
    if (action === undefined) return;
    pressed.preventDefault();
    action();
  });
  useEffect(() => {
    const listen = (pressed: KeyboardEvent) => onKey(pressed);
    document.addEventListener("keydown", listen);
    return () => document.removeEventListener("keydown", listen);
  }, []);
}

function isTyping(target: EventTarget | null): boolean {
  if (document.querySelector("dialog[open]") !== null) return true;
  if (!(target instanceof HTMLElement)) return false;
  return target.matches("input:not([type=checkbox]), textarea, select, [role^=menu]");
}
