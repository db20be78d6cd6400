/** The audit log as CSV: RFC 4180, made to be opened in spreadsheets. */
import type { ApiAuditEntry } from "@mesher/protocol";

const COLUMNS: Readonly<Record<string, (entry: ApiAuditEntry) => string | null>> = {
  created_at: ({ created_at }) => created_at,
  actor_kind: ({ actor }) => actor.kind,
  actor_name: ({ actor }) => actor.name,
  actor_id: ({ actor }) => actor.id,
  action: ({ action }) => action,
  target_kind: ({ target }) => target.kind,
  target_id: ({ target }) => target.id,
  project_id: ({ project_id }) => project_id,
  details: ({ details }) => JSON.stringify(details),
  id: ({ id }) => id,
};

export const CSV_HEADER = `${Object.keys(COLUMNS).join(",")}\r\n`;

export function csvLineOf(entry: ApiAuditEntry): string {
  const cells = Object.values(COLUMNS).map((read) => cellOf(read(entry) ?? ""));
  return `${cells.join(",")}\r\n`;
}

/** Names are what people call themselves, and spreadsheets compute what begins like a formula. */
function cellOf(text: string): string {
  const inert = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(inert) ? `"${inert.replaceAll('"', '""')}"` : inert;
}
