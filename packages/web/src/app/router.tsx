import { ISSUE_STATUSES, LEVELS } from "@mesher/protocol";
import { createRootRoute, createRoute, createRouter } from "@tanstack/react-router";
import { ClusterPage } from "../cluster/cluster-page.tsx";
import { JobsPage } from "../cluster/jobs-page.tsx";
import { DashboardPage } from "../dashboards/dashboard-page.tsx";
import { parseDashboardSearch } from "../dashboards/dashboard-search.ts";
import { EventPage } from "../events/event-page.tsx";
import type { FrameMode } from "../events/frames.ts";
import { IssuePage } from "../issues/issue-page.tsx";
import { IssuesPage } from "../issues/issues-page.tsx";
import { ISSUE_SORTS, type IssueSort, type IssuesSearch } from "../issues/issues-search.ts";
import { SNIPPET_NAMES } from "../issues/snippets.ts";
import { LivePage, type LiveSearch } from "../live/live-page.tsx";
import { AccountPage } from "../settings/account-page.tsx";
import { AuditPage } from "../settings/audit-page.tsx";
import { MembersPage } from "../settings/members-page.tsx";
import { ProjectSettingsPage } from "../settings/project-settings-page.tsx";
import { TokensPage } from "../settings/tokens-page.tsx";
import { JoinPage } from "../sign-in/join-page.tsx";
import { ResetPage } from "../sign-in/reset-page.tsx";
import { Notice } from "../ui/notice.tsx";
import { HomePage } from "./home-page.tsx";
import { PageCrash } from "./page-crash.tsx";
import { Shell } from "./shell.tsx";

interface EventSearch {
  readonly frames?: FrameMode | undefined;
}

const rootRoute = createRootRoute({ notFoundComponent: () => <Notice title="There is no such page." /> });

/** Open to whoever has a one-time link. */
const joinRoute = createRoute({ getParentRoute: () => rootRoute, path: "/join", component: JoinPage });
const resetRoute = createRoute({ getParentRoute: () => rootRoute, path: "/reset", component: ResetPage });

/** All others are for those who are signed in. */
const shellRoute = createRoute({ getParentRoute: () => rootRoute, id: "shell", component: Shell });

const homeRoute = createRoute({ getParentRoute: () => shellRoute, path: "/", component: HomePage });

const issuesRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: "/projects/$slug",
  validateSearch: (search: Record<string, unknown>): IssuesSearch => ({
    status: oneOf([...ISSUE_STATUSES, "all"] as const, search["status"]),
    level: oneOf(LEVELS, search["level"]),
    query: textOf(search["query"]),
    sort: oneOf(Object.keys(ISSUE_SORTS) as IssueSort[], search["sort"]),
    sdk: oneOf(SNIPPET_NAMES, search["sdk"]),
  }),
  component: function IssuesRoute() {
    return <IssuesPage projectSlug={issuesRoute.useParams().slug} search={issuesRoute.useSearch()} />;
  },
});

const dashboardRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: "/projects/$slug/dashboard",
  validateSearch: parseDashboardSearch,
  component: function DashboardRoute() {
    return <DashboardPage projectSlug={dashboardRoute.useParams().slug} search={dashboardRoute.useSearch()} />;
  },
});

const liveRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: "/projects/$slug/live",
  validateSearch: (search: Record<string, unknown>): LiveSearch => ({
    level: oneOf(LEVELS, search["level"]),
    environment: textOf(search["environment"]),
    release: textOf(search["release"]),
  }),
  component: function LiveRoute() {
    return <LivePage projectSlug={liveRoute.useParams().slug} search={liveRoute.useSearch()} />;
  },
});

const clusterRoute = createRoute({ getParentRoute: () => shellRoute, path: "/cluster", component: ClusterPage });
const jobsRoute = createRoute({ getParentRoute: () => shellRoute, path: "/jobs", component: JobsPage });

const projectSettingsRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: "/projects/$slug/settings",
  component: function ProjectSettingsRoute() {
    const { slug } = projectSettingsRoute.useParams();
    return <ProjectSettingsPage key={slug} projectSlug={slug} />;
  },
});

const membersRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: "/settings/members",
  component: MembersPage,
});
const tokensRoute = createRoute({ getParentRoute: () => shellRoute, path: "/settings/tokens", component: TokensPage });
const auditRoute = createRoute({ getParentRoute: () => shellRoute, path: "/settings/audit", component: AuditPage });
const accountRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: "/settings/account",
  component: AccountPage,
});

const issueRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: "/issues/$issueId",
  validateSearch: eventSearch,
  component: function IssueRoute() {
    return <IssuePage issueId={issueRoute.useParams().issueId} frameMode={issueRoute.useSearch().frames} />;
  },
});

const eventRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: "/issues/$issueId/events/$eventId",
  validateSearch: eventSearch,
  component: function EventRoute() {
    return <EventPage {...eventRoute.useParams()} frameMode={eventRoute.useSearch().frames} />;
  },
});

export const router = createRouter({
  routeTree: rootRoute.addChildren([
    joinRoute,
    resetRoute,
    shellRoute.addChildren([
      homeRoute,
      issuesRoute,
      dashboardRoute,
      liveRoute,
      issueRoute,
      eventRoute,
      clusterRoute,
      jobsRoute,
      projectSettingsRoute,
      membersRoute,
      tokensRoute,
      auditRoute,
      accountRoute,
    ]),
  ]),
  basepath: new URL(document.baseURI).pathname,
  defaultErrorComponent: PageCrash,
  scrollRestoration: true,
});

declare module "@tanstack/react-router" {
  interface Register {
    router: typeof router;
  }
}

function eventSearch(search: Record<string, unknown>): EventSearch {
  return { frames: oneOf(["app", "all"] as const, search["frames"]) };
}

function oneOf<Choice extends string>(choices: readonly Choice[], value: unknown): Choice | undefined {
  return choices.find((choice) => choice === value);
}

/** The router reads `query=12` as a number. */
function textOf(value: unknown): string | undefined {
  return typeof value === "string" || typeof value === "number" ? String(value) || undefined : undefined;
}
