/**
 * The life of an issue as a table: every state × everything that can happen to it. Pure; the statements that carry it out
 * are in `change-issues.ts` (what people decide) and `wake-issues.ts` (what events bring about).
 */
import type { IssueStatus } from "@mesher/protocol";

/** `deleted` has no row: an issue that was deleted and one that never was cannot be told apart. */
export type IssueState = IssueStatus | "deleted";

/**
 * What can happen: six decisions of a person, then what comes by itself. `regress`: an event after it was resolved.
 * `escalate`: many more events than usual. `end_archive`: the days or events of its archive are over.
 */
export type Cause =
  | "resolve"
  | "unresolve"
  | "archive"
  | "discard"
  | "undiscard"
  | "delete"
  | "regress"
  | "escalate"
  | "end_archive";

/** What activity and streams call a step. */
export type StatusAction =
  | "resolved"
  | "unresolved"
  | "archived"
  | "discarded"
  | "undiscarded"
  | "deleted"
  | "regressed"
  | "escalated"
  | "archive_ended";

export type Step =
  | { readonly to: IssueState; readonly action: StatusAction }
  /** It is in that state already; only the terms of it may change. */
  | "stays"
  /** Refused to a person; what comes by itself just does not come. */
  | "illegal"
  | "not_found";

const resolve = { to: "resolved", action: "resolved" } as const;
const unresolve = { to: "unresolved", action: "unresolved" } as const;
const archive = { to: "archived", action: "archived" } as const;
const discard = { to: "discarded", action: "discarded" } as const;
const undiscard = { to: "unresolved", action: "undiscarded" } as const;
const remove = { to: "deleted", action: "deleted" } as const;
const regress = { to: "unresolved", action: "regressed" } as const;
const escalate = { to: "unresolved", action: "escalated" } as const;
const endArchive = { to: "unresolved", action: "archive_ended" } as const;

export const STEPS: Readonly<Record<IssueState, Readonly<Record<Cause, Step>>>> = {
  unresolved: {
    resolve,
    unresolve: "stays",
    archive,
    discard,
    undiscard: "stays",
    delete: remove,
    regress: "illegal",
    escalate: "illegal",
    end_archive: "illegal",
  },
  resolved: {
    resolve: "stays",
    unresolve,
    archive,
    discard,
    undiscard: "illegal",
    delete: remove,
    regress,
    escalate: "illegal",
    end_archive: "illegal",
  },
  archived: {
    resolve,
    unresolve,
    archive: "stays",
    discard,
    undiscard: "illegal",
    delete: remove,
    regress: "illegal",
    escalate,
    end_archive: endArchive,
  },
  // Only undiscarding lets its events in again: nothing that is done to many issues at once may do so by the way.
  discarded: {
    resolve: "illegal",
    unresolve: "illegal",
    archive: "illegal",
    discard: "stays",
    undiscard,
    delete: remove,
    regress: "illegal",
    escalate: "illegal",
    end_archive: "illegal",
  },
  deleted: {
    resolve: "not_found",
    unresolve: "not_found",
    archive: "not_found",
    discard: "not_found",
    undiscard: "not_found",
    delete: "not_found",
    regress: "not_found",
    escalate: "not_found",
    end_archive: "not_found",
  },
};

/** Since when an event of a resolved issue is a regression. */
export type Resolution =
  | { readonly mode: "now" }
  | { readonly mode: "in_release"; readonly release: string }
  /** `after`: the newest release when it was resolved; null when there was none, so that the first one is the next. */
  | { readonly mode: "in_next_release"; readonly after: string | null };

/** What ends the archive. */
export type ArchiveTerms =
  | { readonly mode: "until_escalating" }
  | { readonly mode: "until_time"; readonly until: Date }
  | { readonly mode: "until_count"; readonly eventCount: number }
  | { readonly mode: "for_ever" };

/** A status with its terms. */
export type Standing =
  | { readonly status: "unresolved" }
  | { readonly status: "resolved"; readonly resolution: Resolution }
  | { readonly status: "archived"; readonly terms: ArchiveTerms }
  | { readonly status: "discarded" };

export type StandingChange =
  | { readonly kind: "changed"; readonly to: Standing; readonly action: StatusAction }
  | { readonly kind: "unchanged" }
  | { readonly kind: "illegal" };

/** What a decision that leads to `wanted` makes of an issue that stands so. */
export function decide(current: Standing, cause: Exclude<Cause, "delete">, wanted: Standing): StandingChange {
  const step = STEPS[current.status][cause];
  if (step === "illegal" || step === "not_found") return { kind: "illegal" };
  if (step !== "stays") {
    if (step.to !== wanted.status) throw new Error(`${cause} leads to ${step.to}, not to ${wanted.status}`);
    return { kind: "changed", to: wanted, action: step.action };
  }
  if (current.status !== wanted.status || haveSameTerms(current, wanted)) return { kind: "unchanged" };
  return { kind: "changed", to: wanted, action: wanted.status };
}

function haveSameTerms(a: Standing, b: Standing): boolean {
  return JSON.stringify(a, byKey) === JSON.stringify(b, byKey);
}

/** JSON with sorted keys. */
function byKey(_key: string, value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1)));
}
