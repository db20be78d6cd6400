/** How the commands name issues, and what they have in common. */
import type { ApiIssueDetail } from "@mesher/protocol";
import { type Arguments, type OptionRule, UsageError } from "../command.ts";
import { fetchAnswer, SERVER_OPTIONS, type ServerAccess } from "../server-access.ts";

export const JSON_OPTION = {
  help: "Prints what the server answers, as JSON, for programs.",
} as const satisfies OptionRule;

export const ISSUE_OPTIONS = { json: JSON_OPTION, ...SERVER_OPTIONS } as const;

export const ISSUE_NOTES = "An ISSUE is a short id such as DEFAULT-12, or the id that the API tells.";

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** Throws a CommandError when there is none. */
export function fetchIssue(access: ServerAccess, issue: string): Promise<ApiIssueDetail> {
  const path = UUID.test(issue) ? issue : `by-short-id/${encodeURIComponent(issue)}`;
  return fetchAnswer(access, `/api/v1/issues/${path}`, isIssue);
}

/** The issues that were named, at least one. */
export function issuesOf({ positionals }: Arguments, commandName: string): readonly string[] {
  if (positionals.length === 0) throw new UsageError(`mesher ${commandName} needs an issue, such as DEFAULT-12.`);
  return positionals;
}

function isIssue(value: unknown): value is ApiIssueDetail {
  const { id, short_id } = (value ?? {}) as Partial<ApiIssueDetail>;
  return typeof id === "string" && typeof short_id === "string";
}
