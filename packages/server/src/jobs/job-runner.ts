/**
 * Runs what must run by the clock, and once in the whole cluster. Every node looks every second at what is due; who locks
 * the job's row first runs it. There is no leader: a node that dies or freezes is replaced by whoever looks next.
 */
import type { ApiJob } from "@mesher/protocol";
import type { Database } from "../db/database.ts";
import type { Log } from "../runtime/log.ts";
import type { Service } from "../runtime/service.ts";
import { isDue } from "./due.ts";
import type { Attempt, Job } from "./job.ts";
import { listJobStates, registerJobs } from "./jobs.queries.ts";
import { JOBS_AT_ONCE_MAX, POLL_MS } from "./limits.ts";
import { listJobs } from "./list-jobs.ts";
import { runJob } from "./run-job.ts";

export interface JobRunnerOptions {
  readonly database: Database;
  readonly jobs: readonly Job[];
  /** This node, as the list of jobs shows it. */
  readonly holder: string;
  /** Told of every run on this node. */
  readonly onRun?: (job: string, outcome: Attempt["outcome"], seconds: number) => void;
  readonly log: Log;
}

export class JobRunner implements Service {
  readonly name = "jobs";
  readonly #options: JobRunnerOptions;
  readonly #stopping = new AbortController();
  readonly #running = new Map<Job, Promise<void>>();
  #timer: NodeJS.Timeout | undefined;
  #looking: Promise<void> = Promise.resolve();
  #isDatabaseAway = false;

  constructor(options: JobRunnerOptions) {
    this.#options = options;
  }

  async start(): Promise<void> {
    await registerJobs(
      this.#options.database,
      this.#options.jobs.map(({ name }) => name),
    );
    this.#lookIn(0);
  }

  /** Short runs end by themselves; long ones are told to, and another node goes on with them. */
  async stop(): Promise<void> {
    this.#stopping.abort(new Error("The server stops"));
    clearTimeout(this.#timer);
    await this.#looking;
    await Promise.all(this.#running.values());
  }

  /** All jobs, as the database has them. */
  list(): Promise<ApiJob[]> {
    return listJobs(this.#options.database, this.#options.jobs);
  }

  #lookIn(waitMs: number): void {
    if (this.#stopping.signal.aborted) return;
    this.#timer = setTimeout(() => {
      this.#looking = this.#look().finally(() => this.#lookIn(POLL_MS));
    }, waitMs).unref();
  }

  async #look(): Promise<void> {
    const { database, jobs, log } = this.#options;
    try {
      const states = await listJobStates(
        database,
        jobs.map(({ name }) => name),
      );
      if (this.#isDatabaseAway) log.info("Jobs are looked after again");
      this.#isDatabaseAway = false;
      for (const { name, dueAtMs, nowMs, isLeased } of states) {
        const job = jobs.find((each) => each.name === name);
        if (job !== undefined && !isLeased && isDue(job, dueAtMs, nowMs)) this.#launch(job);
      }
    } catch (error) {
      this.#tellDatabaseAway(error);
    }
  }

  #launch(job: Job): void {
    if (this.#stopping.signal.aborted || this.#running.has(job) || !this.#hasRoomFor(job)) return;
    const running = this.#run(job).finally(() => this.#running.delete(job));
    this.#running.set(job, running);
  }

  #hasRoomFor(job: Job): boolean {
    const lane = laneOf(job);
    const beside = [...this.#running.keys()].filter((other) => laneOf(other) === lane);
    return beside.length < JOBS_AT_ONCE_MAX[lane];
  }

  async #run(job: Job): Promise<void> {
    const { database, holder, onRun, log } = this.#options;
    const startedMs = performance.now();
    try {
      const attempt = await runJob(database, job, holder, this.#stopping.signal);
      if (attempt.outcome === "not_due") return;
      onRun?.(job.name, attempt.outcome, (performance.now() - startedMs) / 1000);
      if (attempt.outcome === "failed") log.error(`Job failed: ${job.name}`, { error: describe(attempt.error) });
      if (attempt.outcome === "lost") log.warn(`Job was lost to another node, or to time: ${job.name}`);
    } catch (error) {
      this.#tellDatabaseAway(error);
    }
  }

  #tellDatabaseAway(error: unknown): void {
    if (!this.#isDatabaseAway) this.#options.log.warn("Jobs cannot be looked after", { reason: describe(error) });
    this.#isDatabaseAway = true;
  }
}

function describe(error: unknown): string {
  return error instanceof Error && error.cause !== undefined ? `${error}: ${describe(error.cause)}` : String(error);
}

function laneOf(job: Job): keyof typeof JOBS_AT_ONCE_MAX {
  return job.kind === "transaction" || job.isUrgent === true ? "prompt" : "long";
}
