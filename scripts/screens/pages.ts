/** Every page of the product, by the name of its picture. */

/** What addresses are made of. */
export interface Shown {
  readonly project: string;
  readonly issueId: string;
  readonly eventId: string;
  readonly ruleId: string;
  readonly alertId: string;
}

export interface ScreenPage {
  readonly name: string;
  readonly path: (shown: Shown) => string;
  /** Seen by those who are not signed in. */
  readonly isOpen?: true;
  /** Shows what happens while it is looked at, and nothing before. */
  readonly isWatched?: true;
}

export const PAGES: readonly ScreenPage[] = [
  { name: "sign-in", path: () => "/", isOpen: true },
  { name: "join", path: () => "/join", isOpen: true },
  { name: "home", path: () => "/" },
  { name: "dashboard", path: ({ project }) => `/projects/${project}/dashboard` },
  { name: "issues", path: ({ project }) => `/projects/${project}` },
  { name: "issue", path: ({ issueId }) => `/issues/${issueId}` },
  { name: "event", path: ({ issueId, eventId }) => `/issues/${issueId}/events/${eventId}` },
  { name: "issue-events", path: ({ issueId }) => `/issues/${issueId}?tab=events` },
  { name: "events", path: ({ project }) => `/projects/${project}/events` },
  { name: "live", path: ({ project }) => `/projects/${project}/live`, isWatched: true },
  { name: "alerts", path: ({ project }) => `/projects/${project}/alerts` },
  { name: "alert", path: ({ project, alertId }) => `/projects/${project}/alerts/${alertId}` },
  { name: "alert-rules", path: ({ project }) => `/projects/${project}/alert-rules` },
  { name: "alert-rule", path: ({ project, ruleId }) => `/projects/${project}/alert-rules/${ruleId}` },
  { name: "new-alert-rule", path: ({ project }) => `/projects/${project}/alert-rules/new` },
  { name: "project-settings", path: ({ project }) => `/projects/${project}/settings` },
  { name: "project-keys", path: ({ project }) => `/projects/${project}/settings?tab=keys` },
  { name: "project-filters", path: ({ project }) => `/projects/${project}/settings?tab=filters` },
  { name: "project-privacy", path: ({ project }) => `/projects/${project}/settings?tab=privacy` },
  { name: "project-storage", path: ({ project }) => `/projects/${project}/settings?tab=storage` },
  { name: "new-project", path: () => "/new-project" },
  { name: "organization", path: () => "/settings/organization" },
  { name: "storage", path: () => "/settings/storage" },
  { name: "members", path: () => "/settings/members" },
  { name: "teams", path: () => "/settings/teams" },
  { name: "tokens", path: () => "/settings/tokens" },
  { name: "destinations", path: () => "/settings/destinations" },
  { name: "deliveries", path: () => "/settings/deliveries" },
  { name: "notifications", path: () => "/settings/notifications" },
  { name: "audit", path: () => "/settings/audit" },
  {
    name: "audit-filtered",
    path: () => "/settings/audit?what=alert_rule.&project=default&from=2026-01-01&kind=issue&id=x",
  },
  { name: "account", path: () => "/settings/account" },
  { name: "jobs", path: () => "/jobs" },
  { name: "cluster", path: () => "/cluster" },
  { name: "no-such-page", path: () => "/nowhere" },
];

/** Those that the documents show, and under which name they are kept in the repository. */
export const CHOSEN: Readonly<Record<string, string>> = {
  "issues-1440-light": "issues",
  "issue-1440-dark": "issue",
  "cluster-1440-dark": "cluster",
  "live-390-dark": "live",
};
