import { testDatabase } from "@mesher/testkit";
import { expect, test } from "vitest";
import { withTransaction } from "../db/transaction.ts";
import { issueTimesJob } from "./issue-times-job.ts";

test("events that follow a merged issue keep no stop waiting: what is left of them goes on elsewhere", async () => {
  await using db = await testDatabase();
  const { database } = db;
  await database.query({
    text: `insert into event_moves (project_id, from_issue_id, to_issue_id)
      values (gen_random_uuid(), gen_random_uuid(), gen_random_uuid())`,
  });
  const left = async () => (await database.query({ text: "select from event_moves" })).rowCount;
  const job = issueTimesJob(database, () => undefined);
  const run = (signal: AbortSignal) =>
    job.run((work) => withTransaction(database, work), { nowMs: Date.now(), signal });
  await expect(run(AbortSignal.abort(new Error("The server stops")))).rejects.toThrow("The server stops");
  expect(await left()).toBe(1);
  await run(new AbortController().signal);
  expect(await left()).toBe(0);
});
