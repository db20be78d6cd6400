import type { StreamTicket } from "@mesher/protocol";
import { makeStreamTicket, TICKETS_PER_HOLDER_MAX } from "../organizations/stream-tickets.ts";
import { badRequest, RequestRefusedError } from "./api-error.ts";
import type { ApiDependencies, App } from "./dependencies.ts";
import { findProject } from "./projects.ts";
import { createFindViewer, holderOf, viewerOf } from "./viewers.ts";

const READ = { config: { access: { role: "member", scope: "event:read" } } } as const;

export function registerStreamRoutes(app: App, deps: ApiDependencies): void {
  /** For one WebSocket, within half a minute. */
  app.post("/api/v1/stream-tickets", READ, async (request, reply): Promise<StreamTicket> => {
    const actor = await deps.authenticate(request);
    const { organizationId, tokenId } = actor;
    const holder = holderOf(actor, request.headers);
    const maker = tokenId === undefined ? { loginId: (await deps.authenticatePerson(request)).loginId } : { tokenId };
    const made = await makeStreamTicket(deps.database, { organizationId, holder, maker });
    if (made === undefined) {
      throw new RequestRefusedError(
        429,
        "too_many_tickets",
        `${TICKETS_PER_HOLDER_MAX} tickets are unused; they expire within half a minute`,
      );
    }
    reply.code(201);
    return { ticket: made.ticket, expires_at: made.expiresAt.toISOString() };
  });

  /** The live feed as server-sent events. Without HEAD, which would listen and hear nothing. */
  app.get<{ Params: { project: string } }>(
    "/api/v1/projects/:project/stream",
    { ...READ, exposeHeadRoute: false },
    async (request, reply) => {
      const { headers, raw } = request;
      const actor = await deps.authenticate(request);
      const project = await findProject(deps, actor.organizationId, request.params.project);
      const findViewer = createFindViewer(deps.authenticate, []);
      const viewer = viewerOf(actor, headers, async () => !("status" in (await findViewer(headers))));
      const query = URL.parse(raw.url ?? "", "http://localhost")?.searchParams;
      if (query === undefined) throw badRequest("the address cannot be read");
      const refusal = await deps.openEventStream({
        viewer,
        projectId: project.id,
        query,
        headers,
        response: reply.raw,
      });
      if (refusal === undefined) return reply.hijack();
      if (refusal.retryAfterSeconds !== undefined) reply.header("retry-after", refusal.retryAfterSeconds);
      return reply.code(refusal.status).send(refusal.body);
    },
  );
}
