/** The commands that change issues: each sends one request for each issue it is given. */
import type { ApiAffected, ApiArchive, ApiIssueDetail, ApiResolve } from "@mesher/protocol";
import {
  type Arguments,
  type Command,
  CommandError,
  isGiven,
  type OptionRule,
  optionOf,
  UsageError,
} from "../command.ts";
import { printableJson } from "../printable.ts";
import { findServerAccess, postFor, SERVER_NOTES, type ServerAccess } from "../server-access.ts";
import type { Terminal } from "../terminal.ts";
import { findUserId } from "./assignee-names.ts";
import { fetchIssue, ISSUE_NOTES, ISSUE_OPTIONS, issuesOf } from "./issue-access.ts";

/** Issues of one command line. */
const ISSUES_MAX = 100;

interface Change {
  readonly name: string;
  readonly summary: string;
  readonly options?: Readonly<Record<string, OptionRule>>;
  /** The body of the request. */
  readonly bodyOf?: (given: Arguments) => object;
  /** What of the body only the server knows. */
  readonly completeBody?: (access: ServerAccess, body: object) => Promise<object>;
  /** What was done, in a sentence that starts with the issue. */
  readonly done: string;
}

const CHANGES: readonly Change[] = [
  {
    name: "resolve",
    summary: "Resolves issues: a later event is a regression.",
    options: {
      "in-release": { value: "RELEASE", help: "Only events of later releases are regressions." },
      "in-next-release": { help: "Only events of releases after the newest of now are regressions." },
    },
    bodyOf: resolveBody,
    done: "resolved",
  },
  { name: "unresolve", summary: "Makes issues unresolved again.", done: "unresolved" },
  {
    name: "archive",
    summary: "Archives issues, until they have many more events than usual.",
    options: {
      days: { value: "N", help: "For so many days instead." },
      events: { value: "N", help: "Until it happened so many times more instead." },
      "for-ever": { help: "For ever instead." },
    },
    bodyOf: archiveBody,
    done: "archived",
  },
  {
    name: "assign",
    summary: "Assigns issues to a member, to a team, or to nobody.",
    options: { to: { value: "WHOM", help: "A member's address or user id, a team's slug behind a #, or nobody." } },
    bodyOf: assignBody,
    completeBody: nameUserById,
    done: "assigned",
  },
  {
    name: "priority",
    summary: "Sets the priority of issues by hand.",
    options: { to: { value: "PRIORITY", help: "high, medium, low, or auto: told from level and volume." } },
    bodyOf: (given) => ({ priority: required(given, "to") }),
    done: "given the priority",
  },
  { name: "discard", summary: "Discards issues: their events are no longer stored.", done: "discarded" },
  { name: "undiscard", summary: "Lets the events of discarded issues in again.", done: "undiscarded" },
  {
    name: "delete",
    summary: "Deletes issues with all their events. It cannot be undone.",
    options: { yes: { help: "Needed: nobody deletes by a slip." } },
    bodyOf: (given) => {
      if (!isGiven(given, "yes"))
        throw new UsageError("mesher issues delete cannot be undone. Say --yes if you mean it.");
      return {};
    },
    done: "deleted",
  },
];

export const changeCommands: readonly Command[] = CHANGES.map((change) => ({
  name: `issues ${change.name}`,
  summary: change.summary,
  positional: "ISSUE...",
  positionalsMax: ISSUES_MAX,
  options: { ...change.options, ...ISSUE_OPTIONS },
  notes: `${ISSUE_NOTES}\n${SERVER_NOTES}`,
  run: (given, terminal) => changeIssues(change, given, terminal),
}));

async function changeIssues(change: Change, given: Arguments, terminal: Terminal): Promise<number> {
  const names = issuesOf(given, `issues ${change.name}`);
  const wanted = change.bodyOf?.(given) ?? {};
  const access = await findServerAccess(given, terminal);
  const body = (await change.completeBody?.(access, wanted)) ?? wanted;
  const changed: { id: string; short_id: string; affected: number }[] = [];
  try {
    for (const name of names) {
      const { id, short_id } = await fetchNamedIssue(access, name);
      const path = `/api/v1/issues/${encodeURIComponent(name)}/${change.name}`;
      const { affected } = await postFor(access, path, body, isAffected);
      changed.push({ id, short_id, affected });
      if (!isGiven(given, "json")) {
        terminal.print(affected === 0 ? `${short_id} was so already.\n` : `${short_id} was ${change.done}.\n`);
      }
    }
  } finally {
    // One that is refused ends it: what was changed until then stays changed, and is told.
    if (isGiven(given, "json")) terminal.print(`${printableJson(changed, 2)}\n`);
  }
  return 0;
}

/**
 * Throws a CommandError for an issue that went into another one: its name reads the other one, which nobody means who changes
 * it by that name. What is sent then names the issue as it was typed, so that the server refuses too what has changed since.
 */
async function fetchNamedIssue(access: ServerAccess, name: string): Promise<ApiIssueDetail> {
  const issue = await fetchIssue(access, name);
  // By the number alone: the part before it may be a slug that the project had before.
  const number = issue.short_id.slice(issue.short_id.lastIndexOf("-"));
  if (name.toLowerCase() === issue.id || name.endsWith(number)) return issue;
  throw new CommandError(`${name} went into ${issue.short_id}: name that.`);
}

function resolveBody(given: Arguments): ApiResolve {
  const release = optionOf(given, "in-release");
  if (release !== undefined && isGiven(given, "in-next-release")) {
    throw new UsageError("--in-release and --in-next-release exclude each other.");
  }
  if (release !== undefined) return { mode: "in_release", release };
  return isGiven(given, "in-next-release") ? { mode: "in_next_release" } : {};
}

function assignBody(given: Arguments): object {
  const to = required(given, "to");
  if (to.startsWith("#")) return { team: to.slice(1) };
  return { user_id: to === "nobody" ? "" : to };
}

async function nameUserById(access: ServerAccess, body: { readonly user_id?: string }): Promise<object> {
  return body.user_id?.includes("@") === true ? { user_id: await findUserId(access, body.user_id) } : body;
}

function archiveBody(given: Arguments): ApiArchive {
  const chosen = ["days", "events", "for-ever"].filter((name) => isGiven(given, name));
  if (chosen.length > 1) throw new UsageError("--days, --events and --for-ever exclude each other.");
  if (isGiven(given, "days")) return { mode: "for_days", days: wholeNumber(given, "days") };
  if (isGiven(given, "events")) return { mode: "for_events", events: wholeNumber(given, "events") };
  return isGiven(given, "for-ever") ? { mode: "for_ever" } : {};
}

/** The server knows the greatest. */
function wholeNumber(given: Arguments, name: string): number {
  const text = optionOf(given, name) ?? "";
  if (!/^[1-9]\d{0,9}$/.test(text)) throw new UsageError(`--${name} is "${text}", but must be a whole number from 1.`);
  return Number(text);
}

function required(given: Arguments, name: string): string {
  const text = optionOf(given, name);
  // An empty one is most likely a variable of a script that is not set; it must not mean nobody.
  if (text === undefined || text === "") throw new UsageError(`--${name} is missing.`);
  return text;
}

function isAffected(value: unknown): value is ApiAffected {
  return typeof (value as Partial<ApiAffected> | null)?.affected === "number";
}
