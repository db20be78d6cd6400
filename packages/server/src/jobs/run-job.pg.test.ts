import { testDatabase } from "@mesher/testkit";
import { expect, test } from "vitest";
import type { Database } from "../db/database.ts";
import { withTransaction } from "../db/transaction.ts";
import { type LeaseJob, LeaseLostError, type TransactionJob } from "./job.ts";
import { lockJob, registerJobs } from "./jobs.queries.ts";
import { listJobs } from "./list-jobs.ts";
import { runJob } from "./run-job.ts";

const HOUR = { title: "Job", about: "", everyMs: 3_600_000, retryMs: 60_000 };
const never = new AbortController().signal;

async function prepare() {
  const db = await testDatabase();
  await registerJobs(db.database, ["job"]);
  await db.database.query({ text: "create table job_writes (note text)" });
  const { database } = db;
  return {
    database,
    notes: async () => (await database.query<{ note: string }>({ text: "select note from job_writes" })).rows,
    [Symbol.asyncDispose]: () => db[Symbol.asyncDispose](),
  };
}

/** As another node does that finds the lease run out. */
const takeAway = (database: Database) =>
  database.query({
    text: "update jobs set epoch = epoch + 1, holder = 'thief', lease_until = now() + interval '1 minute'",
  });

const note = { text: "insert into job_writes values ('written')" };

test("[HAZARD-9] a write after the lease was taken away is refused, with all of its transaction", async () => {
  await using db = await prepare();
  let refusal: unknown;
  const job: LeaseJob = {
    ...HOUR,
    kind: "lease",
    name: "job",
    run: async (write) => {
      await takeAway(db.database);
      refusal = await write((tx) => tx.query(note)).catch((error: unknown) => error);
      throw refusal;
    },
  };
  expect(await runJob(db.database, job, "us", never)).toEqual({ outcome: "lost" });
  expect(refusal).toBeInstanceOf(LeaseLostError);
  expect(await db.notes()).toEqual([]);
  expect(await listJobs(db.database, [job])).toMatchObject([{ holder: "thief", state: "running", outcome: null }]);
});

test("nobody takes a lease in the middle of a write, even when it has run out", async () => {
  await using db = await prepare();
  let taken: unknown = "not tried";
  const job: LeaseJob = {
    ...HOUR,
    kind: "lease",
    name: "job",
    run: async (write) => {
      await write(async (tx) => {
        await db.database.query({ text: "update jobs set lease_until = now() - interval '1 second'" });
        taken = await withTransaction(db.database, (other) => lockJob(other, "job"));
        await tx.query(note);
      });
      return {};
    },
  };
  expect(await runJob(db.database, job, "us", never)).toMatchObject({ outcome: "succeeded" });
  expect(taken).toBeUndefined();
  expect(await db.notes()).toHaveLength(1);
});

test("a lease that was taken while the database's clock was ahead, by a node that died then, keeps nobody from the job", async () => {
  await using db = await prepare();
  const job: LeaseJob = { ...HOUR, kind: "lease", name: "job", run: async () => ({}) };
  await db.database.query({
    text: "update jobs set epoch = 7, holder = 'dead', lease_until = now() + interval '1 day'",
  });
  expect(await listJobs(db.database, [job])).toMatchObject([{ state: "idle" }]);
  expect(await runJob(db.database, job, "us", never)).toMatchObject({ outcome: "succeeded" });
  expect(await listJobs(db.database, [job])).toMatchObject([{ holder: "us", epoch: 8 }]);
});

test("a run that ends although its job was taken away changes nothing of the other one's record", async () => {
  await using db = await prepare();
  const job: LeaseJob = {
    ...HOUR,
    kind: "lease",
    name: "job",
    run: async () => {
      await takeAway(db.database);
      return { of: "us" };
    },
  };
  expect(await runJob(db.database, job, "us", never)).toEqual({ outcome: "lost" });
  expect(await listJobs(db.database, [job])).toMatchObject([{ holder: "thief", result: null }]);
});

test("what a transaction job wrote before it failed is undone; the failure is kept, and tried again in a minute", async () => {
  await using db = await prepare();
  const job: TransactionJob = {
    ...HOUR,
    kind: "transaction",
    name: "job",
    run: async (tx) => {
      await tx.query(note);
      throw new Error("no space");
    },
  };
  expect(await runJob(db.database, job, "us", never)).toMatchObject({ outcome: "failed" });
  expect(await db.notes()).toEqual([]);
  const [listed] = await listJobs(db.database, [job]);
  expect(listed).toMatchObject({ holder: "us", epoch: 1, outcome: "failed", error: "Error: no space", state: "idle" });
  expect(Date.parse(listed?.next_run_at ?? "") - Date.parse(listed?.finished_at ?? "")).toBeLessThanOrEqual(60_000);
  expect(await runJob(db.database, job, "us", never)).toEqual({ outcome: "not_due" });
});

test("what a run has to tell is told after its commit", async () => {
  await using db = await prepare();
  const told = Promise.withResolvers<unknown>();
  const job: TransactionJob = {
    ...HOUR,
    kind: "transaction",
    name: "job",
    run: async (tx) => {
      await tx.query(note);
      return { result: { written: 1 }, tell: () => told.resolve(db.notes()) };
    },
  };
  expect(await runJob(db.database, job, "us", never)).toEqual({ outcome: "succeeded", result: { written: 1 } });
  expect(await told.promise).toHaveLength(1);
});

test("a job transaction in which nothing happens is ended by the database", async () => {
  await using db = await prepare();
  const job: TransactionJob = {
    ...HOUR,
    kind: "transaction",
    name: "job",
    run: async (tx) => {
      const limits = `select current_setting('idle_in_transaction_session_timeout') as idle,
        current_setting('statement_timeout') as statement`;
      return { result: (await tx.query({ text: limits })).rows[0] ?? {} };
    },
  };
  expect(await runJob(db.database, job, "us", never)).toMatchObject({ result: { idle: "4s", statement: "4s" } });
  const { rows } = await db.database.query({ text: "show statement_timeout" });
  expect(rows).not.toEqual([{ statement_timeout: "4s" }]);
});
