import type { AsyncRouteComponent } from "@tanstack/react-router";
import type { ReactNode } from "react";

/** A route's component around a page: the page's code is loaded with the route, or when the pointer comes over a link to it. */
export function around(
  Page: { readonly preload?: () => Promise<void> | undefined },
  Route: () => ReactNode,
): AsyncRouteComponent<object> {
  return Object.assign(() => Route(), { preload: async () => Page.preload?.() });
}
