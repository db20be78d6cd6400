import { QueryClient } from "@tanstack/react-query";
import { ApiFailure } from "./client.ts";

const RETRIES_MAX = 2;
/** What was asked for when the pointer came over a link is not asked for again when the link is followed. */
const FRESH_MS = 2_000;

export const queryClient = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: FRESH_MS,
      // The browser knows whether there is an internet, not whether the server is there: it may be on this machine, or next door.
      networkMode: "always",
      refetchOnReconnect: true,
      // What the server refused it will refuse again; what it could not do may work in a moment.
      retry: (failures, error) => failures < RETRIES_MAX && !isRefusal(error),
    },
    mutations: { networkMode: "always" },
  },
});

function isRefusal(error: Error): boolean {
  return error instanceof ApiFailure && error.status >= 400 && error.status < 500;
}
