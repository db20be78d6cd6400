/** The week of an organization. */
export interface WeeklyReport {
  readonly organizationName: string;
  /** Its Monday and the one after it, as `2026-11-16`, in UTC. */
  readonly from: string;
  readonly until: string;
  readonly events: number;
  readonly eventsWeekBefore: number;
  readonly newIssues: number;
  readonly busiest: readonly {
    readonly projectId: string;
    readonly projectName: string;
    readonly issueId: string;
    readonly title: string;
    readonly events: number;
  }[];
}
