/** `GET /api/v1/jobs`: what runs by the clock, once in the whole cluster. */
import type { ApiDeliveryQueue } from "./api-destinations.ts";

export interface ApiJob {
  /** As in logs and metrics. */
  readonly name: string;
  /** How people call it. */
  readonly title: string;
  /** What it does: one sentence. */
  readonly about: string;
  readonly every_seconds: number;
  readonly state: "idle" | "running";
  /** Runs begun so far, on all nodes together. */
  readonly epoch: number;
  /** The node that runs it, or ran it last; null before the first run. */
  readonly holder: string | null;
  readonly started_at: string | null;
  /** Null while it is running. */
  readonly finished_at: string | null;
  readonly duration_ms: number | null;
  /** Of the last run that ended. */
  readonly outcome: "succeeded" | "failed" | null;
  readonly error: string | null;
  /** What it did, in numbers; each job has its own. */
  readonly result: Readonly<Record<string, unknown>> | null;
  readonly next_run_at: string;
}

/** `GET /api/v1/jobs`. */
export interface ApiJobs {
  readonly data: readonly ApiJob[];
  readonly deliveries: ApiDeliveryQueue;
}
