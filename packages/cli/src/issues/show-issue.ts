import type { ApiActivity, ApiIssueDetail } from "@mesher/protocol";
import { alignColumns } from "../align-columns.ts";
import { type Arguments, type Command, CommandError, isGiven } from "../command.ts";
import { printable, printableJson } from "../printable.ts";
import { findServerAccess, SERVER_NOTES, type ServerAccess } from "../server-access.ts";
import type { Terminal } from "../terminal.ts";
import { fetchAssigneeNames } from "./assignee-names.ts";
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
  if (isGiven(given, "json")) terminal.print(`${printableJson(issue, 2)}\n`);
  else terminal.print(`${formatIssue(issue, await fetchNames(access, issue))}\n`);
  return 0;
}

type Names = ReadonlyMap<string, string>;

async function fetchNames(access: ServerAccess, { assigned_to, assigned_team, activity }: ApiIssueDetail) {
  const isAnybodyNamed =
    assigned_to !== null || assigned_team !== null || activity.some(({ kind }) => kind === "assigned");
  if (!isAnybodyNamed) return new Map<string, string>();
  try {
    return await fetchAssigneeNames(access);
  } catch (error) {
    // A token may read issues and not people: then their ids are what can be told.
    if (error instanceof CommandError) return new Map<string, string>();
    throw error;
  }
}

function formatIssue(issue: ApiIssueDetail, names: Names): string {
  const { status_details: details, first_release, last_release } = issue;
  const facts = alignColumns([
    ["Issue", `${issue.short_id} (${issue.id})`],
    ["Status", details === null ? issue.status : `${issue.status}: ${formatDetails(details)}`],
    ["Priority", issue.is_priority_set ? `${issue.priority}, set by hand` : issue.priority],
    ["Assigned to", nameOf(issue.assigned_to ?? issue.assigned_team, names)],
    ["Level", issue.level],
    ["Where", issue.culprit === "" ? "-" : issue.culprit],
    ["Events", `${issue.event_count}, from ${issue.first_seen} to ${issue.last_seen}`],
    ["Releases", first_release === null ? "-" : `${first_release} to ${last_release ?? first_release}`],
    ["Latest event", issue.latest_event_id ?? "-"],
  ]);
  const similar = issue.similar_issues.map(({ short_id, title }) => printable(`  ${short_id}  ${title}`));
  const activity = issue.activity.map((each) => formatActivity(each, names));
  return [
    printable(issue.title),
    facts,
    ...(similar.length === 0 ? [] : [["Similar issues:", ...similar].join("\n")]),
    ...(activity.length === 0 ? [] : [["What happened, newest first:", ...activity].join("\n")]),
  ].join("\n\n");
}

/** One that was removed since is told by the id. */
const nameOf = (id: string | null, names: Names) => (id === null ? "nobody" : (names.get(id) ?? id));

function formatActivity({ at, kind, actor, comment, details }: ApiActivity, names: Names): string {
  const told = comment ?? (kind === "assigned" ? formatAssignment(details, names) : formatDetails(details));
  return printable(`  ${at}  ${kind.replaceAll("_", " ")} by ${actor.name}${told === "" ? "" : `: ${told}`}`);
}

function formatAssignment(details: ApiActivity["details"], names: Names): string {
  const idOf = (...ids: readonly unknown[]) => ids.find((id) => typeof id === "string") ?? null;
  const to = idOf(details["user_id"], details["team_id"]);
  const before = idOf(details["before"], details["team_before"]);
  return `to ${nameOf(to, names)}${before === null ? "" : `, before ${nameOf(before, names)}`}`;
}

function formatDetails(details: object): string {
  return Object.entries(details)
    .filter(([, value]) => value !== null)
    .map(([name, value]) =>
      name === "mode" ? String(value) : `${name} ${typeof value === "string" ? value : JSON.stringify(value)}`,
    )
    .join(", ");
}
