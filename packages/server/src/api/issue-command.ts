/** From the body of a request to what shall be done with issues. */
import { PRIORITIES } from "@mesher/protocol";
import { type Static, Type } from "typebox";
import { DAY_MS } from "../events/partitions.ts";
import type { IssueCommand } from "../issues/change-issues.ts";
import { badRequest } from "./api-error.ts";

/** An archive lasts at most ten years, or for a number of events that a counter can reach. */
const ARCHIVE_DAYS_MAX = 3_650;
const ARCHIVE_EVENTS_MAX = 1_000_000_000;

/** As long as events' releases may be. */
const RELEASE_LENGTH_MAX = 250;
const USER_ID_LENGTH_MAX = 64;
const TEAM_LENGTH_MAX = 64;

export const COMMANDS = [
  "resolve",
  "unresolve",
  "archive",
  "discard",
  "undiscard",
  "delete",
  "assign",
  "set_priority",
] as const;
export type CommandName = (typeof COMMANDS)[number];

/** The fields of all commands; which of them belong together depends on the command. */
export const CommandFields = {
  mode: Type.Optional(Type.String({ description: "Of resolve and archive: see ApiResolve and ApiArchive" })),
  release: Type.Optional(Type.String({ minLength: 1, maxLength: RELEASE_LENGTH_MAX })),
  days: Type.Optional(Type.Integer({ minimum: 1, maximum: ARCHIVE_DAYS_MAX })),
  events: Type.Optional(Type.Integer({ minimum: 1, maximum: ARCHIVE_EVENTS_MAX })),
  user_id: Type.Optional(Type.String({ maxLength: USER_ID_LENGTH_MAX, description: 'A member; "": nobody' })),
  team: Type.Optional(Type.String({ minLength: 1, maxLength: TEAM_LENGTH_MAX, description: "Its id or slug" })),
  priority: Type.Optional(Type.String({ description: "high, medium, low or auto" })),
};
const CommandBody = Type.Object(CommandFields);
export type CommandBody = Static<typeof CommandBody>;

/** As it was asked for: nobody has looked yet whether there is such a member or team. */
export type GivenCommand =
  | Exclude<IssueCommand, { readonly do: "assign" }>
  | { readonly do: "delete" }
  | { readonly do: "assign"; readonly to: { readonly userId: string } | { readonly team: string } | null };

/** Throws a refusal that names the field. */
export function commandOf(name: CommandName, body: CommandBody, nowMs: number): GivenCommand {
  if (name === "resolve") return resolveOf(body);
  if (name === "archive") return archiveOf(body, nowMs);
  if (name === "assign") return assignmentOf(body);
  if (name === "set_priority") return { do: name, priority: priorityOf(body) };
  return { do: name };
}

function resolveOf({ mode = "now", release }: CommandBody): GivenCommand {
  if (mode === "in_release") return { do: "resolve", mode, release: given("release", release) };
  if (mode === "now" || mode === "in_next_release") return { do: "resolve", mode };
  throw badRequest("mode must be one of now, in_release, in_next_release");
}

function archiveOf({ mode = "until_escalating", days, events }: CommandBody, nowMs: number): GivenCommand {
  if (mode === "for_days") {
    return { do: "archive", mode: "until_time", until: new Date(nowMs + given("days", days) * DAY_MS) };
  }
  if (mode === "for_events") return { do: "archive", mode, events: given("events", events) };
  if (mode === "until_escalating" || mode === "for_ever") return { do: "archive", mode };
  throw badRequest("mode must be one of until_escalating, for_days, for_events, for_ever");
}

function assignmentOf({ user_id: userId, team }: CommandBody): GivenCommand {
  if (team !== undefined && userId !== undefined) throw badRequest("user_id and team exclude each other");
  if (team !== undefined) return { do: "assign", to: { team } };
  const id = given("user_id", userId);
  return { do: "assign", to: id === "" ? null : { userId: id } };
}

function priorityOf({ priority }: CommandBody) {
  if (priority === "auto") return null;
  const found = PRIORITIES.find((each) => each === priority);
  if (found === undefined) throw badRequest(`priority must be one of ${PRIORITIES.join(", ")}, auto`);
  return found;
}

function given<T>(name: string, value: T | undefined): T {
  if (value === undefined) throw badRequest(`${name} is missing`);
  return value;
}
