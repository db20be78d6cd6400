/**
 * A node that runs the job named by `argv[4]` on the database `argv[2]`, as holder `argv[3]`, until it is killed. It says
 * in a line how each run ended. Each write is a row of `job_writes`, with the job's epoch as this run knows it.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { openDatabase } from "../src/db/database.ts";
import type { Transaction } from "../src/db/transaction.ts";
import type { Job } from "../src/jobs/job.ts";
import { JobRunner } from "../src/jobs/job-runner.ts";

const [, , url = "", holder = "", jobName = ""] = process.argv;
const database = openDatabase({ url, applicationName: holder, log: () => undefined });

const write = (tx: Transaction) =>
  tx.query({
    text: "insert into job_writes (job, holder, epoch, due_at) select name, $2, epoch, due_at from jobs where name = $1",
    values: [jobName, holder],
  });

const HOUR_MS = 3_600_000;
const PAUSE_MS = 20;
/** Long enough to be frozen in the middle of it. */
const THINKING_MS = 1_500;

const JOBS: Record<string, Job> = {
  /** Every 200 ms, and slow enough that the other nodes look in the meantime. */
  frequent: {
    kind: "transaction",
    name: "frequent",
    title: "Frequent",
    about: "",
    everyMs: 200,
    retryMs: 200,
    run: async (tx) => {
      await write(tx);
      await sleep(PAUSE_MS);
      return { result: {} };
    },
  },
  /** One transaction that thinks between two writes. */
  thoughtful: {
    kind: "transaction",
    name: "thoughtful",
    title: "Thoughtful",
    about: "",
    everyMs: HOUR_MS,
    retryMs: HOUR_MS,
    run: async (tx) => {
      await write(tx);
      await sleep(THINKING_MS);
      await write(tx);
      return { result: {} };
    },
  },
  /** Writes until it is told to end by a row of `job_ends`. */
  long: {
    kind: "lease",
    name: "long",
    title: "Long",
    about: "",
    everyMs: HOUR_MS,
    retryMs: HOUR_MS,
    run: async (inTransaction, { signal }) => {
      for (;;) {
        const { rowCount } = await database.query({ text: "select 1 from job_ends" });
        if (rowCount > 0) return {};
        await inTransaction(write);
        await sleep(PAUSE_MS, undefined, { signal });
      }
    },
  },
};

const job = JOBS[jobName];
if (job === undefined) throw new Error(`there is no job ${jobName}`);
const ignore = () => undefined;
const runner = new JobRunner({
  database,
  jobs: [job],
  holder,
  onRun: (_name, outcome) => process.stdout.write(`${outcome}\n`),
  log: { debug: ignore, info: ignore, warn: ignore, error: ignore },
});
await runner.start();
process.stdout.write("ready\n");
process.on("SIGTERM", () => void runner.stop().then(() => process.exit(0)));
