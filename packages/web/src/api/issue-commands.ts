/** Changing issues: what is on screen changes at once, and goes back when the server refuses. */
import type { ApiBulkResult, ApiIssue, ApiIssueCommand, ApiIssueDetail, ApiPage, IssueStatus } from "@mesher/protocol";
import { type InfiniteData, type QueryClient, useMutation, useQueryClient } from "@tanstack/react-query";
import { toast, toastFailure } from "../ui/toasts.tsx";
import { sendJson } from "./client.ts";
import type { IssueFilter } from "./queries.ts";

interface IssueOrder {
  readonly issues: readonly ApiIssue[];
  readonly command: ApiIssueCommand;
  /** It undoes another, which needs no way back of its own. */
  readonly isUndo?: boolean;
}

/** All issues of one order are of one project. */
export function useIssueCommands() {
  const queries = useQueryClient();
  const orders = useMutation({
    mutationFn: ({ issues, command }: IssueOrder) => {
      const project = issues[0]?.project_id ?? "";
      const path = `api/v1/projects/${encodeURIComponent(project)}/issues/bulk`;
      return sendJson<ApiBulkResult>("POST", path, { ...command, ids: issues.map(({ id }) => id) });
    },
    onMutate: async ({ issues, command }) => {
      await queries.cancelQueries({ queryKey: ["issues"] });
      const before = queries.getQueriesData({ predicate: ({ queryKey }) => isAboutIssues(queryKey) });
      showAsDone(queries, new Set(issues.map(({ id }) => id)), command);
      return before;
    },
    onSuccess: ({ results }, { issues, command, isUndo = false }) => {
      const refused = results.filter(({ result }) => result === "illegal").length;
      const done = issues.length - refused;
      const way = isUndo || refused > 0 ? undefined : undoOf(issues, command);
      const undo = way && (() => way.forEach((order) => orders.mutate(order)));
      if (done > 0) toast(isUndo ? "Undone" : `${nameOf(issues.slice(0, done))} ${pastOf(command)}`, undo);
      if (refused > 0) {
        const these = refused === 1 ? "One discarded issue was" : `${refused} discarded issues were`;
        toastFailure(`${these} left alone.`, new Error("Undiscard first."));
      }
    },
    onError: (error, _order, before) => {
      for (const [key, data] of before ?? []) queries.setQueryData(key, data);
      toastFailure("Nothing was changed.", error);
    },
    onSettled: () => queries.invalidateQueries({ predicate: ({ queryKey }) => isAboutIssues(queryKey) }),
  });
  return orders;
}

function isAboutIssues([of]: readonly unknown[]): boolean {
  return of === "issues" || of === "issue" || of === "activity";
}

function showAsDone(queries: QueryClient, ids: ReadonlySet<string>, command: ApiIssueCommand): void {
  const patch = patchOf(command);
  const lists = queries.getQueriesData<InfiniteData<ApiPage<ApiIssue>>>({ queryKey: ["issues"] });
  for (const [key, list] of lists) {
    if (list === undefined) continue;
    const { status } = key[2] as IssueFilter;
    const stays = (issue: ApiIssue) =>
      !ids.has(issue.id) ||
      (command.do !== "delete" && (status === "all" || patch.status === undefined || patch.status === status));
    queries.setQueryData<InfiniteData<ApiPage<ApiIssue>>>(key, {
      ...list,
      pages: list.pages.map((page) => ({
        ...page,
        data: page.data.filter(stays).map((issue) => (ids.has(issue.id) ? { ...issue, ...patch } : issue)),
      })),
    });
  }
  if (command.do === "delete") return;
  for (const id of ids) {
    queries.setQueryData<ApiIssueDetail>(["issue", id], (issue) => issue && { ...issue, ...patch });
  }
}

const STATUS_AFTER: Partial<Record<ApiIssueCommand["do"], IssueStatus>> = {
  resolve: "resolved",
  archive: "archived",
  discard: "discarded",
  unresolve: "unresolved",
  undiscard: "unresolved",
};

function patchOf(command: ApiIssueCommand): Partial<ApiIssue> {
  if (command.do === "assign") return { assigned_to: command.user_id === "" ? null : command.user_id };
  if (command.do === "set_priority") return command.priority === "auto" ? {} : { priority: command.priority };
  const status = STATUS_AFTER[command.do];
  return status === undefined ? {} : { status };
}

/** The orders that bring back what was; undefined where too little is known of it. */
function undoOf(issues: readonly ApiIssue[], { do: done }: ApiIssueCommand): IssueOrder[] | undefined {
  if (done === "assign") {
    const groups = Object.entries(Object.groupBy(issues, ({ assigned_to }) => assigned_to ?? ""));
    return groups.map(([user_id, group = []]) => ({ issues: group, command: { do: "assign", user_id }, isUndo: true }));
  }
  if (done === "delete" || done === "set_priority") return undefined;
  // The terms of another status than unresolved stand in no list, so it cannot be brought back as it was.
  if (issues.some(({ status }) => status !== "unresolved")) return undefined;
  return [{ issues, command: { do: done === "discard" ? "undiscard" : "unresolve" }, isUndo: true }];
}

function nameOf(issues: readonly ApiIssue[]): string {
  return issues.length === 1 ? (issues[0]?.short_id ?? "") : `${issues.length} issues`;
}

function pastOf(command: ApiIssueCommand): string {
  if (command.do === "assign") return command.user_id === "" ? "unassigned" : "assigned";
  if (command.do === "set_priority") {
    return command.priority === "auto" ? "set to automatic priority" : `set to ${command.priority}`;
  }
  return command.do === "delete" ? "deleted" : (STATUS_AFTER[command.do] ?? "changed");
}
