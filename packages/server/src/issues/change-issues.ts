/**
 * Carries out what a person decided about issues, in chunks: each chunk is one transaction, which locks its issues, asks the
 * table of `lifecycle.ts`, and writes the new states with their activity. The changes are told after the commit.
 */
import type { ApiIssueResult, Priority } from "@mesher/protocol";
import type { Database } from "../db/database.ts";
import { type Transaction, withTransaction } from "../db/transaction.ts";
import { findNewestReleases } from "../releases/releases.queries.ts";
import { insertActivity } from "./activity.queries.ts";
import { auditBulk, auditIssueChanges } from "./audit-issues.ts";
import {
  holdAssignee,
  type IssueAssignee,
  type IssueSelection,
  type IssueState,
  type LockedIssue,
  lockIssues,
  setIssueStates,
  setUrgencies,
} from "./change-issues.queries.ts";
import type { IssueActor, IssueChange } from "./issue-change.ts";
import type { IssueKey } from "./issues.queries.ts";
import { type Cause, decide, type Standing } from "./lifecycle.ts";

export type IssueCommand =
  | { readonly do: "resolve"; readonly mode: "now" | "in_next_release" }
  | { readonly do: "resolve"; readonly mode: "in_release"; readonly release: string }
  | { readonly do: "archive"; readonly mode: "until_escalating" | "for_ever" }
  | { readonly do: "archive"; readonly mode: "until_time"; readonly until: Date }
  /** `events`: how many more. */
  | { readonly do: "archive"; readonly mode: "for_events"; readonly events: number }
  | { readonly do: "unresolve" | "discard" | "undiscard" }
  | { readonly do: "assign"; readonly assignee: IssueAssignee | null }
  | { readonly do: "set_priority"; readonly priority: Priority | null };

/** The person or team is not of the organization, or not any more. */
export class AssigneeGoneError extends Error {
  override readonly name = "AssigneeGoneError";
  readonly kind: IssueAssignee["kind"];

  constructor({ kind, id }: IssueAssignee) {
    super(`there is no ${kind} ${id} in the organization`);
    this.kind = kind;
  }
}

/** What one request of a person is about. */
export interface IssueRequest<Command> extends IssueSelection {
  readonly command: Command;
  readonly actor: IssueActor;
  /** One request for many issues, which the audit log names as such. */
  readonly isBulk?: boolean;
}

export type IssueResults = ReadonlyMap<string, ApiIssueResult>;

/** Issues of one transaction: rows stay locked as long as it lasts, and events of them wait. */
export const CHUNK_ISSUES = 100;

/** The result for each id, those that do not exist included. May throw an AssigneeGoneError. `tell` hears every change once, after it is committed. */
export async function changeIssues(
  database: Database,
  request: IssueRequest<IssueCommand>,
  tell: (change: IssueChange) => void,
): Promise<IssueResults> {
  return inChunks(request, (chunk) => withTransaction(database, (tx) => changeChunk(tx, chunk)), tell);
}

export interface ChunkOutcome {
  readonly results: IssueResults;
  readonly changes: readonly IssueChange[];
}

export async function inChunks<Command>(
  request: IssueRequest<Command>,
  run: (chunk: IssueRequest<Command>) => Promise<ChunkOutcome>,
  tell: (change: IssueChange) => void,
): Promise<IssueResults> {
  const ids = [...new Set(request.ids)];
  const results = new Map<string, ApiIssueResult>();
  for (let start = 0; start < ids.length; start += CHUNK_ISSUES) {
    const chunk = ids.slice(start, start + CHUNK_ISSUES);
    const outcome = await run({ ...request, ids: chunk });
    for (const id of chunk) results.set(id, outcome.results.get(id) ?? "not_found");
    for (const change of outcome.changes) tell(change);
  }
  return results;
}

interface Change {
  readonly kind: "changed";
  readonly to: IssueState;
  readonly action: IssueChange["action"];
  readonly details: IssueChange["details"];
}

async function changeChunk(tx: Transaction, request: IssueRequest<IssueCommand>): Promise<ChunkOutcome> {
  const { command, actor } = request;
  const assignee = command.do === "assign" ? command.assignee : null;
  if (assignee !== null && !(await holdAssignee(tx, request.organizationId, assignee)))
    throw new AssigneeGoneError(assignee);
  const issues = await lockIssues(tx, request);
  const newest = await newestReleasesFor(tx, command, issues);

  const results = new Map<string, ApiIssueResult>();
  const states: (IssueKey & IssueState)[] = [];
  const changes: IssueChange[] = [];
  for (const issue of issues) {
    const { projectId, issueId } = issue;
    const outcome = changeOf(issue, command, newest.get(projectId) ?? null);
    results.set(issueId, outcome.kind);
    if (outcome.kind !== "changed") continue;
    states.push({ projectId, issueId, ...outcome.to });
    changes.push({ projectId, issueId, action: outcome.action, actor, details: outcome.details });
  }
  await setIssueStates(tx, states);
  if (command.do === "set_priority") await setUrgencies(tx, states);
  await insertActivity(tx, changes);
  await auditIssueChanges(tx, request.organizationId, changes);
  if (request.isBulk === true) await auditBulk(tx, request.organizationId, { command: command.do, changes });
  return { results, changes };
}

async function newestReleasesFor(
  tx: Transaction,
  command: IssueCommand,
  issues: readonly IssueKey[],
): Promise<ReadonlyMap<string, string>> {
  if (command.do !== "resolve" || command.mode !== "in_next_release") return new Map();
  return findNewestReleases(tx, [...new Set(issues.map(({ projectId }) => projectId))]);
}

function changeOf(
  issue: LockedIssue,
  command: IssueCommand,
  newestRelease: string | null,
): Change | { readonly kind: "unchanged" | "illegal" } {
  const { standing, assignee, prioritySet } = issue;
  if (command.do === "assign") {
    const to = command.assignee;
    if (assignee?.id === to?.id) return { kind: "unchanged" };
    return {
      kind: "changed",
      to: { standing, assignee: to, prioritySet },
      action: "assigned",
      details: detailsOfAssignment(to, assignee),
    };
  }
  if (command.do === "set_priority") {
    const { priority } = command;
    if (prioritySet === priority) return { kind: "unchanged" };
    return {
      kind: "changed",
      to: { standing, assignee, prioritySet: priority },
      action: "priority_set",
      details: { priority: priority ?? "auto", before: prioritySet ?? "auto" },
    };
  }
  const { cause, wanted } = intentOf(command, issue, newestRelease);
  const decision = decide(standing, cause, wanted);
  if (decision.kind !== "changed") return decision;
  const details = detailsOf(decision.to);
  return { kind: "changed", to: { standing: decision.to, assignee, prioritySet }, action: decision.action, details };
}

type StatusCommand = Exclude<IssueCommand, { readonly do: "assign" | "set_priority" }>;

function intentOf(
  command: StatusCommand,
  { eventCount }: LockedIssue,
  newestRelease: string | null,
): { readonly cause: Exclude<Cause, "delete">; readonly wanted: Standing } {
  if (command.do === "resolve") {
    const resolution =
      command.mode === "in_next_release"
        ? ({ mode: command.mode, after: newestRelease } as const)
        : command.mode === "in_release"
          ? ({ mode: command.mode, release: command.release } as const)
          : ({ mode: command.mode } as const);
    return { cause: "resolve", wanted: { status: "resolved", resolution } };
  }
  if (command.do === "archive") {
    const terms =
      command.mode === "until_time"
        ? ({ mode: command.mode, until: command.until } as const)
        : command.mode === "for_events"
          ? ({ mode: "until_count", eventCount: eventCount + command.events } as const)
          : ({ mode: command.mode } as const);
    return { cause: "archive", wanted: { status: "archived", terms } };
  }
  return { cause: command.do, wanted: { status: command.do === "discard" ? "discarded" : "unresolved" } };
}

/** What the activity keeps of an assignment: `user_id` and `before` are people, and null where it is a team. */
export function detailsOfAssignment(to: IssueAssignee | null, from: IssueAssignee | null): IssueChange["details"] {
  const personOf = (each: IssueAssignee | null) => (each?.kind === "user" ? each.id : null);
  return {
    user_id: personOf(to),
    before: personOf(from),
    ...(to?.kind === "team" && { team_id: to.id }),
    ...(from?.kind === "team" && { team_before: from.id }),
  };
}

/** What the activity keeps of a standing beside its name. */
function detailsOf(standing: Standing): IssueChange["details"] {
  if (standing.status === "resolved") return { ...standing.resolution };
  if (standing.status !== "archived") return {};
  const { terms } = standing;
  if (terms.mode === "until_time") return { mode: terms.mode, until: terms.until.toISOString() };
  if (terms.mode === "until_count") return { mode: terms.mode, event_count: terms.eventCount };
  return { mode: terms.mode };
}
