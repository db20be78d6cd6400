import { QueryClient } from "@tanstack/react-query";
import { ApiFailure } from "./client.ts";

const RETRIES_MAX = 2;
/** What was asked for when the pointer came over a link is not asked for again when the link is followed. */
const FRESH_MS = 2_000;

export const queryClient = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: FRESH_MS,
      // What the server refused it will refuse again; what it could not do may work in a moment.
      retry: (failures, error) => failures < RETRIES_MAX && !isRefusal(error),
    },
  },
});

function isRefusal(error: Error): boolean {
  return error instanceof ApiFailure && error.status >= 400 && error.status < 500;
}
