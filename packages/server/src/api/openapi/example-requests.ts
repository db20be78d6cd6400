/** Examples by operation, where a shape cannot say which fields belong together, or the answer is no JSON. */

const ISSUE = "0198c7a4-6c1e-7d20-8f5a-2b6f0c1d4e8a";
const USER = "0198c7a4-21b0-7a94-8c3d-90e1f2a3b4c5";

/** Bodies. Those that are not here are made of their shapes. */
export const EXAMPLE_REQUESTS: Readonly<Record<string, unknown>> = {
  "POST /api/v1/issues/:issue/resolve": { mode: "in_release", release: "shop@4.2.1" },
  "POST /api/v1/issues/:issue/unresolve": {},
  "POST /api/v1/issues/:issue/archive": { mode: "until_escalating" },
  "POST /api/v1/issues/:issue/assign": { user_id: USER },
  "POST /api/v1/issues/:issue/priority": { priority: "high" },
  "POST /api/v1/issues/:issue/discard": {},
  "POST /api/v1/issues/:issue/undiscard": {},
  "POST /api/v1/issues/:issue/delete": {},
  "POST /api/v1/issues/:issue/merge": { ids: [ISSUE] },
  "POST /api/v1/projects/:project/issues/bulk": {
    do: "resolve",
    query: { query: "release:shop@4.1.*", status: "unresolved" },
    mode: "in_next_release",
  },
  "POST /api/v1/projects/:project/alert-rules": {
    name: "Checkout is on fire",
    condition: { condition_type: "threshold", threshold: 100, window_minutes: 5 },
    filters: { environment: ["production"], query: "url:*checkout*" },
    action: [{ type: "people", who: "members" }],
    cooldown_minutes: 30,
  },
  "POST /api/v1/projects/:project/alert-rules/preview": {
    condition: {
      condition_type: "percent_change",
      percent: 100,
      window_minutes: 60,
      direction: "increase",
      events_min: 20,
    },
  },
  "PATCH /api/v1/alert-rules/:rule": { condition: { condition_type: "threshold", threshold: 200, window_minutes: 5 } },
  "POST /api/v1/alert-rules/:rule": { cooldown_minutes: 60 },
  "POST /api/v1/orgs/:org/destinations": {
    kind: "webhook",
    name: "Status page",
    config: { url: "https://hooks.example.com/mesher" },
  },
  "PATCH /api/v1/orgs/:org/destinations/:destination": { is_enabled: false },
  "POST /api/v1/orgs/:org/members": { user_id: USER, role: "member" },
  "PATCH /api/v1/projects/:project": { name: "Shop", platform: "node" },
  "PATCH /api/v1/projects/:project/settings": { retention_days: 30, filters: { web_crawlers: true } },
  "POST /api/v1/projects/:project/settings": { retention_days: 30 },
  "POST /api/v1/projects/:project/settings/filters/preview": { filters: { legacy_browsers: true } },
  "POST /api/v1/projects/:project/settings/scrubbing/preview": {
    event: { message: "Payment declined", extra: { pin: "1234" } },
    scrubbing: { fields: ["pin"] },
  },
  "POST /api/v1/saved-searches": {
    name: "Checkout in production",
    query: "is:unresolved environment:production url:*checkout*",
    visibility: "organization",
  },
  "POST /api/v1/saved-searches/:search": { name: "Checkout" },
  "POST /api/v1/auth/sign-in/social": { provider: "oidc", callbackURL: "/" },
  "POST /api/v1/invitations/accept": {
    token: "mshr_2b6f0c1d4e8a93757f1d2c3b4a5e6f70",
    display_name: "Olga Berg",
    password: "correct horse battery",
  },
  "POST /api/v1/auth/two-factor/verify-backup-code": { code: "k3xTq-9VbWm" },
};

/** Answers that are texts. */
export const EXAMPLE_TEXTS: Readonly<Record<string, string>> = {
  "GET /api/docs": "<!doctype html>…",
  "GET /api/v1/audit/download":
    "created_at,actor_kind,actor_name,actor_id,action,target_kind,target_id,project_id,details,id\r\n…\r\n",
  "GET /api/v1/events/:event/markdown": "# TypeError: Cannot read properties of undefined (reading 'total')\n\n…",
  "GET /api/v1/projects/:project/stream": 'event: event\ndata: {"type":"event","title":"Payment declined",…}\n\n',
  "GET /api/v1/unsubscribe": "<!doctype html>…",
  "POST /api/v1/unsubscribe": "<!doctype html>…",
  "GET /metrics":
    "# HELP mesher_journal_entries Accepted entries that wait for the database.\n# TYPE mesher_journal_entries gauge\nmesher_journal_entries 0\n",
};

/** Answers that may be any JSON. */
export const EXAMPLE_ANSWERS: Readonly<Record<string, unknown>> = {
  "GET /api/openapi.json": { openapi: "3.1.0", info: { title: "Mesher", version: "0.1.0" }, paths: {} },
  "GET /api/v1/projects/:project/dashboard/tag-keys": ["browser", "environment", "release"],
  "GET /api/v1/projects/:project/dashboard/account": {
    accepted: 1300,
    stored: 1284,
    refused: 20,
    outcomes: [
      { outcome: "stored", category: "error", reason: "", count: 1284, side: "accepted" },
      { outcome: "duplicate", category: "error", reason: "", count: 16, side: "accepted" },
      { outcome: "rate_limited", category: "error", reason: "", count: 20, side: "refused" },
    ],
  },
  "GET /api/v1/projects/:project/search/suggest": {
    data: [{ kind: "value", text: "browser:Firefox", help: "42 events", count: 42 }],
  },
  "GET /api/v1/events/:event/json": { message: "Payment declined", level: "error", tags: { region: "eu" } },
  "GET /api/v1/events/:event/payload": { message: "Payment declined", level: "error", tags: { region: "eu" } },
};
