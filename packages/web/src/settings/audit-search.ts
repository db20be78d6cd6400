/** What the address of the audit log says: which entries are shown. Absent: all. */
import { AUDIT_NOUNS } from "@mesher/protocol";

export interface AuditSearch {
  /** A part of a name, or the id of a person or token. */
  readonly who?: string | undefined;
  /** An action, or what actions begin with and a point: `member.`. */
  readonly what?: string | undefined;
  /** Slug of a project, or its id when it is gone. */
  readonly project?: string | undefined;
  /** What it was done to; both together. */
  readonly kind?: string | undefined;
  readonly id?: string | undefined;
  /** Days of the reader's calendar, both included: `2031-05-15`. */
  readonly from?: string | undefined;
  readonly to?: string | undefined;
}

const ACTION = /^([a-z_]+)\.[a-z_]*$/;
const DAY = /^20\d\d-\d\d-\d\d$/;

/** A search as it came with the address: what makes no sense in it is left out. */
export function parseAuditSearch(search: Readonly<Record<string, unknown>>): AuditSearch {
  const [kind, id] = [textOf(search["kind"]), textOf(search["id"])];
  const [from, to] = [dayOf(search["from"]), dayOf(search["to"])];
  const isBackwards = from !== undefined && to !== undefined && to < from;
  return {
    who: textOf(search["who"]),
    what: actionOf(search["what"]),
    project: textOf(search["project"]),
    kind: id === undefined ? undefined : kind,
    id: kind === undefined ? undefined : id,
    from: isBackwards ? undefined : from,
    to: isBackwards ? undefined : to,
  };
}

/** The same as the API takes it. */
export function auditFilterOf({ who, what, project, kind, id, from, to }: AuditSearch) {
  return {
    actor: who,
    action: what,
    project,
    target_kind: kind,
    target_id: id,
    from: from === undefined ? undefined : startOfDay(from, 0),
    to: to === undefined ? undefined : startOfDay(to, 1),
  };
}

export function isAuditFiltered(search: AuditSearch): boolean {
  return Object.values(search).some((value) => value !== undefined);
}

/** Whether a text is a day, as an input of a date gives it; while a year is typed it is of the year 2. */
export function isDay(text: string): boolean {
  return DAY.test(text) && !Number.isNaN(Date.parse(text));
}

/** By the reader's clock, some days later; as ISO 8601. */
function startOfDay(day: string, daysLater: number): string {
  const [year = 0, month = 1, date = 1] = day.split("-").map(Number);
  return new Date(year, month - 1, date + daysLater).toISOString();
}

function dayOf(value: unknown): string | undefined {
  return typeof value === "string" && isDay(value) ? value : undefined;
}

function actionOf(value: unknown): string | undefined {
  const noun = ACTION.exec(typeof value === "string" ? value : "")?.[1];
  return AUDIT_NOUNS.some((known) => known === noun) ? String(value) : undefined;
}

/** The router reads `who=12` as a number. */
function textOf(value: unknown): string | undefined {
  return typeof value === "string" || typeof value === "number" ? String(value) || undefined : undefined;
}
