/** Changing issues: what is on screen changes at once, and goes back when the server refuses. */
import type {
  ApiBulkResult,
  ApiIssue,
  ApiIssueCommand,
  ApiIssueDetail,
  ApiListedIssue,
  ApiPage,
  IssueStatus,
} from "@mesher/protocol";
import { type InfiniteData, type QueryClient, useMutation, useQueryClient } from "@tanstack/react-query";
import type { IssueFilter } from "../issues/issues-search.ts";
import { type UndoStep, undoSteps } from "../issues/undo.ts";
import { toast, toastFailure } from "../ui/toasts.tsx";
import { sendJson } from "./client.ts";
import { conditionsOf } from "./queries.ts";

interface IssueOrder {
  /** As they were before. */
  readonly issues: readonly ApiIssue[];
  readonly command: ApiIssueCommand;
}

/** One goes to the server after the other: of two at once the earlier might be done last. */
const COMMANDS = { mutationKey: ["issue commands"], scope: { id: "issue commands" } } as const;

/** All issues of one order are of one project. */
export function useIssueCommands() {
  const queries = useQueryClient();
  const refresh = useRefresh();
  const undoing = useMutation({
    ...COMMANDS,
    mutationFn: async (steps: readonly UndoStep[]) => {
      for (const { issues, command } of steps) {
        showAsDone(queries, idsOf(issues), command);
        await changeByIds(issues, command);
      }
    },
    onSuccess: () => toast("Undone"),
    onError: (error) => toastFailure("Not all of it was undone.", error),
    onSettled: refresh,
  });
  return useMutation({
    ...COMMANDS,
    mutationFn: ({ issues, command }: IssueOrder) => changeByIds(issues, command),
    onMutate: async ({ issues, command }) => {
      await queries.cancelQueries({ queryKey: ["issues"] });
      const before = queries.getQueriesData({ predicate: ({ queryKey }) => isAboutIssues(queryKey) });
      showAsDone(queries, idsOf(issues), command);
      return before;
    },
    onSuccess: ({ results }, { issues, command }) => {
      const refused = new Set(results.flatMap(({ id, result }) => (result === "illegal" ? [id] : [])));
      const done = issues.filter(({ id }) => !refused.has(id));
      const steps = undoSteps(done, command, Date.now());
      if (done.length > 0) toast(`${nameOf(done)} ${pastOf(command)}`, steps && (() => undoing.mutate(steps)));
      if (refused.size > 0) {
        const these = refused.size === 1 ? "One discarded issue was" : `${refused.size} discarded issues were`;
        toastFailure(`${these} left alone.`, new Error("Undiscard first."));
      }
    },
    onError: (error, _order, before) => {
      for (const [key, data] of before ?? []) queries.setQueryData(key, data);
      toastFailure("Nothing was changed.", error);
    },
    onSettled: refresh,
  });
}

const idsOf = (issues: readonly ApiIssue[]) => new Set(issues.map(({ id }) => id));

function changeByIds(issues: readonly ApiIssue[], command: ApiIssueCommand) {
  return changeThose(issues[0]?.project_id ?? "", command, [...idsOf(issues)]);
}

/** All issues of a project that match a filter, also those that no page has loaded. */
export interface MatchingOrder {
  readonly projectSlug: string;
  readonly filter: IssueFilter;
  readonly command: ApiIssueCommand;
}

/** Requests that one order makes; each is about up to a thousand issues. */
const REQUESTS_MAX = 200;
/** Issues of one request by ids. */
const IDS_MAX = 1_000;

/** They do not leave the screen at once: which ones match is the server's to say. */
export function useMatchingCommands() {
  const refresh = useRefresh();
  return useMutation({
    ...COMMANDS,
    mutationFn: changeMatching,
    onSuccess: ({ changedIds, isWhole }, { projectSlug, filter, command }) => {
      const undo = UNDO_OF[command.do];
      const canUndo = undo !== undefined && filter.status === "unresolved" && changedIds.length > 0;
      toast(
        `${countOf(changedIds.length)} ${pastOf(command)}${isWhole ? "" : ", and there are more"}`,
        canUndo ? () => void bringBack(projectSlug, undo, changedIds).then(refresh) : undefined,
      );
    },
    onError: (error) => toastFailure("Not all of them were changed.", error),
    onSettled: refresh,
  });
}

/** Reads anew what commands change. */
function useRefresh() {
  const queries = useQueryClient();
  return () => {
    // What is read while another waits its turn would show how it was before.
    if (queries.isMutating({ mutationKey: COMMANDS.mutationKey }) > 1) return undefined;
    return queries.invalidateQueries({ predicate: ({ queryKey }) => isAboutIssues(queryKey) });
  };
}

async function bringBack(projectSlug: string, undo: "unresolve" | "undiscard", ids: readonly string[]) {
  try {
    await changeThose(projectSlug, { do: undo }, ids);
    toast("Undone");
  } catch (error) {
    toastFailure("Not all of it was undone.", error instanceof Error ? error : new Error(String(error)));
  }
}

const bulkPath = (projectSlug: string) => `api/v1/projects/${encodeURIComponent(projectSlug)}/issues/bulk`;

async function changeMatching({ projectSlug, filter, command }: MatchingOrder) {
  const changedIds: string[] = [];
  let cursor: { cursor?: string | undefined; cursor_id?: string | undefined } = {};
  for (let request = 0; request < REQUESTS_MAX; request++) {
    const body = { ...command, query: conditionsOf(filter), ...cursor };
    const answer = await sendJson<ApiBulkResult>("POST", bulkPath(projectSlug), body);
    changedIds.push(...answer.results.flatMap(({ id, result }) => (result === "changed" ? [id] : [])));
    if (!answer.has_more) return { changedIds, isWhole: true };
    cursor = { cursor: answer.next_cursor, cursor_id: answer.next_cursor_id };
  }
  return { changedIds, isWhole: false };
}

async function changeThose(project: string, command: ApiIssueCommand, ids: readonly string[]) {
  const results: ApiBulkResult["results"][number][] = [];
  for (let start = 0; start < ids.length; start += IDS_MAX) {
    const body = { ...command, ids: ids.slice(start, start + IDS_MAX) };
    results.push(...(await sendJson<ApiBulkResult>("POST", bulkPath(project), body)).results);
  }
  return { results };
}

/** Of issues that were unresolved before; of others that no page has loaded it is not known how they were. */
const UNDO_OF: Partial<Record<ApiIssueCommand["do"], "unresolve" | "undiscard">> = {
  resolve: "unresolve",
  archive: "unresolve",
  discard: "undiscard",
};

function isAboutIssues([of]: readonly unknown[]): boolean {
  return of === "issues" || of === "issue" || of === "activity";
}

function showAsDone(queries: QueryClient, ids: ReadonlySet<string>, command: ApiIssueCommand): void {
  const patch = patchOf(command);
  const lists = queries.getQueriesData<InfiniteData<ApiPage<ApiListedIssue>>>({ queryKey: ["issues"] });
  for (const [key, list] of lists) {
    if (list === undefined) continue;
    const { status } = key[2] as IssueFilter;
    const stays = (issue: ApiIssue) =>
      !ids.has(issue.id) ||
      (command.do !== "delete" && (status === "all" || patch.status === undefined || patch.status === status));
    queries.setQueryData<InfiniteData<ApiPage<ApiListedIssue>>>(key, {
      ...list,
      pages: list.pages.map((page) => ({
        ...page,
        data: page.data.filter(stays).map((issue) => (ids.has(issue.id) ? { ...issue, ...patch } : issue)),
      })),
    });
  }
  if (command.do === "delete") return;
  // An address names an issue by its short id or by its id.
  queries.setQueriesData<ApiIssueDetail>({ queryKey: ["issue"] }, (issue) =>
    issue !== undefined && ids.has(issue.id) ? { ...issue, ...patch } : issue,
  );
}

const STATUS_AFTER: Partial<Record<ApiIssueCommand["do"], IssueStatus>> = {
  resolve: "resolved",
  archive: "archived",
  discard: "discarded",
  unresolve: "unresolved",
  undiscard: "unresolved",
};

function patchOf(command: ApiIssueCommand): Partial<ApiIssue> {
  if (command.do === "assign") {
    return "team" in command
      ? { assigned_to: null, assigned_team: command.team }
      : { assigned_to: command.user_id === "" ? null : command.user_id, assigned_team: null };
  }
  if (command.do === "set_priority") {
    return command.priority === "auto" ? {} : { priority: command.priority, is_priority_set: true };
  }
  const status = STATUS_AFTER[command.do];
  // The terms of it are for the server to say.
  return status === undefined ? {} : { status, status_details: null };
}

function nameOf(issues: readonly ApiIssue[]): string {
  return issues.length === 1 ? (issues[0]?.short_id ?? "") : countOf(issues.length);
}

const countOf = (count: number) => `${count.toLocaleString("en")} ${count === 1 ? "issue" : "issues"}`;

function pastOf(command: ApiIssueCommand): string {
  if (command.do === "assign") return "user_id" in command && command.user_id === "" ? "unassigned" : "assigned";
  if (command.do === "set_priority") {
    return command.priority === "auto" ? "set to automatic priority" : `set to ${command.priority}`;
  }
  return command.do === "delete" ? "deleted" : (STATUS_AFTER[command.do] ?? "changed");
}
