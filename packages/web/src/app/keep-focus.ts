/**
 * Whoever goes by keys never has to begin again at the top of the document: when the element with the focus goes away, with a page,
 * a row, or a button that gave way to another, the focus goes to what stands in its place.
 */
import { useEffect } from "react";

export const MAIN_ID = "main";
/** Of a list whose rows come and go as it is scrolled: it looks after the focus itself. */
export const WINDOWED = { "data-windowed": "" } as const;

const FOCUSABLE = "a[href], button:enabled, input:enabled, select:enabled, textarea:enabled, summary, [tabindex='0']";

/** Nobody has chosen where the focus is. */
export function isFocusNowhere(): boolean {
  return document.activeElement === document.body || document.activeElement?.id === MAIN_ID;
}

let goesByKeys = false;

/** Whoever goes by keys wants the focus somewhere; with a pointer it would only be in the way. */
export function isByKeys(): boolean {
  return goesByKeys;
}

export function isFocusWanted(): boolean {
  return goesByKeys && isFocusNowhere() && document.hasFocus();
}

/** For one place that is on every page. */
export function useKeptFocus(): void {
  useEffect(() => {
    let last: Held | undefined;
    const hold = ({ target }: FocusEvent) => {
      if (target instanceof HTMLElement) last = { element: target, places: placesOf(target) };
    };
    const letGo = () => {
      // Only what is still there was left on purpose.
      queueMicrotask(() => {
        if (document.activeElement === document.body && last?.element.isConnected === true && isEnabled(last.element)) {
          last = undefined;
        }
      });
    };
    const observer = new MutationObserver(() => {
      if (last === undefined || document.activeElement !== document.body || !isFocusWanted()) return;
      const { element, places } = last;
      // What is disabled while it works is wanted again when it has worked.
      if (element.isConnected && !isEnabled(element)) return;
      last = undefined;
      (element.isConnected ? element : successorOf(places))?.focus({ preventScroll: true });
    });
    const byKey = () => (goesByKeys = true);
    const byPointer = () => (goesByKeys = false);
    document.addEventListener("keydown", byKey, true);
    document.addEventListener("pointerdown", byPointer, true);
    document.addEventListener("focusin", hold);
    document.addEventListener("focusout", letGo);
    observer.observe(document.body, { childList: true, subtree: true, attributeFilter: ["disabled"] });
    return () => {
      document.removeEventListener("keydown", byKey, true);
      document.removeEventListener("pointerdown", byPointer, true);
      document.removeEventListener("focusin", hold);
      document.removeEventListener("focusout", letGo);
      observer.disconnect();
    };
  }, []);
}

interface Held {
  readonly element: HTMLElement;
  readonly places: readonly Place[];
}

/** That it is, or lies within, the child at `index` of `parent`. */
interface Place {
  readonly parent: Element;
  readonly index: number;
}

/** From the innermost to that in the document's body. */
function placesOf(element: Element): Place[] {
  const places: Place[] = [];
  for (let child = element; child.parentElement !== null; child = child.parentElement) {
    places.push({ parent: child.parentElement, index: [...child.parentElement.children].indexOf(child) });
  }
  return places;
}

function successorOf(places: readonly Place[]): HTMLElement | undefined {
  const main = document.getElementById(MAIN_ID);
  for (const { parent, index } of places) {
    if (!parent.isConnected) continue;
    // Of the page as a whole another one has come.
    if (main !== null && parent.contains(main)) return main;
    if (parent.matches("[data-windowed]")) return undefined;
    const child = parent.children[Math.min(index, parent.children.length - 1)];
    const successor = [child, parent].flatMap((each) => (each === undefined ? [] : focusablesIn(each)))[0];
    if (successor !== undefined) return successor;
  }
  return undefined;
}

function focusablesIn(element: Element): HTMLElement[] {
  const all = [element, ...element.querySelectorAll(FOCUSABLE)];
  return all.filter(
    (each): each is HTMLElement => each instanceof HTMLElement && each.matches(FOCUSABLE) && each.checkVisibility(),
  );
}

function isEnabled(element: HTMLElement): boolean {
  return !element.matches(":disabled");
}
