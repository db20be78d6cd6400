/** Fires the alerts of what events brought about. Taking the signals and firing is one transaction: it bears any death, and any number of nodes. */
import type { Transaction } from "../db/transaction.ts";
import { searchOf } from "./alert-filters.ts";
import { isSeenCondition, SEEN_CONDITIONS, type SeenCondition } from "./conditions.ts";
import { MINUTE_MS } from "./event-minutes.queries.ts";
import { type Candidate, type FiringReport, fireAlerts, NOTHING_FIRED } from "./fire.ts";
import { type FiringRule, listEnabledRules } from "./firing-rules.queries.ts";
import { countSeen, listWorthCounting } from "./seen-issues.queries.ts";
import { listMatching, type Signal, takeSignals } from "./signals.queries.ts";

/** Of one transaction. */
export const SIGNALS_AT_ONCE = 500;

export interface SignalsReport extends FiringReport {
  readonly signals: number;
  /** Rules that were held against them. */
  readonly rules: number;
}

export async function fireSignals(tx: Transaction): Promise<SignalsReport> {
  const { signals, nowMs } = await takeSignals(tx, SIGNALS_AT_ONCE);
  if (signals.length === 0) return { ...NOTHING_FIRED, signals: 0, rules: 0 };
  const rules = await listEnabledRules(
    tx,
    ["new_issue", "regression", "escalation", ...SEEN_CONDITIONS],
    [...new Set(signals.map(({ projectId }) => projectId))],
  );
  const happened = await findHappened(tx, rules, signals, nowMs);
  const seen = await findSeen(tx, rules, signals, nowMs);
  const report = await fireAlerts(tx, [...happened, ...seen], nowMs);
  return { ...report, signals: signals.length, rules: rules.length };
}

/** What happened once, to an issue. */
async function findHappened(
  tx: Transaction,
  rules: readonly FiringRule[],
  signals: readonly Signal[],
  nowMs: number,
): Promise<Candidate[]> {
  const asked = rules
    .map((rule) => ({
      rule,
      projectId: rule.projectId,
      slug: rule.projectSlug,
      query: searchOf(rule.filters),
      signals: signals.filter(
        (each) => each.projectId === rule.projectId && each.kind === rule.condition.condition_type,
      ),
    }))
    .filter((each) => each.signals.length > 0);
  const isFiltered = ({ query }: (typeof asked)[number]) => query.kind !== "all" || query.of.length > 0;
  const filtered = asked.filter(isFiltered);
  const matching = await listMatching(tx, filtered, nowMs);
  const matchingOf = new Map(filtered.map((each, index) => [each, matching[index]]));
  return asked.flatMap((each) => {
    const ids = matchingOf.get(each);
    return each.signals
      .filter(({ id }) => ids === undefined || ids.has(id))
      .map(
        ({ issueId, eventId }): Candidate => ({
          rule: each.rule,
          issueId,
          occurrences: 1,
          ...(eventId === null ? {} : { eventId: eventId.replaceAll("-", "") }),
        }),
      );
  });
}

interface SeenRule extends FiringRule {
  readonly condition: SeenCondition;
}

const isSeenRule = (rule: FiringRule): rule is SeenRule => isSeenCondition(rule.condition);

/** Issues that get more events, or affect more users, than a rule allows. */
async function findSeen(
  tx: Transaction,
  rules: readonly FiringRule[],
  signals: readonly Signal[],
  nowMs: number,
): Promise<Candidate[]> {
  const issues = [...new Map(signals.map((each) => [`${each.projectId}/${each.issueId}`, each])).values()];
  const pairs = rules
    .filter(isSeenRule)
    .flatMap((rule) =>
      issues
        .filter(({ projectId }) => projectId === rule.projectId)
        .map(({ projectId, issueId }) => ({ rule, projectId, ruleId: rule.ruleId, issueId })),
    );
  const worth = await listWorthCounting(tx, pairs, nowMs);
  return breachedPairs(
    tx,
    pairs.filter((_, index) => worth.has(index)),
    nowMs,
  );
}

export interface SeenPair {
  readonly rule: SeenRule;
  readonly issueId: string;
}

async function breachedPairs(tx: Transaction, pairs: readonly SeenPair[], nowMs: number): Promise<Candidate[]> {
  const counts = await countPairs(tx, pairs, nowMs);
  return pairs.flatMap(({ rule, issueId }, index): Candidate[] => {
    const count = counts[index] ?? 0;
    if (count <= rule.condition.threshold) return [];
    return [{ rule, issueId, occurrences: 0, counts: { count, previous: 0 } }];
  });
}

/** In their order. */
export function countPairs(tx: Transaction, pairs: readonly SeenPair[], nowMs: number): Promise<number[]> {
  return countSeen(
    tx,
    pairs.map(({ rule, issueId }) => ({
      projectId: rule.projectId,
      slug: rule.projectSlug,
      issueId,
      query: searchOf(rule.filters),
      fromMs: nowMs - rule.condition.window_minutes * MINUTE_MS,
      of: rule.condition.condition_type === "issue_users" ? "users" : "events",
      threshold: rule.condition.threshold,
    })),
    nowMs,
  );
}

/** Of pairs whose rule is one of these. */
export function pairsOf(
  rules: ReadonlyMap<string, FiringRule>,
  alerts: readonly { readonly ruleId: string; readonly issueId: string }[],
): SeenPair[] {
  return alerts.flatMap(({ ruleId, issueId }) => {
    const rule = rules.get(ruleId);
    return rule !== undefined && isSeenRule(rule) ? [{ rule, issueId }] : [];
  });
}
