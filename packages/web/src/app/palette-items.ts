import type { ApiIssue, ApiProject } from "@mesher/protocol";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useDeferredValue } from "react";
import { palettedIssuesQuery } from "../api/palette-queries.ts";
import { projectsQuery } from "../api/queries.ts";
import { hasRole, sessionQuery } from "../api/session.ts";
import { signOut } from "../sign-in/sign-in.ts";
import type { Key } from "../ui/key-bindings.ts";
import { toastFailure } from "../ui/toasts.tsx";
import { useCurrentProject } from "./current-project.ts";
import { keysHelp } from "./keys-help.tsx";
import { matchWords } from "./match-words.ts";
import { ORGANIZATION_PLACES, PROJECT_PLACES, SERVER_PLACES, YOUR_PLACES } from "./places.ts";
import { keepTheme, THEMES } from "./theme.ts";
import { useOrganizationChoice } from "./use-organization-choice.ts";

export interface PaletteItem {
  readonly id: string;
  readonly group: string;
  readonly name: string;
  /** Beside the name, smaller; searched as well. */
  readonly note?: string;
  readonly key?: Key;
  readonly run: () => void;
}

/** The only group whose members are asked for. */
export const ISSUES_GROUP = "Issues";

/** Groups with many members show their best. */
const PER_GROUP_MAX = 8;

/**
 * All that fits to what was typed, best first within each group. What is known is found at once; only issues, which
 * are asked for, may be those of what was typed before, while `isSearching`.
 */
export function usePaletteItems(typed: string): {
  readonly items: readonly PaletteItem[];
  readonly isSearching: boolean;
} {
  const query = typed.trim();
  const known = useKnownItems();
  const { issues, isSearching } = useFoundIssues(query);
  const fitting = known
    .map((item) => ({ item, rank: matchWords(query, `${item.name} ${item.note ?? ""}`) }))
    .filter((each): each is { item: PaletteItem; rank: number } => each.rank !== undefined)
    .toSorted((a, b) => a.rank - b.rank)
    .map(({ item }) => item);
  // The group of the best comes first.
  const groups = Object.values(Object.groupBy([...fitting, ...issues], ({ group }) => group));
  return { items: groups.flatMap((group = []) => group.slice(0, PER_GROUP_MAX)), isSearching };
}

function useKnownItems(): PaletteItem[] {
  const navigate = useNavigate();
  const current = useCurrentProject();
  const projects = useQuery(projectsQuery()).data ?? [];
  const session = useQuery(sessionQuery()).data;
  const places = [...SERVER_PLACES, ...ORGANIZATION_PLACES].filter(({ least }) => hasRole(session, least));
  return [
    ...(current === undefined ? [] : placesOf(current, navigate)),
    { id: "overview", group: "Go to", name: "Overview", key: "g o", run: () => void navigate({ to: "/" }) },
    ...[...places, ...YOUR_PLACES].map(({ to, name }) => ({
      id: to,
      group: "Go to",
      name,
      run: () => void navigate({ to }),
    })),
    ...projects.map(({ id, slug, name }) => ({
      id,
      group: "Projects",
      name,
      note: slug,
      run: () => void navigate({ to: "/projects/$slug", params: { slug } }),
    })),
    ...(hasRole(session, "admin")
      ? [{ id: "new-project", group: "Do", name: "New project", run: () => void navigate({ to: "/new-project" }) }]
      : []),
    ...useActions(),
  ];
}

function placesOf({ slug, name: project }: ApiProject, navigate: ReturnType<typeof useNavigate>): PaletteItem[] {
  return PROJECT_PLACES.map(({ to, name, key }) => ({
    id: `${slug} ${to}`,
    group: project,
    name,
    note: project,
    key,
    run: () => void navigate({ to, params: { slug } }),
  }));
}

function useActions(): PaletteItem[] {
  const queries = useQueryClient();
  const { others, choose } = useOrganizationChoice();
  const leaving = useMutation({
    mutationFn: () => signOut(queries),
    onError: (error) => toastFailure("You are still signed in.", error),
  });
  return [
    ...others.map(({ slug, name }) => ({
      id: `organization ${slug}`,
      group: "Do",
      name: `Switch to ${name}`,
      note: "organization",
      run: () => choose(slug),
    })),
    ...THEMES.map((theme) => ({
      id: `theme ${theme}`,
      group: "Do",
      name: `Theme: ${theme}`,
      run: () => keepTheme(theme),
    })),
    { id: "keys", group: "Do", name: "Show all keys", key: "?", run: keysHelp.set },
    { id: "sign-out", group: "Do", name: "Sign out", run: () => leaving.mutate() },
  ];
}

function useFoundIssues(query: string): { issues: PaletteItem[]; isSearching: boolean } {
  const navigate = useNavigate();
  const current = useCurrentProject();
  const projects = useQuery(projectsQuery()).data ?? [];
  const asked = useDeferredValue(query);
  const found = useQuery(palettedIssuesQuery(asked, current === undefined ? projects : [current]));
  const issues = (found.data ?? []).map((issue: ApiIssue) => ({
    id: issue.id,
    group: ISSUES_GROUP,
    name: issue.title,
    note: issue.short_id,
    run: () => void navigate({ to: "/issues/$issueId", params: { issueId: issue.id } }),
  }));
  return { issues, isSearching: asked !== query || found.isFetching };
}
