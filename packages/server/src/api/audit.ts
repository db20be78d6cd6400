import type { ApiAuditEntry, ApiPage } from "@mesher/protocol";
import { Type } from "typebox";
import { listAudit } from "../organizations/audit.queries.ts";
import type { ApiDependencies, App } from "./dependencies.ts";
import { isUuid, PageQuery, pageOf, parseCursor, parseLimit } from "./pages-of-lists.ts";

const ADMINISTER = { config: { access: { role: "admin", scope: "org:admin" } } } as const;

const AuditQuery = Type.Object(PageQuery);

export function registerAuditRoutes(app: App, deps: ApiDependencies): void {
  /** Who changed what in the organization, newest first. */
  app.get<{ Querystring: Type.Static<typeof AuditQuery> }>(
    "/api/v1/audit",
    { ...ADMINISTER, schema: { querystring: AuditQuery } },
    async (request): Promise<ApiPage<ApiAuditEntry>> => {
      const { organizationId } = await deps.authenticate(request);
      const limit = parseLimit(request.query.limit);
      const cursor = parseCursor(request.query, isUuid);
      const entries = await listAudit(deps.database, {
        organizationId,
        limit: limit + 1,
        after: cursor && { createdAt: cursor.at, id: cursor.id },
      });
      const show = ({ createdAt, ...entry }: (typeof entries)[number]): ApiAuditEntry => ({
        ...entry,
        created_at: createdAt.toISOString(),
      });
      return pageOf(entries, limit, show, ({ createdAt, id }) => ({ at: createdAt, id }));
    },
  );
}
