import { ALERT_STATUSES, DELIVERY_STATUSES, ISSUE_STATS, ISSUE_STATUSES, LEVELS } from "@mesher/protocol";
import { createRootRoute, createRoute, createRouter, lazyRouteComponent } from "@tanstack/react-router";
import type { AlertsSearch } from "../alerts/alerts-page.tsx";
import { alertQuery, alertRuleQuery, alertRulesQuery, alertsQuery } from "../api/alert-queries.ts";
import {
  accountQuery,
  healthQuery,
  releasesQuery,
  topIssuesQuery,
  usersQuery,
  volumeQuery,
} from "../api/dashboard-queries.ts";
import { overviewQuery } from "../api/overview-queries.ts";
import { eventQuery, issueQuery, issuesQuery, projectsQuery } from "../api/queries.ts";
import { queryClient } from "../api/query-client.ts";
import { sessionQuery } from "../api/session.ts";
import { OWN_ZONE } from "../charts/bucket-names.ts";
import { parseDashboardSearch, rangeOf } from "../dashboards/dashboard-search.ts";
import type { DeliveriesSearch } from "../deliveries/deliveries-page.tsx";
import { parseEventRange } from "../events/event-range.ts";
import type { EventsSearch } from "../events/events-page.tsx";
import type { FrameMode } from "../events/frames.ts";
import { CHART_PERIODS, type IssueSearch } from "../issues/issue-search.ts";
import {
  filterOf,
  ISSUE_SORTS,
  type IssueSort,
  type IssuesSearch,
  PERIODS,
  type Period,
} from "../issues/issues-search.ts";
import { searchFault } from "../issues/search-fault.ts";
import type { LiveSearch } from "../live/live-page.tsx";
import { PLATFORM_IDS } from "../onboarding/snippets.ts";
import { parseAuditSearch } from "../settings/audit-search.ts";
import { parseProjectSettingsSearch } from "../settings/project-tabs.ts";
import { PageSkeleton } from "../ui/page-skeleton.tsx";
import { around } from "./around.ts";
import { NoSuchPage } from "./no-such-page.tsx";
import { PageCrash } from "./page-crash.tsx";
import { Shell } from "./shell.tsx";

interface EventPageSearch {
  readonly frames?: FrameMode | undefined;
}

/** Long enough that a pointer on its way elsewhere loads nothing. */
const PRELOAD_AFTER_MS = 60;

const FailedSignInPage = lazyRouteComponent(() => import("../sign-in/failed-sign-in-page.tsx"), "FailedSignInPage");
const IssuesPage = lazyRouteComponent(() => import("../issues/issues-page.tsx"), "IssuesPage");
const EventsPage = lazyRouteComponent(() => import("../events/events-page.tsx"), "EventsPage");
const DashboardPage = lazyRouteComponent(() => import("../dashboards/dashboard-page.tsx"), "DashboardPage");
const LivePage = lazyRouteComponent(() => import("../live/live-page.tsx"), "LivePage");
const ProjectSettingsPage = lazyRouteComponent(
  () => import("../settings/project-settings-page.tsx"),
  "ProjectSettingsPage",
);
const AlertsPage = lazyRouteComponent(() => import("../alerts/alerts-page.tsx"), "AlertsPage");
const AlertPage = lazyRouteComponent(() => import("../alerts/alert-page.tsx"), "AlertPage");
const RulesPage = lazyRouteComponent(() => import("../alerts/rules-page.tsx"), "RulesPage");
const RulePage = lazyRouteComponent(() => import("../alerts/rule-page.tsx"), "RulePage");
const AuditPage = lazyRouteComponent(() => import("../settings/audit-page.tsx"), "AuditPage");
const TeamsPage = lazyRouteComponent(() => import("../settings/teams-page.tsx"), "TeamsPage");
const DeliveriesPage = lazyRouteComponent(() => import("../deliveries/deliveries-page.tsx"), "DeliveriesPage");
const IssuePage = lazyRouteComponent(() => import("../issues/issue-page.tsx"), "IssuePage");
const EventPage = lazyRouteComponent(() => import("../events/event-page.tsx"), "EventPage");

const rootRoute = createRootRoute({ notFoundComponent: NoSuchPage });

/** Open to whoever has a one-time link. */
const joinRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/join",
  component: lazyRouteComponent(() => import("../sign-in/join-page.tsx"), "JoinPage"),
});
const resetRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/reset",
  component: lazyRouteComponent(() => import("../sign-in/reset-page.tsx"), "ResetPage"),
});

/** Where single sign-on ends that came to nothing. */
const failedSignInRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/sign-in",
  validateSearch: (search: Record<string, unknown>): { readonly error?: string | undefined } => ({
    error: textOf(search["error"]),
  }),
  component: around(FailedSignInPage, function FailedSignInRoute() {
    return <FailedSignInPage error={failedSignInRoute.useSearch().error} />;
  }),
});

/** All others are for those who are signed in. Loaders only begin to read, so that no page waits for what it may not need. */
const shellRoute = createRoute({
  getParentRoute: () => rootRoute,
  id: "shell",
  component: Shell,
  loader: () => {
    void queryClient.prefetchQuery(sessionQuery());
    void queryClient.prefetchQuery(projectsQuery());
  },
});

const homeRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: "/",
  loader: () => void queryClient.prefetchQuery(overviewQuery()),
  component: lazyRouteComponent(() => import("../home/home-page.tsx"), "HomePage"),
});

const newProjectRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: "/new-project",
  component: lazyRouteComponent(() => import("../home/new-project-page.tsx"), "NewProjectPage"),
});

const issuesRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: "/projects/$slug",
  validateSearch: (search: Record<string, unknown>): IssuesSearch => ({
    status: oneOf([...ISSUE_STATUSES, "all"] as const, search["status"]),
    level: oneOf(LEVELS, search["level"]),
    query: textOf(search["query"]),
    sort: oneOf(Object.keys(ISSUE_SORTS) as IssueSort[], search["sort"]),
    period: oneOf(Object.keys(PERIODS) as Period[], search["period"]),
    stats: oneOf(ISSUE_STATS, search["stats"]),
    sdk: oneOf(PLATFORM_IDS, search["sdk"]),
  }),
  loaderDeps: ({ search }) => search,
  loader: ({ params: { slug }, deps: search }) => {
    if (searchFault(search.query ?? "", "issue") !== undefined) return;
    void queryClient.prefetchInfiniteQuery(issuesQuery(slug, filterOf(search)));
  },
  component: around(IssuesPage, function IssuesRoute() {
    return <IssuesPage projectSlug={issuesRoute.useParams().slug} search={issuesRoute.useSearch()} />;
  }),
});

const eventsRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: "/projects/$slug/events",
  validateSearch: (search: Record<string, unknown>): EventsSearch => ({
    ...parseEventRange(search),
    query: textOf(search["query"]),
  }),
  component: around(EventsPage, function EventsRoute() {
    return <EventsPage projectSlug={eventsRoute.useParams().slug} search={eventsRoute.useSearch()} />;
  }),
});

const dashboardRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: "/projects/$slug/dashboard",
  validateSearch: parseDashboardSearch,
  loaderDeps: ({ search }) => search,
  loader: ({ params: { slug }, deps: search }) => {
    const [range, zone] = [rangeOf(search), search.tz ?? OWN_ZONE];
    void queryClient.prefetchQuery(volumeQuery(slug, range, zone));
    void queryClient.prefetchQuery(usersQuery(slug, range, zone));
    void queryClient.prefetchQuery(healthQuery(slug, zone));
    void queryClient.prefetchQuery(topIssuesQuery(slug, range));
    void queryClient.prefetchQuery(releasesQuery(slug, range));
    void queryClient.prefetchQuery(accountQuery(slug, range));
  },
  component: around(DashboardPage, function DashboardRoute() {
    return <DashboardPage projectSlug={dashboardRoute.useParams().slug} search={dashboardRoute.useSearch()} />;
  }),
});

const liveRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: "/projects/$slug/live",
  validateSearch: (search: Record<string, unknown>): LiveSearch => ({
    level: oneOf(LEVELS, search["level"]),
    environment: textOf(search["environment"]),
    release: textOf(search["release"]),
    query: textOf(search["query"]),
  }),
  component: around(LivePage, function LiveRoute() {
    return <LivePage projectSlug={liveRoute.useParams().slug} search={liveRoute.useSearch()} />;
  }),
});

const alertsRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: "/projects/$slug/alerts",
  validateSearch: (search: Record<string, unknown>): AlertsSearch => ({
    status: oneOf(ALERT_STATUSES, search["status"]),
    rule: textOf(search["rule"]),
  }),
  loaderDeps: ({ search }) => search,
  loader: ({ params: { slug }, deps: search }) => {
    void queryClient.prefetchQuery(alertRulesQuery(slug));
    void queryClient.prefetchInfiniteQuery(alertsQuery(slug, search));
  },
  component: around(AlertsPage, function AlertsRoute() {
    return <AlertsPage projectSlug={alertsRoute.useParams().slug} search={alertsRoute.useSearch()} />;
  }),
});
const alertRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: "/projects/$slug/alerts/$alertId",
  loader: ({ params: { alertId } }) => void queryClient.prefetchQuery(alertQuery(alertId)),
  component: around(AlertPage, function AlertRoute() {
    const { slug, alertId } = alertRoute.useParams();
    return <AlertPage projectSlug={slug} alertId={alertId} />;
  }),
});
const rulesRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: "/projects/$slug/alert-rules",
  loader: ({ params: { slug } }) => void queryClient.prefetchQuery(alertRulesQuery(slug)),
  component: around(RulesPage, function RulesRoute() {
    return <RulesPage projectSlug={rulesRoute.useParams().slug} />;
  }),
});
/** `new` in the place of an id: one that is made. */
const ruleRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: "/projects/$slug/alert-rules/$ruleId",
  loader: ({ params: { ruleId } }) => {
    if (ruleId !== "new") void queryClient.prefetchQuery(alertRuleQuery(ruleId));
  },
  component: around(RulePage, function RuleRoute() {
    const { slug, ruleId } = ruleRoute.useParams();
    return <RulePage key={ruleId} projectSlug={slug} ruleId={ruleId} />;
  }),
});

const clusterRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: "/cluster",
  component: lazyRouteComponent(() => import("../cluster/cluster-page.tsx"), "ClusterPage"),
});
const jobsRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: "/jobs",
  component: lazyRouteComponent(() => import("../cluster/jobs-page.tsx"), "JobsPage"),
});

const projectSettingsRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: "/projects/$slug/settings",
  validateSearch: parseProjectSettingsSearch,
  component: around(ProjectSettingsPage, function ProjectSettingsRoute() {
    const { slug } = projectSettingsRoute.useParams();
    return <ProjectSettingsPage key={slug} projectSlug={slug} search={projectSettingsRoute.useSearch()} />;
  }),
});

const organizationRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: "/settings/organization",
  component: lazyRouteComponent(() => import("../settings/organization-page.tsx"), "OrganizationPage"),
});
const storageRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: "/settings/storage",
  component: lazyRouteComponent(() => import("../settings/storage-page.tsx"), "StoragePage"),
});
const membersRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: "/settings/members",
  component: lazyRouteComponent(() => import("../settings/members-page.tsx"), "MembersPage"),
});
const teamsRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: "/settings/teams",
  validateSearch: (search: Record<string, unknown>): { open: string | undefined } => ({ open: textOf(search["open"]) }),
  component: around(TeamsPage, function TeamsRoute() {
    return <TeamsPage open={teamsRoute.useSearch().open} />;
  }),
});
const tokensRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: "/settings/tokens",
  component: lazyRouteComponent(() => import("../settings/tokens-page.tsx"), "TokensPage"),
});
const destinationsRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: "/settings/destinations",
  component: lazyRouteComponent(() => import("../deliveries/destinations-page.tsx"), "DestinationsPage"),
});
const deliveriesRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: "/settings/deliveries",
  validateSearch: (search: Record<string, unknown>): DeliveriesSearch => ({
    status: oneOf(DELIVERY_STATUSES, search["status"]),
    destination: textOf(search["destination"]),
    open: textOf(search["open"]),
  }),
  component: around(DeliveriesPage, function DeliveriesRoute() {
    return <DeliveriesPage search={deliveriesRoute.useSearch()} />;
  }),
});
const notificationsRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: "/settings/notifications",
  component: lazyRouteComponent(() => import("../settings/notifications-page.tsx"), "NotificationsPage"),
});
const auditRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: "/settings/audit",
  validateSearch: parseAuditSearch,
  component: around(AuditPage, function AuditRoute() {
    return <AuditPage search={auditRoute.useSearch()} />;
  }),
});
const accountRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: "/settings/account",
  component: lazyRouteComponent(() => import("../settings/account-page.tsx"), "AccountPage"),
});

const issueRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: "/issues/$issueId",
  validateSearch: issueSearch,
  loader: ({ params }) => void queryClient.prefetchQuery(issueQuery(params.issueId)),
  component: around(IssuePage, function IssueRoute() {
    return <IssuePage issueId={issueRoute.useParams().issueId} search={issueRoute.useSearch()} />;
  }),
});

const eventRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: "/issues/$issueId/events/$eventId",
  validateSearch: eventSearch,
  loader: ({ params: { issueId, eventId } }) => {
    void queryClient.prefetchQuery(issueQuery(issueId));
    void queryClient.prefetchQuery(eventQuery(issueId, eventId));
  },
  component: around(EventPage, function EventRoute() {
    return <EventPage {...eventRoute.useParams()} frameMode={eventRoute.useSearch().frames} />;
  }),
});

export const router = createRouter({
  routeTree: rootRoute.addChildren([
    joinRoute,
    resetRoute,
    failedSignInRoute,
    shellRoute.addChildren([
      homeRoute,
      newProjectRoute,
      issuesRoute,
      eventsRoute,
      dashboardRoute,
      liveRoute,
      issueRoute,
      eventRoute,
      alertsRoute,
      alertRoute,
      rulesRoute,
      ruleRoute,
      clusterRoute,
      jobsRoute,
      projectSettingsRoute,
      organizationRoute,
      storageRoute,
      membersRoute,
      teamsRoute,
      tokensRoute,
      destinationsRoute,
      deliveriesRoute,
      notificationsRoute,
      auditRoute,
      accountRoute,
    ]),
  ]),
  basepath: new URL(document.baseURI).pathname,
  defaultErrorComponent: PageCrash,
  defaultPendingComponent: () => <PageSkeleton label="Loading the page" />,
  defaultPreload: "intent",
  defaultPreloadDelay: PRELOAD_AFTER_MS,
  // How old an answer may be is what each query says.
  defaultPreloadStaleTime: 0,
  scrollRestoration: true,
});

declare module "@tanstack/react-router" {
  interface Register {
    router: typeof router;
  }
}

function eventSearch(search: Record<string, unknown>): EventPageSearch {
  return { frames: oneOf(["app", "all"] as const, search["frames"]) };
}

function issueSearch(search: Record<string, unknown>): IssueSearch {
  return {
    ...eventSearch(search),
    ...parseEventRange(search),
    tab: oneOf(["events"] as const, search["tab"]),
    query: textOf(search["query"]),
    chart: oneOf(CHART_PERIODS, search["chart"]),
  };
}

function oneOf<Choice extends string>(choices: readonly Choice[], value: unknown): Choice | undefined {
  return choices.find((choice) => choice === value);
}

/** The router reads `query=12` as a number. */
function textOf(value: unknown): string | undefined {
  return typeof value === "string" || typeof value === "number" ? String(value) || undefined : undefined;
}
