/** Making one issue of several, and several of one; each can be undone by the other. */
import type { ApiIssue, ApiIssueDetail, ApiMergeResult } from "@mesher/protocol";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { toast, toastFailure } from "../ui/toasts.tsx";
import { getJson, sendJson } from "./client.ts";

/** Of an issue, all that is needed to name it. */
export type NamedIssue = Pick<ApiIssue, "id" | "short_id">;

export interface MergeOrder {
  /** The one that stays. */
  readonly into: NamedIssue;
  readonly issues: readonly NamedIssue[];
}

export interface TakeOutOrder {
  readonly of: NamedIssue;
  readonly fingerprints: readonly string[];
  /** What comes out. */
  readonly issues: readonly NamedIssue[];
  /** It undoes a merge, and is not to be undone itself. */
  readonly isUndo?: boolean;
}

/** Issues that one request merges. */
export const MERGED_ISSUES_MAX = 100;

export function useMerge() {
  const refresh = useRefresh();
  const takeOut = useTakeOut();
  return useMutation({
    mutationFn: async ({ into, issues }: MergeOrder) => {
      const before = new Set((await readIssue(into)).fingerprints.map(({ fingerprint }) => fingerprint));
      const result = await sendJson<ApiMergeResult>("POST", pathOf(into, "/merge"), {
        ids: issues.map(({ id }) => id),
      });
      return { before, result };
    },
    onSuccess: ({ before }, { into, issues }) => {
      const undo = async () => {
        const { fingerprints } = await readIssue(into);
        const added = fingerprints.filter(({ fingerprint, merged_from }) => merged_from && !before.has(fingerprint));
        takeOut.mutate({ of: into, fingerprints: added.map(({ fingerprint }) => fingerprint), issues, isUndo: true });
      };
      toast(
        `${nameOf(issues)} ${issues.length === 1 ? "is" : "are"} part of ${into.short_id} now`,
        () => void undo().catch((error: unknown) => tellNotUndone(error)),
      );
    },
    onError: (error) => toastFailure("Nothing was merged.", error),
    onSettled: refresh,
  });
}

export function useTakeOut() {
  const refresh = useRefresh();
  const mergeBack = useMutation({
    mutationFn: ({ into, issues }: MergeOrder) =>
      sendJson<ApiMergeResult>("POST", pathOf(into, "/merge"), { ids: issues.map(({ id }) => id) }),
    onSuccess: () => toast("Undone"),
    onError: tellNotUndone,
    onSettled: refresh,
  });
  return useMutation({
    mutationFn: ({ of, fingerprints }: TakeOutOrder) =>
      sendJson<ApiMergeResult>("POST", pathOf(of, "/unmerge"), { fingerprints }),
    onSuccess: (_result, { of, issues, isUndo = false }) => {
      if (isUndo) return toast("Undone");
      toast(`${nameOf(issues)} ${issues.length === 1 ? "is an issue" : "are issues"} again`, () =>
        mergeBack.mutate({ into: of, issues }),
      );
    },
    onError: (error, { isUndo = false }) =>
      isUndo ? tellNotUndone(error) : toastFailure("Nothing was taken out.", error),
    onSettled: refresh,
  });
}

const pathOf = ({ id }: NamedIssue, what: string) => `api/v1/issues/${encodeURIComponent(id)}${what}`;

/** As it is now, not as a page has read it. */
const readIssue = (issue: NamedIssue) => getJson<ApiIssueDetail>(pathOf(issue, ""), {}, new AbortController().signal);

function tellNotUndone(error: unknown): void {
  toastFailure("It was not undone.", error instanceof Error ? error : new Error(String(error)));
}

function nameOf(issues: readonly NamedIssue[]): string {
  return issues.length === 1 ? (issues[0]?.short_id ?? "") : `${issues.length} issues`;
}

function useRefresh() {
  const queries = useQueryClient();
  return () =>
    queries.invalidateQueries({
      predicate: ({ queryKey: [of] }) => ["issue", "issues", "activity", "issue-events"].includes(String(of)),
    });
}
