/** How urgent an issue is, told from its level and volume when nobody has said so by hand. Pure. */
import type { Level, Priority } from "@mesher/protocol";
import { DAY_MS } from "../events/partitions.ts";

/** Events a day, over the whole life of an issue, from which it is one step more urgent than its level says. */
const EVENTS_PER_DAY_HIGH = 1_000;

const OF_LEVEL: Readonly<Record<Level, Priority>> = {
  fatal: "high",
  error: "medium",
  warning: "low",
  info: "low",
  debug: "low",
};

const MORE_URGENT: Readonly<Record<Priority, Priority>> = { low: "medium", medium: "high", high: "high" };

export interface PriorityFacts {
  readonly prioritySet: Priority | null;
  readonly level: Level;
  readonly eventCount: number;
  readonly firstSeen: Date;
  readonly lastSeen: Date;
}

export function priorityOf({ prioritySet, level, eventCount, firstSeen, lastSeen }: PriorityFacts): Priority {
  if (prioritySet !== null) return prioritySet;
  // A burst within minutes counts as one day's: it is the day's events that matter.
  const ms = Math.max(DAY_MS, lastSeen.getTime() - firstSeen.getTime());
  const priority = OF_LEVEL[level];
  return eventCount * DAY_MS >= EVENTS_PER_DAY_HIGH * ms ? MORE_URGENT[priority] : priority;
}
