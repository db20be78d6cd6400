import type { EventRange } from "../events/event-range.ts";
import type { FrameMode } from "../events/frames.ts";

/** What the address says about an issue's page. Absent means the default. */
export interface IssueSearch extends EventRange {
  /** Which part of it is shown beside the facts; absent: the newest event. */
  readonly tab?: "events" | undefined;
  /** Of the events. */
  readonly query?: string | undefined;
  readonly frames?: FrameMode | undefined;
  /** How far back the chart goes; absent: 14 days. */
  readonly chart?: ChartPeriod | undefined;
}

export const CHART_PERIODS = ["24h", "7d", "14d", "30d", "90d"] as const;
export type ChartPeriod = (typeof CHART_PERIODS)[number];
export const CHART_PERIOD_DEFAULT = "14d";
