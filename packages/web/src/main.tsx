import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { ApiFailure } from "./api/client.ts";
import { takeTokenFromAddress } from "./api/token.ts";
import { router } from "./app/router.tsx";
import { applyTheme, storedTheme } from "./app/theme.ts";
import "./styles.css";

const RETRIES_MAX = 2;

applyTheme(storedTheme());
takeTokenFromAddress();

const isRefusal = (error: Error) => error instanceof ApiFailure && error.status >= 400 && error.status < 500;
const queries = new QueryClient({
  defaultOptions: {
    queries: {
      // What the server refused it will refuse again; what it could not do may work in a moment.
      retry: (failures, error) => failures < RETRIES_MAX && !isRefusal(error),
    },
  },
});

/** Someone may paste the link with the token into a tab that shows these pages already. */
window.addEventListener("hashchange", () => {
  if (takeTokenFromAddress()) void queries.resetQueries();
});

const root = document.getElementById("root");
if (root === null) throw new Error("index.html has no #root");
createRoot(root).render(
  <StrictMode>
    <QueryClientProvider client={queries}>
      <RouterProvider router={router} />
    </QueryClientProvider>
  </StrictMode>,
);
