/** What a project's data takes: tables belong to all projects, so each gets the share that its events or issues have. Pure. */

export interface DayOnDisk {
  readonly dayMs: number;
  readonly bytes: number;
}

export interface DayCount {
  readonly dayMs: number;
  readonly own: number;
  /** Of all projects. */
  readonly total: number;
}

export interface DayShare {
  readonly dayMs: number;
  readonly events: number;
  readonly bytes: number;
}

/** The project's part of each day that is kept and has events of it. */
export function shareDays(days: readonly DayOnDisk[], counts: readonly DayCount[], keptSinceMs: number): DayShare[] {
  const countOf = new Map(counts.map((count) => [count.dayMs, count]));
  return days.flatMap(({ dayMs, bytes }) => {
    const count = countOf.get(dayMs);
    if (dayMs < keptSinceMs || count === undefined || count.own === 0) return [];
    return [{ dayMs, events: count.own, bytes: shareOf(bytes, count.own, count.total) }];
  });
}

export function shareOf(bytes: number, own: number, total: number): number {
  return own === 0 ? 0 : Math.round((bytes * own) / total);
}
