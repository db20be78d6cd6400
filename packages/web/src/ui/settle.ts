/**
 * The ref of a list whose rows have the class `arrives`: only rows that come after the first painting fade in.
 * Set on the element itself, since no component has to know of it.
 */
export function settle(list: HTMLElement | null): void {
  requestAnimationFrame(() => requestAnimationFrame(() => list?.setAttribute("data-settled", "")));
}
