/** Searches that are typed, and those that are kept. */
import type {
  ApiAffected,
  ApiNewSavedSearch,
  ApiSavedSearch,
  ApiSavedSearchChange,
  ApiSuggestion,
  SearchScope,
} from "@mesher/protocol";
import { keepPreviousData, queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import { toast, toastFailure } from "../ui/toasts.tsx";
import { getJson, sendJson } from "./client.ts";

const project = (slug: string) => `api/v1/projects/${encodeURIComponent(slug)}`;

export function suggestionsQuery(projectSlug: string, scope: SearchScope, prefix: string) {
  return queryOptions({
    queryKey: ["suggestions", projectSlug, scope, prefix],
    queryFn: async ({ signal }) => {
      const path = `${project(projectSlug)}/search/suggest`;
      return (await getJson<{ data: readonly ApiSuggestion[] }>(path, { prefix, scope }, signal)).data;
    },
    staleTime: 60_000,
    placeholderData: keepPreviousData,
  });
}

export function savedSearchesQuery(projectSlug: string) {
  return queryOptions({
    queryKey: ["saved-searches", projectSlug],
    queryFn: async ({ signal }) => {
      const answer = await getJson<{ data: readonly ApiSavedSearch[] }>(
        "api/v1/saved-searches",
        { project: projectSlug },
        signal,
      );
      return answer.data;
    },
    staleTime: 60_000,
  });
}

type SavedSearchOrder =
  | { readonly do: "create"; readonly search: ApiNewSavedSearch; readonly isUndo?: boolean }
  | { readonly do: "change"; readonly search: ApiSavedSearch; readonly change: ApiSavedSearchChange }
  | { readonly do: "delete"; readonly search: ApiSavedSearch };

export function useSavedSearchOrders() {
  const queries = useQueryClient();
  const orders = useMutation({
    mutationFn: (order: SavedSearchOrder): Promise<ApiSavedSearch | ApiAffected> => {
      if (order.do === "create") return sendJson("POST", "api/v1/saved-searches", order.search);
      const path = `api/v1/saved-searches/${encodeURIComponent(order.search.id)}`;
      return order.do === "change" ? sendJson("POST", path, order.change) : sendJson("POST", `${path}/delete`);
    },
    onSuccess: (_answer, order) => {
      if (order.do === "change") toast(`“${order.change.name ?? order.search.name}” changed`);
      else if (order.do === "create") toast(order.isUndo === true ? "Undone" : `“${order.search.name}” saved`);
      else {
        const { name, query, sort, visibility, project_id } = order.search;
        const search = { name, query, sort, visibility, project_id };
        toast(`“${name}” deleted`, () => orders.mutate({ do: "create", search, isUndo: true }));
      }
    },
    onError: (error) => toastFailure("The search was not changed.", error),
    onSettled: () => queries.invalidateQueries({ queryKey: ["saved-searches"] }),
  });
  return orders;
}
