/** A status and its terms as columns of `issues`, and back. The table's checks allow nothing else. */
import type { IssueStatus } from "@mesher/protocol";
import type { ArchiveTerms, Resolution, Standing } from "./lifecycle.ts";

export interface StandingColumns {
  readonly status: IssueStatus;
  readonly resolution: Resolution["mode"] | null;
  readonly resolved_release: string | null;
  readonly archive_mode: ArchiveTerms["mode"] | null;
  readonly archived_until: Date | null;
  readonly archived_until_count: number | null;
}

/** For a `select` from `issues i`. */
export const STANDING_COLUMNS =
  "i.status, i.resolution, i.resolved_release, i.archive_mode, i.archived_until, i.archived_until_count";

export function standingOf(row: StandingColumns): Standing {
  if (row.status === "resolved") return { status: "resolved", resolution: resolutionOf(row) };
  if (row.status === "archived") return { status: "archived", terms: archiveTermsOf(row) };
  return { status: row.status };
}

function resolutionOf({ resolution, resolved_release }: StandingColumns): Resolution {
  if (resolution === "in_release" && resolved_release !== null) return { mode: resolution, release: resolved_release };
  if (resolution === "in_next_release") return { mode: resolution, after: resolved_release };
  return { mode: "now" };
}

function archiveTermsOf({ archive_mode, archived_until, archived_until_count }: StandingColumns): ArchiveTerms {
  if (archive_mode === "until_time" && archived_until !== null) return { mode: archive_mode, until: archived_until };
  if (archive_mode === "until_count" && archived_until_count !== null)
    return { mode: archive_mode, eventCount: archived_until_count };
  return { mode: archive_mode === "for_ever" ? "for_ever" : "until_escalating" };
}

export function columnsOf(standing: Standing): StandingColumns {
  const none = {
    resolution: null,
    resolved_release: null,
    archive_mode: null,
    archived_until: null,
    archived_until_count: null,
  };
  if (standing.status === "resolved") {
    const { resolution } = standing;
    const release =
      resolution.mode === "in_release"
        ? resolution.release
        : resolution.mode === "in_next_release"
          ? resolution.after
          : null;
    return { ...none, status: standing.status, resolution: resolution.mode, resolved_release: release };
  }
  if (standing.status === "archived") {
    const { terms } = standing;
    return {
      ...none,
      status: standing.status,
      archive_mode: terms.mode,
      archived_until: terms.mode === "until_time" ? terms.until : null,
      archived_until_count: terms.mode === "until_count" ? terms.eventCount : null,
    };
  }
  return { ...none, status: standing.status };
}
