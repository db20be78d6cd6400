import { testDatabase, waitUntil } from "@mesher/testkit";
import { expect, test } from "vitest";
import type { LeaseJob, TransactionJob } from "./job.ts";
import { JobRunner } from "./job-runner.ts";
import { JOBS_AT_ONCE_MAX } from "./limits.ts";

const log = { info: () => undefined, warn: () => undefined, error: () => undefined, debug: () => undefined };

test("as many long jobs as a node runs keep no short one back, and none that is urgent", async () => {
  await using db = await testDatabase();
  const gate = Promise.withResolvers<void>();
  let waiting = 0;
  const long = (name: string): LeaseJob => ({
    kind: "lease",
    name,
    title: name,
    about: "",
    everyMs: 3_600_000,
    retryMs: 60_000,
    run: async () => {
      waiting += 1;
      await gate.promise;
      return {};
    },
  });
  let shortRuns = 0;
  const short: TransactionJob = {
    kind: "transaction",
    name: "short",
    title: "short",
    about: "",
    everyMs: 1_000,
    retryMs: 1_000,
    run: async () => {
      if (waiting === JOBS_AT_ONCE_MAX.long) shortRuns += 1;
      return { result: {} };
    },
  };
  let urgentRuns = 0;
  const urgent: LeaseJob = {
    ...long("urgent"),
    isUrgent: true,
    everyMs: 1_000,
    run: async () => {
      if (waiting === JOBS_AT_ONCE_MAX.long) urgentRuns += 1;
      return {};
    },
  };
  const longJobs = Array.from({ length: JOBS_AT_ONCE_MAX.long + 1 }, (_, index) => long(`long-${index}`));
  const runner = new JobRunner({ database: db.database, jobs: [...longJobs, short, urgent], holder: "node", log });
  await runner.start();
  try {
    await waitUntil("two runs of each beside the long ones", async () => shortRuns >= 2 && urgentRuns >= 2);
    expect(waiting).toBe(JOBS_AT_ONCE_MAX.long);
  } finally {
    gate.resolve();
    await runner.stop();
  }
});
