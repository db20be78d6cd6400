import { useSyncExternalStore } from "react";

/** Where rows are lines of a table; below it their parts stand below each other. As Tailwind's `md`. */
const WIDE = matchMedia("(min-width: 48rem)");

export function useIsWide(): boolean {
  return useSyncExternalStore(
    (listener) => {
      WIDE.addEventListener("change", listener);
      return () => WIDE.removeEventListener("change", listener);
    },
    () => WIDE.matches,
  );
}
