import { useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useEffect } from "react";
import { onOtherTab } from "../api/other-tabs.ts";
import { currentToken, isSignInDemanded, takeLogin } from "../api/token.ts";

/**
 * What another tab made of the login counts here: a slug on screen may be that of another organization's project now. For one place
 * that is on every page.
 */
export function useOneLogin(): void {
  const queries = useQueryClient();
  const navigate = useNavigate();
  useEffect(
    () =>
      onOtherTab((change) => {
        // A token is not shared.
        if (currentToken() !== null) return;
        if (change === "login" && isSignInDemanded()) takeLogin();
        const away = change === "organization" ? navigate({ to: "/" }) : Promise.resolve();
        void away.then(() => queries.resetQueries());
      }),
    [queries, navigate],
  );
}
