/** When a rule would have fired within the last day, had it been there. */
import type { AlertCondition, AlertFilters } from "@mesher/protocol";
import type { Database } from "../db/database.ts";
import { isCounted, searchOf } from "./alert-filters.ts";
import { isProjectCondition, isSeenCondition, type ProjectCondition } from "./conditions.ts";
import { sumMatching } from "./evaluate-windows.ts";
import { MINUTE_MS, minuteOf } from "./event-minutes.queries.ts";
import {
  countMinutes,
  findReadableFrom,
  listHappenings,
  listMinutes,
  listSeenEvents,
  PREVIEW_ISSUES_MAX,
  type PreviewedProject,
} from "./preview.queries.ts";
import {
  type Breach,
  breachesOfIssues,
  breachesOfProject,
  type Cooldown,
  firingsOf,
  type MinuteSeries,
} from "./preview-times.ts";

const PREVIEW_MS = 24 * 3_600_000;

export interface PreviewedRule {
  readonly projectId: string;
  readonly slug: string;
  readonly condition: AlertCondition;
  readonly filters: AlertFilters;
  readonly cooldown: Cooldown;
}

export interface Preview {
  readonly fromMs: number;
  readonly toMs: number;
  /** Oldest first. */
  readonly firings: readonly Breach[];
  readonly isComplete: boolean;
}

export async function previewRule(database: Database, rule: PreviewedRule, nowMs: number): Promise<Preview> {
  const toMs = minuteOf(nowMs);
  const fromMs = toMs - PREVIEW_MS;
  const { breaches, fromMs: lookedFromMs } = await findBreaches(database, rule, { fromMs, toMs, nowMs });
  const isComplete = lookedFromMs === fromMs;
  return { fromMs: lookedFromMs, toMs, firings: firingsOf(breaches, rule.cooldown), isComplete };
}

interface Span {
  readonly fromMs: number;
  readonly toMs: number;
  readonly nowMs: number;
}

interface Found {
  readonly breaches: readonly Breach[];
  /** As far as it looked. */
  readonly fromMs: number;
}

async function findBreaches(database: Database, rule: PreviewedRule, { fromMs, toMs, nowMs }: Span): Promise<Found> {
  const { condition, projectId, slug } = rule;
  const project = { projectId, slug, query: searchOf(rule.filters), fromMs, nowMs };
  if (isProjectCondition(condition)) {
    const windowsMs = 2 * condition.window_minutes * MINUTE_MS;
    const { series, readFromMs } = await readSeries(database, { ...project, fromMs: fromMs - windowsMs });
    const lookedFromMs = lookedFrom(fromMs, readFromMs, condition);
    return { breaches: breachesOfProject(condition, series, lookedFromMs, toMs), fromMs: lookedFromMs };
  }
  if (isSeenCondition(condition)) {
    const windowMs = condition.window_minutes * MINUTE_MS;
    const readFromMs = await findReadableFrom(database, { ...project, fromMs: fromMs - windowMs });
    const events = await listSeenEvents(database, { ...project, fromMs: readFromMs });
    const lookedFromMs = readFromMs > fromMs - windowMs ? Math.min(toMs, readFromMs + windowMs) : fromMs;
    return { breaches: breachesOfIssues(condition, events, lookedFromMs), fromMs: lookedFromMs };
  }
  const breaches = await listHappenings(database, condition.condition_type, project);
  const [oldest] = breaches;
  const isCut = breaches.length >= PREVIEW_ISSUES_MAX && oldest !== undefined;
  return { breaches, fromMs: isCut ? oldest.atMs : fromMs };
}

async function readSeries(
  database: Database,
  project: PreviewedProject,
): Promise<{ readonly series: MinuteSeries; readonly readFromMs: number }> {
  if (!isCounted(project.query)) {
    const readFromMs = await findReadableFrom(database, project);
    return { series: await countMinutes(database, { ...project, fromMs: readFromMs }), readFromMs };
  }
  const series = new Map<number, number>();
  for (const kind of await listMinutes(database, project))
    series.set(kind.minuteMs, (series.get(kind.minuteMs) ?? 0) + sumMatching([kind], project.query));
  return { series, readFromMs: project.fromMs };
}

/** Where events could not be read from the beginning, the first windows that are full end later. */
function lookedFrom(fromMs: number, readFromMs: number, { window_minutes: minutes }: ProjectCondition): number {
  const fullMs = minuteOf(readFromMs) + 2 * minutes * MINUTE_MS;
  return fullMs <= fromMs ? fromMs : fullMs + MINUTE_MS;
}
