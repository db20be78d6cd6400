import type { ApiActivity, ApiIssueDetail } from "@mesher/protocol";
import { alignColumns } from "../align-columns.ts";
import { type Arguments, type Command, isGiven } from "../command.ts";
import { findServerAccess, SERVER_NOTES } from "../server-access.ts";
import type { Terminal } from "../terminal.ts";
import { fetchIssue, ISSUE_NOTES, ISSUE_OPTIONS, issuesOf } from "./issue-access.ts";

export const showCommand: Command = {
  name: "issues show",
  summary: "Shows one issue: its state, numbers, similar ones, and what happened to it.",
  positional: "ISSUE",
  options: ISSUE_OPTIONS,
  notes: `${ISSUE_NOTES}\n${SERVER_NOTES}`,
  run: showIssue,
};

async function showIssue(given: Arguments, terminal: Terminal): Promise<number> {
  const [name = ""] = issuesOf(given, "issues show");
  const access = await findServerAccess(given, terminal);
  const issue = await fetchIssue(access, name);
  terminal.print(`${isGiven(given, "json") ? JSON.stringify(issue, null, 2) : formatIssue(issue)}\n`);
  return 0;
}

function formatIssue(issue: ApiIssueDetail): string {
  const { status_details: details, first_release, last_release } = issue;
  const facts = alignColumns([
    ["Issue", `${issue.short_id} (${issue.id})`],
    ["Status", details === null ? issue.status : `${issue.status}: ${formatDetails(details)}`],
    ["Priority", issue.is_priority_set ? `${issue.priority}, set by hand` : issue.priority],
    ["Assigned to", issue.assigned_team === null ? (issue.assigned_to ?? "nobody") : `team ${issue.assigned_team}`],
    ["Level", issue.level],
    ["Where", issue.culprit === "" ? "-" : issue.culprit],
    ["Events", `${issue.event_count}, from ${issue.first_seen} to ${issue.last_seen}`],
    ["Releases", first_release === null ? "-" : `${first_release} to ${last_release ?? first_release}`],
    ["Latest event", issue.latest_event_id ?? "-"],
  ]);
  const similar = issue.similar_issues.map(({ short_id, title }) => `  ${short_id}  ${title}`);
  const activity = issue.activity.map(formatActivity);
  return [
    issue.title,
    facts,
    ...(similar.length === 0 ? [] : [["Similar issues:", ...similar].join("\n")]),
    ...(activity.length === 0 ? [] : [["What happened, newest first:", ...activity].join("\n")]),
  ].join("\n\n");
}

function formatActivity({ at, kind, actor, comment, details }: ApiActivity): string {
  const told = comment ?? formatDetails(details);
  return `  ${at}  ${kind.replaceAll("_", " ")} by ${actor.name}${told === "" ? "" : `: ${told}`}`;
}

function formatDetails(details: object): string {
  return Object.entries(details)
    .filter(([, value]) => value !== null)
    .map(([name, value]) =>
      name === "mode" ? String(value) : `${name} ${typeof value === "string" ? value : JSON.stringify(value)}`,
    )
    .join(", ");
}
