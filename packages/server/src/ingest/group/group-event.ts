import type { Event, Grouping } from "@mesher/protocol";
import { groupByVersion1 } from "./v1/group-by-version-1.ts";

/** One released set of rules. Rules of one version never change: see README.md. */
export interface GroupingVersion {
  readonly version: number;
  readonly group: (event: Event) => Grouping;
}

/**
 * Newest first. The older ones stay: an event whose newest fingerprint no issue knows is looked up by its older
 * fingerprints too, so that an upgrade does not split issues.
 */
export const GROUPING_VERSIONS: readonly GroupingVersion[] = [{ version: 1, group: groupByVersion1 }];

/** Tells which issue an event belongs to, and why, by the newest rules. Never throws and keeps nothing. */
export function groupEvent(event: Event): Grouping {
  return groupByVersion1(event);
}
