/** All projects of the organization at a glance. */
import type { ApiProjectOverview } from "@mesher/protocol";
import { type Static, Type } from "typebox";
import { listProjectActivity } from "../dashboards/overview.queries.ts";
import { countIssuesByProject } from "../issues/issue-count.queries.ts";
import { listProjects } from "../organizations/organizations.queries.ts";
import type { ApiDependencies, App } from "./dependencies.ts";
import { BucketQuery, parseHours, parseZone } from "./time-range.ts";

const READ = { config: { access: { role: "member", scope: "event:read" } } } as const;

const OverviewQuery = Type.Object({ tz: BucketQuery.tz });

const SHOWN_HOURS = 24;
const NO_EVENTS = { events: Array<number>(SHOWN_HOURS).fill(0), lastEventAt: null };
const NO_ISSUES = { unresolved: 0, newToday: 0 };

export function registerOverviewRoutes(app: App, deps: ApiDependencies): void {
  app.get<{ Querystring: Static<typeof OverviewQuery> }>(
    "/api/v1/overview",
    { schema: { querystring: OverviewQuery }, ...READ },
    async (request): Promise<ApiProjectOverview[]> => {
      const { organizationId } = await deps.authenticate(request);
      const nowMs = deps.now();
      const zone = parseZone(request.query.tz);
      const projects = await listProjects(deps.database, organizationId);
      const ids = projects.map(({ id }) => id);
      const [activity, issues] = await Promise.all([
        listProjectActivity(deps.database, ids, parseHours({ period: `${SHOWN_HOURS}h` }, nowMs)),
        countIssuesByProject(deps.database, ids, new Date(nowMs), zone),
      ]);
      return projects.map(({ id, slug, name, platform }) => {
        const { events, lastEventAt } = activity.get(id) ?? NO_EVENTS;
        const { unresolved, newToday } = issues.get(id) ?? NO_ISSUES;
        return {
          id,
          slug,
          name,
          platform,
          events,
          unresolved_count: unresolved,
          new_today: newToday,
          last_event_at: lastEventAt?.toISOString() ?? null,
        };
      });
    },
  );
}
