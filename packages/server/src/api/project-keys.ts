import type { ApiProjectKey } from "@mesher/protocol";
import { changeKey, createKey, PROJECT_KEYS_MAX, revokeKey } from "../organizations/change-project-keys.ts";
import { findProjectKey, type ListedKey, listProjectKeys } from "../organizations/project-keys.queries.ts";
import { notFound } from "./api-error.ts";
import { checkFields, line, orNull, wholeNumber } from "./check-fields.ts";
import type { ApiDependencies, App } from "./dependencies.ts";
import { isUuid } from "./pages-of-lists.ts";
import { refuseConflicts } from "./project-changes.ts";
import { findProject } from "./projects.ts";

const LABEL_LENGTH_MAX = 100;

/** Events in a window: as many as PostgreSQL's integer holds, which is no limit for anybody. */
export const RATE_LIMIT_EVENTS_MAX = 2_000_000_000;

const FIELDS = {
  label: line(LABEL_LENGTH_MAX),
  rate_limit_events: orNull(wholeNumber(1, RATE_LIMIT_EVENTS_MAX)),
};

const READ = { config: { access: { role: "member", scope: "event:read" } } } as const;
const ADMINISTER = { config: { access: { role: "admin", scope: "project:admin" } } } as const;

/** Paths and shapes of the first version of the API; see `ApiProjectKey` for why the whole key is shown. */
export function registerProjectKeyRoutes(app: App, deps: ApiDependencies): void {
  app.get<{ Params: { project: string } }>(
    "/api/v1/projects/:project/api-keys",
    READ,
    async (request): Promise<ApiProjectKey[]> => {
      const { organizationId } = await deps.authenticate(request);
      const { id: projectId } = await findProject(deps, organizationId, request.params.project);
      const keys = await listProjectKeys(deps.database, { organizationId, projectId, limit: PROJECT_KEYS_MAX });
      return keys.map((key) => showKey(key, deps));
    },
  );

  app.post<{ Params: { project: string } }>(
    "/api/v1/projects/:project/api-keys",
    ADMINISTER,
    async (request, reply): Promise<ApiProjectKey> => {
      const actor = await deps.authenticate(request);
      const { organizationId } = actor;
      const { id: projectId } = await findProject(deps, organizationId, request.params.project);
      const { label = "default", rate_limit_events: rateLimitEvents = null } = checkFields(request.body, FIELDS);
      const id = await refuseConflicts(createKey(deps.database, actor, { projectId, label, rateLimitEvents }));
      await deps.projectChanged(projectId);
      reply.code(201);
      return showKey(await getKey(deps, organizationId, id), deps);
    },
  );

  app.patch<{ Params: { key: string } }>(
    "/api/v1/api-keys/:key",
    ADMINISTER,
    async (request): Promise<ApiProjectKey> => {
      const actor = await deps.authenticate(request);
      const { organizationId } = actor;
      const key = await getKey(deps, organizationId, request.params.key);
      const { label, rate_limit_events: rateLimitEvents } = checkFields(request.body, FIELDS);
      const wish = { ...(label !== undefined && { label }), ...(rateLimitEvents !== undefined && { rateLimitEvents }) };
      await changeKey(deps.database, actor, key, wish);
      await deps.projectChanged(key.projectId);
      return showKey(await getKey(deps, organizationId, key.id), deps);
    },
  );

  app.post<{ Params: { key: string } }>("/api/v1/api-keys/:key/revoke", ADMINISTER, async (request) => {
    const actor = await deps.authenticate(request);
    const { organizationId } = actor;
    const key = await getKey(deps, organizationId, request.params.key);
    const affected = await revokeKey(deps.database, actor, key);
    await deps.projectChanged(key.projectId);
    return { status: "ok", affected };
  });
}

async function getKey(deps: ApiDependencies, organizationId: string, id: string): Promise<ListedKey> {
  const key = isUuid(id) ? await findProjectKey(deps.database, organizationId, id) : undefined;
  if (key === undefined) throw notFound("key");
  return key;
}

function showKey(key: ListedKey, deps: ApiDependencies): ApiProjectKey {
  return {
    id: key.id,
    project_id: key.projectId,
    key_value: key.publicKey,
    label: key.label,
    dsn: deps.dsnOf({ number: key.projectNumber, publicKey: key.publicKey }),
    rate_limit_events: key.rateLimitEvents,
    created_at: key.createdAt.toISOString(),
    revoked_at: key.revokedAt?.toISOString() ?? null,
  };
}
