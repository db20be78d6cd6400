import { Readable } from "node:stream";
import { type ApiAuditEntry, type ApiPage, AUDIT_DOWNLOAD_FORMATS } from "@mesher/protocol";
import { Type } from "typebox";
import type { Database } from "../db/database.ts";
import { type AuditEntry, type AuditFilter, hasMoreAuditThan, listAudit } from "../organizations/audit.queries.ts";
import { badRequest, RequestRefusedError } from "./api-error.ts";
import { CSV_HEADER, csvLineOf } from "./audit-csv.ts";
import type { ApiDependencies, App } from "./dependencies.ts";
import { isUuid, oneOf, PageQuery, pageOf, parseCursor, parseLimit } from "./pages-of-lists.ts";
import { findProject } from "./projects.ts";
import { type GivenRange, parseOpenRange, RangeQuery } from "./time-range.ts";

const ADMINISTER = { config: { access: { role: "admin", scope: "org:admin" } } } as const;

const FilterQuery = {
  ...RangeQuery,
  actor: Type.Optional(
    Type.String({ description: "Who: the id of a person or token, or a part of a name", maxLength: 200 }),
  ),
  action: Type.Optional(
    Type.String({
      description: "As `member.role_changed`; with a point at its end, all that begin so, as `member.`",
      maxLength: 100,
    }),
  ),
  target_kind: Type.Optional(Type.String({ description: "What it was done to, as `issue`", maxLength: 100 })),
  target_id: Type.Optional(Type.String({ description: "The id of what it was done to", maxLength: 100 })),
  project: Type.Optional(
    Type.String({ description: "Id, slug or number; of one that was deleted the id", maxLength: 100 }),
  ),
};
const AuditQuery = Type.Object({ ...PageQuery, ...FilterQuery });
const DownloadQuery = Type.Object({
  ...FilterQuery,
  format: Type.Optional(Type.String({ description: `${AUDIT_DOWNLOAD_FORMATS.join(" or ")}; default csv` })),
});

/** Entries of one download. */
const DOWNLOAD_ENTRIES_MAX = 200_000;
/** Read from the database at a time. */
const DOWNLOAD_PAGE = 1_000;

export function registerAuditRoutes(app: App, deps: ApiDependencies): void {
  /** Who changed what in the organization, newest first. */
  app.get<{ Querystring: Type.Static<typeof AuditQuery> }>(
    "/api/v1/audit",
    { ...ADMINISTER, schema: { querystring: AuditQuery } },
    async (request): Promise<ApiPage<ApiAuditEntry>> => {
      const { organizationId } = await deps.authenticate(request);
      const limit = parseLimit(request.query.limit);
      const cursor = parseCursor(request.query, isUuid);
      const entries = await listAudit(deps.database, await filterOf(deps, organizationId, request.query), {
        limit: limit + 1,
        after: cursor && { createdAt: cursor.at, id: cursor.id },
      });
      return pageOf(entries, limit, showEntry, ({ createdAt, id }) => ({ at: createdAt, id }));
    },
  );

  /** The same as a file. */
  app.get<{ Querystring: Type.Static<typeof DownloadQuery> }>(
    "/api/v1/audit/download",
    { ...ADMINISTER, schema: { querystring: DownloadQuery } },
    async (request, reply) => {
      const { organizationId } = await deps.authenticate(request);
      const format = oneOf("format", AUDIT_DOWNLOAD_FORMATS, request.query.format) ?? "csv";
      const filter = await filterOf(deps, organizationId, request.query);
      if (await hasMoreAuditThan(deps.database, filter, DOWNLOAD_ENTRIES_MAX)) {
        const message = `more than ${DOWNLOAD_ENTRIES_MAX} entries match: name a shorter time with from and to`;
        throw new RequestRefusedError(409, "too_many_entries", message);
      }
      return reply
        .type(format === "csv" ? "text/csv; charset=utf-8" : "application/x-ndjson; charset=utf-8")
        .header("content-disposition", `attachment; filename="mesher-audit-log.${format}"`)
        .send(Readable.from(format === "csv" ? csvOf(deps.database, filter) : ndjsonOf(deps.database, filter)));
    },
  );
}

async function filterOf(
  deps: ApiDependencies,
  organizationId: string,
  query: GivenRange & {
    readonly actor?: string;
    readonly action?: string;
    readonly target_kind?: string;
    readonly target_id?: string;
    readonly project?: string;
  },
): Promise<AuditFilter> {
  const { fromMs, toMs } = parseOpenRange(query, Date.now());
  const { actor, action, project } = query;
  if (action !== undefined && action !== "" && !/^[a-z_]+\.([a-z_]+)?$/.test(action))
    throw badRequest("action must be an action, as member.role_changed, or what it begins with, as member.");
  return {
    organizationId,
    actor: actor === undefined || actor === "" ? undefined : isUuid(actor) ? { id: actor } : { namePart: actor },
    action: action === "" ? undefined : action,
    targetKind: query.target_kind || undefined,
    targetId: query.target_id || undefined,
    projectId: project === undefined || project === "" ? undefined : await projectIdOf(deps, organizationId, project),
    from: fromMs === undefined ? undefined : new Date(fromMs),
    to: toMs === undefined ? undefined : new Date(toMs),
  };
}

/** What was done to a project that is gone is still to be found. Another organization's has no lines in this log. */
async function projectIdOf(deps: ApiDependencies, organizationId: string, project: string): Promise<string> {
  return isUuid(project) ? project : (await findProject(deps, organizationId, project)).id;
}

function showEntry({ createdAt, projectId, ...entry }: AuditEntry): ApiAuditEntry {
  return { ...entry, project_id: projectId, created_at: createdAt.toISOString() };
}

async function* csvOf(database: Database, filter: AuditFilter): AsyncGenerator<string> {
  yield CSV_HEADER;
  for await (const page of pagesOf(database, filter)) yield page.map(csvLineOf).join("");
}

async function* ndjsonOf(database: Database, filter: AuditFilter): AsyncGenerator<string> {
  for await (const page of pagesOf(database, filter)) yield page.map((entry) => `${JSON.stringify(entry)}\n`).join("");
}

/** A page is read when the one before was taken: a slow reader holds one in memory, and no connection. */
async function* pagesOf(database: Database, filter: AuditFilter): AsyncGenerator<ApiAuditEntry[]> {
  let after: AuditEntry | undefined;
  for (let entries = 0; entries < DOWNLOAD_ENTRIES_MAX; entries += DOWNLOAD_PAGE) {
    const page = await listAudit(database, filter, { limit: DOWNLOAD_PAGE, after });
    yield page.map(showEntry);
    after = page.at(-1);
    if (page.length < DOWNLOAD_PAGE) return;
  }
}
