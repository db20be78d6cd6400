/** All routes but those of SDKs and the pages. */
import type { DeclaredRoute } from "./access.ts";
import { registerAuditRoutes } from "./audit.ts";
import { registerClusterRoutes } from "./cluster.ts";
import { registerDashboardRoutes } from "./dashboards.ts";
import type { ApiDependencies, App } from "./dependencies.ts";
import { registerDescriptionRoutes } from "./description.ts";
import { registerEventSearchRoutes } from "./event-search.ts";
import { registerEventRoutes } from "./events.ts";
import { registerHealthRoutes } from "./health.ts";
import { registerInvitationRoutes } from "./invitations.ts";
import { registerIssueActionRoutes } from "./issue-actions.ts";
import { registerIssueActivityRoutes } from "./issue-activity.ts";
import { registerIssueMergeRoutes } from "./issue-merge.ts";
import { registerIssueRoutes } from "./issues.ts";
import { registerJobRoutes } from "./jobs.ts";
import { registerMeRoutes } from "./me.ts";
import { registerOrganizationRoutes } from "./organizations.ts";
import { registerProjectChangeRoutes } from "./project-changes.ts";
import { registerProjectKeyRoutes } from "./project-keys.ts";
import { registerProjectSettingsRoutes } from "./project-settings.ts";
import { registerProjectRoutes } from "./projects.ts";
import { registerSavedSearchRoutes } from "./saved-searches.ts";
import { registerSearchSuggestionRoutes } from "./search-suggestions.ts";
import { registerSignInRoutes } from "./sign-in.ts";
import { registerStorageRoutes } from "./storage.ts";
import { registerStreamRoutes } from "./streams.ts";
import { registerTokenRoutes } from "./tokens.ts";
import { registerUserRoutes } from "./users.ts";

/** `declared`: all of them, once the app is ready. */
export function registerRoutes(app: App, deps: ApiDependencies, declared: readonly DeclaredRoute[]): void {
  registerHealthRoutes(app, deps);
  registerClusterRoutes(app, deps);
  registerJobRoutes(app, deps);
  registerStorageRoutes(app, deps);
  registerSignInRoutes(app, deps);
  registerMeRoutes(app, deps);
  registerOrganizationRoutes(app, deps);
  registerInvitationRoutes(app, deps);
  registerTokenRoutes(app, deps);
  registerUserRoutes(app, deps);
  registerAuditRoutes(app, deps);
  registerProjectRoutes(app, deps);
  registerProjectChangeRoutes(app, deps);
  registerProjectKeyRoutes(app, deps);
  registerProjectSettingsRoutes(app, deps);
  registerIssueRoutes(app, deps);
  registerIssueActionRoutes(app, deps);
  registerIssueActivityRoutes(app, deps);
  registerIssueMergeRoutes(app, deps);
  registerEventRoutes(app, deps);
  registerEventSearchRoutes(app, deps);
  registerSearchSuggestionRoutes(app, deps);
  registerSavedSearchRoutes(app, deps);
  registerDashboardRoutes(app, deps);
  registerStreamRoutes(app, deps);
  registerDescriptionRoutes(app, declared);
}
