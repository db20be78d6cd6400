/** Whatever is asked of the API, by whomever: an answer of the shape that its description promises, and never a 5xx. */
import { expect, test } from "vitest";
import { FUZZ_OWNER, fuzzApi } from "../../../scripts/fuzz-api.ts";
import { testDatabase } from "../src/database.ts";
import { ServerProcess } from "../src/server-process.ts";

const CASES = 500;

test(`[C-110] [C-133] [C-134] [C-135] ${CASES} valid, wrong and hostile requests to every route are answered as described`, async () => {
  await using db = await testDatabase();
  await using server = await ServerProcess.start({
    databaseUrl: db.url,
    env: { ...FUZZ_OWNER, MESHER_LOG_LEVEL: "warn" },
  });
  const seed = Math.floor(Math.random() * 1e9);
  const { failures, statuses, count } = await fuzzApi({ server, count: CASES, seed });
  expect({ seed, failures }).toEqual({ seed, failures: [] });
  expect(count).toBe(CASES);
  // All three kinds got somewhere: a fuzz that is refused at the door finds nothing.
  expect(statuses["valid 200"]).toBeGreaterThan(20);
  expect(statuses["invalid 400"]).toBeGreaterThan(5);
  expect(statuses["hostile 404"]).toBeGreaterThan(5);
  expect(statuses["foreign 404"]).toBeGreaterThan(2);
  expect({ seed, faults: server.output.split("\n").filter((line) => line.includes("ERROR Request failed")) }).toEqual({
    seed,
    faults: [],
  });
});
