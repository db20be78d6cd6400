/**
 * Fires alerts: claims the right to, writes the alert with its deliveries, and gives back what streams are told after the
 * commit. All of it is the caller's transaction, so an alert is fired with everything that belongs to it or not at all.
 */
import { randomUUID } from "node:crypto";
import type { Transaction } from "../db/transaction.ts";
import { claimIssues, claimRules, countBlocked, countBlockedOfIssues, touchRules } from "./claims.queries.ts";
import { messageOf, type WindowCounts } from "./conditions.ts";
import type { FiringRule } from "./firing-rules.queries.ts";
import { type AlertedIssue, findAlertedIssues, listSilencedIssues } from "./issues-of-alerts.queries.ts";
import { type AlertTelling, type NewAlert, tellingOf } from "./new-alert.ts";
import { countFirings, openWindows, STORM_ALERTS_MAX, type StormWindow } from "./storms.queries.ts";
import { writeAlerts } from "./write-alerts.ts";

/** A rule whose condition holds. */
export interface Candidate {
  readonly rule: FiringRule;
  readonly issueId: string | null;
  /** How often it came true: alike candidates are one. Zero: it only goes on, and nothing is held back by not firing again. */
  readonly occurrences: number;
  readonly counts?: WindowCounts;
  /** The event that did it. */
  readonly eventId?: string;
}

/** What became of candidates. */
export interface FiringReport {
  readonly fired: number;
  /** By a cooldown. */
  readonly blocked: number;
  /** Fired without telling anybody. */
  readonly silenced: number;
  /** Left to the digests of a storm. */
  readonly held: number;
  /** For streams, after the commit. */
  readonly tellings: readonly AlertTelling[];
}

export const NOTHING_FIRED: FiringReport = { fired: 0, blocked: 0, silenced: 0, held: 0, tellings: [] };

export function sumReports(reports: readonly FiringReport[]): FiringReport {
  return reports.reduce(
    (sum, report) => ({
      fired: sum.fired + report.fired,
      blocked: sum.blocked + report.blocked,
      silenced: sum.silenced + report.silenced,
      held: sum.held + report.held,
      tellings: [...sum.tellings, ...report.tellings],
    }),
    NOTHING_FIRED,
  );
}

export async function fireAlerts(tx: Transaction, given: readonly Candidate[], nowMs: number): Promise<FiringReport> {
  if (given.length === 0) return NOTHING_FIRED;
  const candidates = mergeAlike(await heedSilences(tx, given));
  const claimed = await claim(tx, candidates, nowMs);
  const { allowed, held } = await withinStormLimit(tx, claimed, nowMs);
  await writeAlerts(tx, allowed);
  const told = allowed.filter(({ isSilenced }) => !isSilenced);
  return {
    fired: told.length,
    blocked: candidates.length - claimed.length,
    silenced: allowed.length - told.length,
    held,
    tellings: told.map(({ alert }) => tellingOf(alert)),
  };
}

interface Heeded extends Candidate {
  /** Nobody is told of it. */
  readonly isSilenced: boolean;
}

async function heedSilences(tx: Transaction, candidates: readonly Candidate[]): Promise<Heeded[]> {
  const issueIds = await listSilencedIssues(
    tx,
    candidates.flatMap(({ rule, issueId }) => (issueId === null ? [] : [{ projectId: rule.projectId, issueId }])),
  );
  return candidates.map((candidate) => {
    const { rule, issueId } = candidate;
    return { ...candidate, isSilenced: rule.isSilenced || (issueId !== null && issueIds.has(issueId)) };
  });
}

/** One for each right to fire: one that somebody is told of, if there is one. */
function mergeAlike(candidates: readonly Heeded[]): Heeded[] {
  const merged = new Map<string, Heeded>();
  for (const candidate of candidates) {
    const key = keyOf(candidate);
    const known = merged.get(key);
    if (known === undefined) merged.set(key, candidate);
    else {
      const told = known.isSilenced ? candidate : known;
      merged.set(key, { ...told, occurrences: known.occurrences + candidate.occurrences });
    }
  }
  return [...merged.values()];
}

const isOfIssue = ({ rule, issueId }: Candidate) => rule.cooldownScope === "issue" && issueId !== null;

function keyOf(candidate: Candidate): string {
  return isOfIssue(candidate) ? `${candidate.rule.ruleId}/${candidate.issueId}` : candidate.rule.ruleId;
}

interface Firing extends Heeded {
  readonly alert: NewAlert;
}

async function claim(tx: Transaction, candidates: readonly Heeded[], nowMs: number): Promise<Firing[]> {
  const ofRules = candidates.filter((candidate) => !isOfIssue(candidate));
  const ofIssues = candidates.flatMap((candidate) =>
    candidate.issueId !== null && isOfIssue(candidate) ? [{ ...candidate, issueId: candidate.issueId }] : [],
  );
  const issueKeys = ofIssues.map(({ rule, issueId, isSilenced }) => ({ ...keyOfRule(rule), issueId, isSilenced }));
  const claims = new Map<string, number>();
  for (const { ruleId, blocked } of await claimRules(
    tx,
    ofRules.map(({ rule, isSilenced }) => ({ ...keyOfRule(rule), isSilenced })),
    nowMs,
  ))
    claims.set(ruleId, blocked);
  for (const { ruleId, issueId, blocked } of await claimIssues(tx, issueKeys, nowMs))
    claims.set(`${ruleId}/${issueId}`, blocked);

  const isClaimed = (candidate: Candidate) => claims.has(keyOf(candidate));
  await touchRules(tx, distinctRules(ofIssues.filter(isClaimed)), nowMs);
  await countBlocked(
    tx,
    ofRules
      .filter((candidate) => candidate.occurrences > 0 && !isClaimed(candidate))
      .map(({ rule, occurrences }) => ({ ...keyOfRule(rule), count: occurrences })),
  );
  await countBlockedOfIssues(
    tx,
    ofIssues
      .filter((candidate) => candidate.occurrences > 0 && !isClaimed(candidate))
      .map(({ rule, issueId, occurrences }) => ({ ...keyOfRule(rule), issueId, count: occurrences })),
  );

  const firing = candidates.filter(isClaimed);
  const issues = await findAlertedIssues(
    tx,
    firing.flatMap(({ rule, issueId }) => (issueId === null ? [] : [{ projectId: rule.projectId, issueId }])),
  );
  return firing.map((candidate) => {
    const issue = candidate.issueId === null ? undefined : issues.get(candidate.issueId);
    const others = Math.max(0, candidate.occurrences - 1);
    return { ...candidate, alert: alertOf(candidate, issue, (claims.get(keyOf(candidate)) ?? 0) + others, nowMs) };
  });
}

const keyOfRule = ({ projectId, ruleId }: FiringRule) => ({ projectId, ruleId });

function distinctRules(candidates: readonly Candidate[]) {
  return [...new Map(candidates.map(({ rule }) => [rule.ruleId, keyOfRule(rule)])).values()];
}

function alertOf(
  { rule, issueId, counts, eventId }: Candidate,
  issue: AlertedIssue | undefined,
  suppressed: number,
  nowMs: number,
): NewAlert {
  const message = messageOf(rule.condition, issueId, counts);
  return {
    alertId: randomUUID(),
    rule,
    kind: "fired",
    issueId,
    issue,
    message: suppressed === 0 ? message : `${message}, and ${suppressed} more since the last alert`,
    snapshot: {
      ...rule.condition,
      rule_name: rule.name,
      filters: rule.filters,
      ...(counts === undefined ? {} : { count: counts.count, previous: counts.previous }),
      ...(eventId === undefined ? {} : { event_id: eventId }),
    },
    suppressed,
    triggeredAtMs: nowMs,
  };
}

/** What a project repeats beyond its limit is not written but held for digests. What nobody is told of takes no room in it. */
async function withinStormLimit(
  tx: Transaction,
  firings: readonly Firing[],
  nowMs: number,
): Promise<{ readonly allowed: Firing[]; readonly held: number }> {
  const loud = firings.filter(({ isSilenced }) => !isSilenced);
  const byProject = Map.groupBy(loud, ({ rule }) => rule.projectId);
  const windows = await openWindows(tx, [...byProject.keys()], nowMs);
  const held = new Set(
    [...byProject].flatMap(([projectId, ofProject]) => beyondLimit(ofProject, windows.get(projectId))),
  );
  await countFirings(
    tx,
    loud.map((firing) => ({ ...keyOfRule(firing.rule), isHeld: held.has(firing) })),
  );
  return { allowed: firings.filter((firing) => !held.has(firing)), held: held.size };
}

/** Never the first of a rule in its window: one that repeats itself shall keep no other one quiet. */
function beyondLimit(firings: readonly Firing[], window: StormWindow | undefined): Firing[] {
  const known = new Set(window?.ruleIds);
  let room = STORM_ALERTS_MAX - (window?.firings ?? 0);
  return firings.filter(({ rule }) => {
    if (known.has(rule.ruleId) && room <= 0) return true;
    known.add(rule.ruleId);
    room -= 1;
    return false;
  });
}
