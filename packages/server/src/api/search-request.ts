/** Searches as requests carry them. */
import {
  allOf,
  EVERYTHING,
  ISSUE_STATUSES,
  LEVELS,
  parseSearch,
  type SearchMoment,
  type SearchQuery,
  SearchQueryError,
  type SearchScope,
  termsOf,
} from "@mesher/protocol";
import { Type } from "typebox";
import { PG, sqlState } from "../db/errors.ts";
import type { Actor } from "../organizations/access.ts";
import { listMembers } from "../organizations/members.queries.ts";
import { listTeams, listTeamsOf } from "../organizations/teams.queries.ts";
import { TEAMS_MAX } from "../organizations/teams.ts";
import { RequestRefusedError } from "./api-error.ts";
import type { ApiDependencies } from "./dependencies.ts";
import { isUuid, oneOf } from "./pages-of-lists.ts";

export const SearchParameter = {
  query: Type.Optional(
    Type.String({ description: 'A search: `is:unresolved level:error !browser:Chrome "free text"`' }),
  ),
};

/** Names the column and what was expected there. */
export function readSearch(text: string | undefined, scope: SearchScope): SearchQuery {
  try {
    return parseSearch(text ?? "", scope);
  } catch (error) {
    if (!(error instanceof SearchQueryError)) throw error;
    const { column, expected } = error;
    throw new RequestRefusedError(400, "invalid_search", `the search cannot be understood: ${error.message}`, {
      column,
      expected,
    });
  }
}

/** Free words; where they are a search, that. People paste whatever they look for. */
export function readWords(text: string): SearchQuery {
  try {
    return parseSearch(text, "event");
  } catch (error) {
    if (!(error instanceof SearchQueryError)) throw error;
    return { kind: "words", text: [text] };
  }
}

/** The plain filters beside a search. */
export const IssueFilters = {
  status: Type.Optional(Type.String()),
  level: Type.Optional(Type.String()),
  assigned_to: Type.Optional(
    Type.String({ description: "As behind `assigned:`: a person's or team's id, `me`, `my_teams`, `#team` or `none`" }),
  ),
};

export interface GivenIssueFilters {
  readonly query?: string;
  readonly status?: string;
  readonly level?: string;
  readonly assigned_to?: string;
}

/** All of them together. */
export function readIssueSearch(given: GivenIssueFilters): SearchQuery {
  const status = oneOf("status", ISSUE_STATUSES, given.status);
  const level = oneOf("level", LEVELS, given.level);
  const assigned = given.assigned_to === "" ? undefined : given.assigned_to;
  return allOf([
    readSearch(given.query, "issue"),
    status === undefined ? EVERYTHING : { kind: "is", state: status },
    level === undefined ? EVERYTHING : { kind: "match", key: { field: "level" }, patterns: [[level]] },
    assigned === undefined ? EVERYTHING : { kind: "match", key: { field: "assigned" }, patterns: [[assigned]] },
  ]);
}

/**
 * Whom `assigned:` names, as the one who asks means it: members of the organization go by their addresses, teams by their
 * slugs. `me` is oneself, without one's teams: whoever wants both says `assigned:[me, my_teams]`.
 */
export async function assigneesAsSeenBy(
  { database }: Pick<ApiDependencies, "database">,
  actor: Actor,
  query: SearchQuery,
): Promise<SearchMoment["assigneesOf"]> {
  const { organizationId, userId } = actor;
  const names = assigneesIn(query);
  const [members, teams, ownTeams] = await Promise.all([
    names.some((name) => name.includes("@")) ? listMembers(database, organizationId) : [],
    names.some((name) => name.startsWith("#")) ? listTeams(database, { organizationId, limit: TEAMS_MAX }) : [],
    names.includes(MY_TEAMS) && userId !== undefined ? listTeamsOf(database, organizationId, userId) : [],
  ]);
  const ids = new Map([
    ...members.map((member) => [member.email.toLowerCase(), member.userId] as const),
    ...teams.map(({ slug, id }) => [`#${slug}`, id] as const),
  ]);
  return (name) => {
    if (name === MY_TEAMS) return ownTeams;
    const id = name === "me" ? userId : isUuid(name) ? name.toLowerCase() : ids.get(name.toLowerCase());
    return id === undefined ? [] : [id];
  };
}

const MY_TEAMS = "my_teams";

/** As they were typed. */
function assigneesIn(query: SearchQuery): string[] {
  return [...termsOf(query)].flatMap((term) =>
    term.kind === "match" && "field" in term.key && term.key.field === "assigned"
      ? term.patterns.map((pattern) => pattern.join("*"))
      : [],
  );
}

/** A search that takes too long is the client's to narrow. */
export async function searching<T>(search: Promise<T>): Promise<T> {
  try {
    return await search;
  } catch (error) {
    if (sqlState(error) !== PG.queryCanceled) throw error;
    throw new RequestRefusedError(503, "search_timeout", "the search took too long: name a shorter range of time");
  }
}
