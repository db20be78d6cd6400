/**
 * What the audit log says of every route that changes something, or why it says nothing. A route that is in neither table, or in
 * both, stops the description; `audit.pg.test.ts` uses each of the first table and looks for its line.
 */

/** The action's name in the log. */
export const AUDITED: Readonly<Record<string, string>> = {
  "POST /api/v1/auth/change-password": "person.password_changed",
  "POST /api/v1/auth/two-factor/verify-totp": "person.two_factor_enabled",
  "POST /api/v1/auth/two-factor/disable": "person.two_factor_disabled",
  "POST /api/v1/auth/two-factor/generate-backup-codes": "person.recovery_codes_replaced",
  "PATCH /api/v1/me": "person.renamed",
  "POST /api/v1/me/logins/:login/end": "person.logins_ended",
  "POST /api/v1/me/logins/end": "person.logins_ended",
  "POST /api/v1/me/tokens": "token.created",
  "POST /api/v1/me/tokens/:token/revoke": "token.revoked",
  "POST /api/v1/orgs": "organization.created",
  "POST /api/v1/orgs/:org/rename": "organization.renamed",
  "POST /api/v1/orgs/:org/members": "member.added",
  "POST /api/v1/orgs/:org/members/:membership/role": "member.role_changed",
  "POST /api/v1/orgs/:org/members/:membership/remove": "member.removed",
  "POST /api/v1/orgs/:org/members/:membership/reset-link": "person.reset_link_made",
  "POST /api/v1/orgs/:org/invitations": "invitation.created",
  "POST /api/v1/orgs/:org/invitations/:invitation/revoke": "invitation.revoked",
  "POST /api/v1/invitations/accept": "invitation.accepted",
  "POST /api/v1/password-resets/use": "person.password_reset",
  "POST /api/v1/orgs/:org/tokens": "token.created",
  "POST /api/v1/orgs/:org/tokens/:token/revoke": "token.revoked",
  "POST /api/v1/users": "member.created",
  "POST /api/v1/users/reset-link": "person.reset_link_made",
  "POST /api/v1/projects": "project.created",
  "PATCH /api/v1/projects/:project": "project.changed",
  "POST /api/v1/projects/:project/delete": "project.deleted",
  "POST /api/v1/projects/:project/api-keys": "project_key.created",
  "PATCH /api/v1/api-keys/:key": "project_key.changed",
  "POST /api/v1/api-keys/:key/revoke": "project_key.revoked",
  "PATCH /api/v1/projects/:project/settings": "project.settings_changed",
  "POST /api/v1/projects/:project/settings": "project.settings_changed",
  "POST /api/v1/projects/:project/quarantine/retry": "project.quarantine_retried",
  "POST /api/v1/projects/:project/issues/bulk": "issues.changed",
  "POST /api/v1/issues/:issue/discard": "issue.discarded",
  "POST /api/v1/issues/:issue/undiscard": "issue.undiscarded",
  "POST /api/v1/issues/:issue/delete": "issue.deleted",
  "POST /api/v1/issues/:issue/merge": "issue.merged",
  "POST /api/v1/issues/:issue/unmerge": "issue.unmerged",
  "POST /api/v1/saved-searches": "saved_search.shared",
  "POST /api/v1/saved-searches/:search": "saved_search.changed",
  "POST /api/v1/saved-searches/:search/delete": "saved_search.deleted",
  "POST /api/v1/projects/:project/alert-rules": "alert_rule.created",
  "PATCH /api/v1/alert-rules/:rule": "alert_rule.changed",
  "POST /api/v1/alert-rules/:rule": "alert_rule.changed",
  "POST /api/v1/alert-rules/:rule/toggle": "alert_rule.changed",
  "POST /api/v1/alert-rules/:rule/silence": "alert_rule.silenced",
  "POST /api/v1/alert-rules/:rule/delete": "alert_rule.deleted",
};

const IN_ITS_ACTIVITY = "the issue's activity says who did it, for as long as there is the issue";
const A_LOGIN = "a login is listed among the person's own for as long as it lasts";
const ONLY_LOOKS = "it changes nothing";

/** The reason. */
export const UNAUDITED: Readonly<Record<string, string>> = {
  "POST /api/v1/auth/sign-in/email": A_LOGIN,
  "POST /api/v1/auth/sign-in/social": A_LOGIN,
  "POST /api/v1/auth/sign-out": A_LOGIN,
  "POST /api/v1/auth/two-factor/verify-backup-code": A_LOGIN,
  "POST /api/v1/auth/two-factor/enable": "nothing counts before the first code is verified",
  "POST /api/v1/auth/two-factor/get-totp-uri": ONLY_LOOKS,
  "POST /api/v1/me/organization": "a choice for one's own pages",
  "POST /api/v1/invitations/look-up": ONLY_LOOKS,
  "POST /api/v1/projects/:project/settings/scrubbing/preview": ONLY_LOOKS,
  "POST /api/v1/stream-tickets": "it opens one stream of what its holder may read anyhow, for half a minute",
  "POST /api/v1/issues/:issue/resolve": IN_ITS_ACTIVITY,
  "POST /api/v1/issues/:issue/unresolve": IN_ITS_ACTIVITY,
  "POST /api/v1/issues/:issue/archive": IN_ITS_ACTIVITY,
  "POST /api/v1/issues/:issue/assign": IN_ITS_ACTIVITY,
  "POST /api/v1/issues/:issue/priority": IN_ITS_ACTIVITY,
  "POST /api/v1/issues/:issue/silence-alerts": IN_ITS_ACTIVITY,
  "POST /api/v1/alerts/:alert/acknowledge": "the alert's timeline says who did it",
  "POST /api/v1/alerts/:alert/resolve": "the alert's timeline says who did it",
  "POST /api/v1/issues/:issue/comments": IN_ITS_ACTIVITY,
  "POST /api/v1/issues/:issue/comments/:comment": IN_ITS_ACTIVITY,
  "POST /api/v1/issues/:issue/comments/:comment/delete": IN_ITS_ACTIVITY,
};
