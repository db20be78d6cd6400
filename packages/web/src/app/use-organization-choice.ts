import type { ApiMembership } from "@mesher/protocol";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { sendJson } from "../api/client.ts";
import { tellOtherTabs } from "../api/other-tabs.ts";
import { sessionQuery } from "../api/session.ts";
import { toastFailure } from "../ui/toasts.tsx";

export interface OrganizationChoice {
  readonly current: ApiMembership | undefined;
  /** Those somebody could change to. */
  readonly others: readonly ApiMembership[];
  readonly choose: (slug: string) => void;
}

/** Which organization the pages are about. */
export function useOrganizationChoice(): OrganizationChoice {
  const queries = useQueryClient();
  const navigate = useNavigate();
  const session = useQuery(sessionQuery()).data;
  const choice = useMutation({
    mutationFn: (slug: string) => sendJson<ApiMembership>("POST", "api/v1/me/organization", { organization: slug }),
    onSuccess: async () => {
      tellOtherTabs("organization");
      // Everything that was read is about the other organization, the page that is on screen as well.
      await navigate({ to: "/" });
      await queries.resetQueries();
    },
    onError: (error) => toastFailure("The organization was not changed.", error),
  });
  const current = session?.organization;
  return {
    current,
    // A token is of one organization.
    others: session?.user === null ? [] : (session?.organizations ?? []).filter(({ id }) => id !== current?.id),
    choose: (slug) => choice.mutate(slug),
  };
}
