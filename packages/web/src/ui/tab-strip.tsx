import { type ReactNode, useEffect, useRef } from "react";

/** Of a link in a strip of tabs. */
export const tabClass =
  "-mb-px border-b-2 border-transparent px-2.5 py-2 text-xs font-medium whitespace-nowrap text-dim hover:text-ink " +
  "focus-visible:-outline-offset-2 aria-[current=page]:border-ink aria-[current=page]:text-ink";

/** Links to the parts of a page. Where they have no room it scrolls, and the current one is in sight. */
export function TabStrip({ label, children }: { label: string; children: ReactNode }) {
  const strip = useRef<HTMLElement>(null);
  const shown = useRef<HTMLElement>(null);
  useEffect(() => {
    const tab = strip.current?.querySelector<HTMLElement>("[aria-current=page]") ?? null;
    // Only when it is another one: whoever scrolls along the strip is not taken back.
    if (strip.current === null || tab === null || tab === shown.current) return;
    shown.current = tab;
    strip.current.scrollLeft = tab.offsetLeft - (strip.current.clientWidth - tab.offsetWidth) / 2;
  });
  return (
    <nav
      ref={strip}
      aria-label={label}
      className="relative mb-6 flex gap-1 overflow-x-auto border-b [scrollbar-width:none]"
    >
      {children}
    </nav>
  );
}
