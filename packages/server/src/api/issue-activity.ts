/** What happened to an issue, and what people say about it. */
import type { ApiActivity, ApiActivityPage, ApiAffected } from "@mesher/protocol";
import type { FastifyRequest } from "fastify";
import { type Static, Type } from "typebox";
import { deleteComment, insertComment, listActivity, updateComment } from "../issues/activity.queries.ts";
import { notFound } from "./api-error.ts";
import type { ApiDependencies, App } from "./dependencies.ts";
import { actorOf } from "./issue-actor.ts";
import { getIssue } from "./issues.ts";
import { PageQuery, pageOf, parseCursor, parseLimit } from "./pages-of-lists.ts";
import { showActivity } from "./show-activity.ts";

const COMMENT_LENGTH_MAX = 10_000;

const ActivityQuery = Type.Object(PageQuery);
const CommentBody = Type.Object({
  text: Type.String({ maxLength: COMMENT_LENGTH_MAX, pattern: "\\S", description: "Plain text or Markdown" }),
});
type CommentBody = Static<typeof CommentBody>;

const READ = { config: { access: { role: "member", scope: "event:read" } } } as const;
const WRITE = { config: { access: { role: "member", scope: "issue:write" } } } as const;

export function registerIssueActivityRoutes(app: App, deps: ApiDependencies): void {
  app.get<{ Params: { issue: string }; Querystring: Static<typeof ActivityQuery> }>(
    "/api/v1/issues/:issue/activity",
    { schema: { querystring: ActivityQuery }, ...READ },
    async (request): Promise<ApiActivityPage> => {
      const { organizationId } = await deps.authenticate(request);
      const issue = await getIssue(deps, organizationId, request.params.issue);
      const limit = parseLimit(request.query.limit);
      const beforeId = parseCursor(request.query, isActivityId)?.id;
      const activity = await listActivity(
        deps.database,
        { projectId: issue.projectId, issueId: issue.id },
        { limit: limit + 1, beforeId: beforeId === undefined ? undefined : Number(beforeId) },
      );
      return pageOf(activity, limit, showActivity, ({ at, id }) => ({ at, id: String(id) }));
    },
  );

  app.post<{ Params: { issue: string }; Body: CommentBody }>(
    "/api/v1/issues/:issue/comments",
    { schema: { body: CommentBody }, ...WRITE },
    async (request, reply) => {
      const actor = await deps.authenticate(request);
      const issue = await getIssue(deps, actor.organizationId, request.params.issue);
      const key = { projectId: issue.projectId, issueId: issue.id };
      const comment = await insertComment(deps.database, key, actorOf(actor), request.body.text);
      if (comment === undefined) throw notFound("issue");
      return reply.code(201).send(showActivity(comment));
    },
  );

  /** Somebody else's comment is as good as none. */
  app.post<{ Params: CommentParams; Body: CommentBody }>(
    "/api/v1/issues/:issue/comments/:comment",
    { schema: { body: CommentBody }, ...WRITE },
    async (request): Promise<ApiActivity> => {
      const comment = await updateComment(deps.database, await ownComment(deps, request), request.body.text);
      if (comment === undefined) throw notFound("comment");
      return showActivity(comment);
    },
  );

  app.post<{ Params: CommentParams }>(
    "/api/v1/issues/:issue/comments/:comment/delete",
    WRITE,
    async (request): Promise<ApiAffected> => {
      if (!(await deleteComment(deps.database, await ownComment(deps, request)))) throw notFound("comment");
      return { status: "ok", affected: 1 };
    },
  );
}

interface CommentParams {
  readonly issue: string;
  readonly comment: string;
}

async function ownComment(deps: ApiDependencies, request: FastifyRequest<{ Params: CommentParams }>) {
  const actor = await deps.authenticate(request);
  const issue = await getIssue(deps, actor.organizationId, request.params.issue);
  if (!isActivityId(request.params.comment)) throw notFound("comment");
  return {
    projectId: issue.projectId,
    issueId: issue.id,
    id: Number(request.params.comment),
    author: actorOf(actor),
  };
}

const isActivityId = (text: string) => /^[1-9]\d{0,14}$/.test(text);
