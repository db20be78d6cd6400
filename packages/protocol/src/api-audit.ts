/** The audit log, as the HTTP API shows it. */

/** `GET /api/v1/audit`, and each line of its download as NDJSON. */
export interface ApiAuditEntry {
  readonly id: string;
  readonly created_at: string;
  readonly actor: { readonly kind: "person" | "token" | "server"; readonly id: string | null; readonly name: string };
  /** `<noun>.<what happened>`. */
  readonly action: string;
  readonly target: { readonly kind: string; readonly id: string | null };
  /** The one it was about, which may be gone by now. */
  readonly project_id: string | null;
  readonly details: Readonly<Record<string, unknown>>;
}

/** What actions of the log begin with, in the order in which they are offered. */
export const AUDIT_NOUNS = [
  "organization",
  "member",
  "invitation",
  "person",
  "token",
  "team",
  "project",
  "project_key",
  "issue",
  "issues",
  "saved_search",
  "alert_rule",
  "destination",
  "delivery",
] as const;
export type AuditNoun = (typeof AUDIT_NOUNS)[number];

export const AUDIT_DOWNLOAD_FORMATS = ["csv", "ndjson"] as const;
export type AuditDownloadFormat = (typeof AUDIT_DOWNLOAD_FORMATS)[number];
