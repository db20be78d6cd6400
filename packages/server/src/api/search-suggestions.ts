/** What could be typed next in a search. */
import {
  type ApiSuggestion,
  ISSUE_STATES,
  printSearch,
  SEARCH_FIELDS,
  type SearchField,
  type SearchKey,
  type SearchScope,
  searchFieldOf,
} from "@mesher/protocol";
import { type Static, Type } from "typebox";
import { alwaysSearchable } from "../dashboards/counted-tags.ts";
import { listOwnKeys, suggestValues } from "../dashboards/tags.queries.ts";
import type { ApiDependencies, App } from "./dependencies.ts";
import { oneOf } from "./pages-of-lists.ts";
import { findProject } from "./projects.ts";

const READ = { config: { access: { role: "member", scope: "event:read" } } } as const;
const SuggestQuery = Type.Object({
  prefix: Type.Optional(
    Type.String({ maxLength: 300, description: "The term that is being typed: `bro`, `!browser:Ch`" }),
  ),
  scope: Type.Optional(Type.String({ description: "`issue` (the default) or `event`" })),
});

const SUGGESTIONS_MAX = 20;
/** Values of events received since then. */
const VALUES_MS = 24 * 3_600_000;

export function registerSearchSuggestionRoutes(app: App, deps: ApiDependencies): void {
  app.get<{ Params: { project: string }; Querystring: Static<typeof SuggestQuery> }>(
    "/api/v1/projects/:project/search/suggest",
    { schema: { querystring: SuggestQuery }, ...READ },
    async (request): Promise<{ data: readonly ApiSuggestion[] }> => {
      const { organizationId } = await deps.authenticate(request);
      const { id } = await findProject(deps, organizationId, request.params.project);
      const scope = oneOf("scope", ["issue", "event"], request.query.scope) ?? "issue";
      const typed = request.query.prefix ?? "";
      const negation = typed.startsWith("!") ? "!" : "";
      const term = typed.slice(negation.length);
      const {
        tag,
        key,
        value = "",
      } = /^(?:tags\[(?<tag>[^\]]+)\]|"(?<key>[^"]+)"|(?<key>[^:"]+)):(?<value>.*)$/s.exec(term)?.groups ?? {};
      const suggestions =
        tag !== undefined
          ? await suggestCounted(deps, id, { tag }, value)
          : key !== undefined
            ? await suggestValuesOf(deps, id, scope, key, value)
            : await suggestKeys(deps, id, scope, term);
      return {
        data: suggestions.slice(0, SUGGESTIONS_MAX).map((each) => ({ ...each, text: negation + each.text })),
      };
    },
  );
}

async function suggestKeys(deps: ApiDependencies, projectId: string, scope: SearchScope, prefix: string) {
  const begins = beginningWith(prefix);
  const words = scope === "issue" ? { is: "the status of an issue", has: "a tag or field" } : { has: "a tag or field" };
  return [
    ...Object.entries(words)
      .filter(([key]) => begins(key))
      .map(([key, help]) => suggestion("field", `${key}:`, help)),
    ...fieldsOf(scope)
      .filter(begins)
      .map((field) => suggestion("field", `${field}:`, SEARCH_FIELDS[field].help)),
    ...(await tagsLike(deps, projectId, begins)).map((tag) => suggestion("tag", `${keyText({ tag })}:`, null)),
  ];
}

/** What can be missing. */
async function suggestHas(deps: ApiDependencies, projectId: string, scope: SearchScope, prefix: string) {
  const begins = beginningWith(prefix);
  const fields = scope === "issue" ? MISSING_FIELDS : MISSING_FIELDS.filter((field) => field !== "assigned");
  return [
    ...fields.filter(begins).map((field) => suggestion("field", printSearch({ kind: "has", key: { field } }), null)),
    ...(await tagsLike(deps, projectId, begins)).map((tag) =>
      suggestion("tag", printSearch({ kind: "has", key: { tag } }), null),
    ),
  ];
}

const MISSING_FIELDS = ["assigned", "environment", "release"] as const;

async function tagsLike(deps: ApiDependencies, projectId: string, begins: (key: string) => boolean) {
  const tags = [...alwaysSearchable(), ...(await listOwnKeys(deps.database, projectId))];
  return tags.filter((key) => searchFieldOf(key) === undefined && begins(key));
}

/** Of keys, which may be typed in quotes or as a tag. */
function beginningWith(prefix: string): (key: string) => boolean {
  const typed = prefix.replace(/^(?:"|tags\[)/, "").toLowerCase();
  return (key) => key.toLowerCase().startsWith(typed);
}

async function suggestValuesOf(
  deps: ApiDependencies,
  projectId: string,
  scope: SearchScope,
  key: string,
  typed: string,
): Promise<ApiSuggestion[]> {
  const prefix = typed.replace(/^"/, "").toLowerCase();
  const begins = (value: string) => value.toLowerCase().startsWith(prefix);
  if (key === "is")
    return scope === "event"
      ? []
      : ISSUE_STATES.filter(begins).map((state) => suggestion("state", `is:${state}`, null));
  if (key === "has") return suggestHas(deps, projectId, scope, prefix);

  const field = searchFieldOf(key);
  if (field === "assigned")
    return ["me", "my_teams", "none"].filter(begins).map((value) => suggestion("value", `assigned:${value}`, null));
  const definition = field && SEARCH_FIELDS[field];
  if (definition !== undefined && "values" in definition)
    return definition.values.filter(begins).map((value) => suggestion("value", `${field}:${value}`, null));
  if (field === undefined) return suggestCounted(deps, projectId, { tag: key }, typed);
  return field === "environment" || field === "release" ? suggestCounted(deps, projectId, { field }, typed) : [];
}

/** Of a tag, environment or release. */
async function suggestCounted(
  deps: ApiDependencies,
  projectId: string,
  searched: { readonly tag: string } | { readonly field: "environment" | "release" },
  typed: string,
): Promise<ApiSuggestion[]> {
  // Under these names the event's own are counted.
  if ("tag" in searched && (searched.tag === "environment" || searched.tag === "release")) return [];
  const values = await suggestValues(deps.database, projectId, {
    key: "tag" in searched ? searched.tag : searched.field,
    prefix: typed.replace(/^"/, "").toLowerCase(),
    since: new Date(deps.now() - VALUES_MS),
    limit: SUGGESTIONS_MAX,
  });
  return values.map(({ value, count }) => ({
    kind: "value",
    text: printSearch({ kind: "match", key: searched, patterns: [[value]] }),
    help: null,
    count,
  }));
}

function fieldsOf(scope: SearchScope): SearchField[] {
  return (Object.keys(SEARCH_FIELDS) as SearchField[]).filter((field) =>
    SEARCH_FIELDS[field].of.some((of) => of === scope),
  );
}

/** A key as it is typed before its colon. */
function keyText(key: SearchKey): string {
  return printSearch({ kind: "match", key, patterns: [["x"]] }).slice(0, -":x".length);
}

const suggestion = (kind: ApiSuggestion["kind"], text: string, help: string | null): ApiSuggestion => ({
  kind,
  text,
  help,
  count: null,
});
