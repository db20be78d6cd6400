import { QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { queryClient } from "./api/query-client.ts";
import { takeTokenFromAddress } from "./api/token.ts";
import { router } from "./app/router.tsx";
import { applyTheme, storedTheme } from "./app/theme.ts";
import "./styles.css";

applyTheme(storedTheme());
takeTokenFromAddress();

/** Someone may paste the link with the token into a tab that shows these pages already. */
window.addEventListener("hashchange", () => {
  if (takeTokenFromAddress()) void queryClient.resetQueries();
});

const root = document.getElementById("root");
if (root === null) throw new Error("index.html has no #root");
createRoot(root).render(
  <StrictMode>
    <QueryClientProvider client={queryClient}>
      <RouterProvider router={router} />
    </QueryClientProvider>
  </StrictMode>,
);
