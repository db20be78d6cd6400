/** Making one issue of several, and several of one. */
import type { ApiMergeResult } from "@mesher/protocol";
import { type Static, Type } from "typebox";
import {
  FINGERPRINTS_MAX,
  type MergeRefusal,
  type MergeResult,
  mergeIssues,
  unmergeFingerprints,
} from "../issues/merge-issues.ts";
import { notFound, RequestRefusedError } from "./api-error.ts";
import type { ApiDependencies, App } from "./dependencies.ts";
import { actorOf } from "./issue-actor.ts";
import { issueIdOf } from "./issues.ts";

/** Issues that one request merges. Their rows and the project are held meanwhile. */
const MERGED_ISSUES_MAX = 100;

const MergeBody = Type.Object({
  ids: Type.Array(Type.String(), { minItems: 1, maxItems: MERGED_ISSUES_MAX }),
});
const UnmergeBody = Type.Object({
  fingerprints: Type.Array(Type.String({ pattern: "^[0-9a-f]{32}$" }), { minItems: 1, maxItems: FINGERPRINTS_MAX }),
});

const WRITE = { config: { access: { role: "member", scope: "issue:write" } } } as const;

export function registerIssueMergeRoutes(app: App, deps: ApiDependencies): void {
  app.post<{ Params: { issue: string }; Body: Static<typeof MergeBody> }>(
    "/api/v1/issues/:issue/merge",
    { schema: { body: MergeBody }, ...WRITE },
    async (request): Promise<ApiMergeResult> => {
      const actor = await deps.authenticate(request);
      const { organizationId } = actor;
      const issueId = await issueIdOf(deps, organizationId, request.params.issue);
      const sourceIds: string[] = [];
      for (const id of request.body.ids) sourceIds.push(await issueIdOf(deps, organizationId, id));
      const merging = { organizationId, issueId, sourceIds, actor: actorOf(actor) };
      return show(await mergeIssues(deps.database, merging, deps.onIssueChanged));
    },
  );

  app.post<{ Params: { issue: string }; Body: Static<typeof UnmergeBody> }>(
    "/api/v1/issues/:issue/unmerge",
    { schema: { body: UnmergeBody }, ...WRITE },
    async (request): Promise<ApiMergeResult> => {
      const actor = await deps.authenticate(request);
      const { organizationId } = actor;
      const issueId = await issueIdOf(deps, organizationId, request.params.issue);
      const { fingerprints } = request.body;
      const parting = { organizationId, issueId, fingerprints, actor: actorOf(actor) };
      return show(await unmergeFingerprints(deps.database, parting, deps.onIssueChanged));
    },
  );
}

function show(result: MergeResult): ApiMergeResult {
  if (result.kind !== "done") throw REFUSALS[result.kind]();
  return { status: "ok", affected: result.issueIds.length, ids: result.issueIds };
}

const conflict = (code: string, sentence: string) => () => new RequestRefusedError(409, code, sentence);

const REFUSALS: Readonly<Record<MergeRefusal, () => RequestRefusedError>> = {
  not_found: () => notFound("issue"),
  unknown_fingerprint: () => notFound("fingerprint of the issue"),
  other_project: conflict("other_project", "only issues of one project can be merged"),
  discarded: conflict("illegal_transition", "a discarded issue must be undiscarded before it is merged"),
  too_many_fingerprints: conflict("too_many_fingerprints", `an issue may have ${FINGERPRINTS_MAX} fingerprints`),
  not_merged: conflict(
    "not_merged",
    "the fingerprint is the issue's own: only what was merged into it can be taken out",
  ),
};
