import { testDatabase } from "@mesher/testkit";
import { expect, test } from "vitest";
import { DAY_MS, DAYS_AHEAD, daysAhead, ensurePartitions, partitionName } from "./partitions.ts";

const START_MS = Date.UTC(2031, 11, 28, 23, 59);

test("[F.4-11] over eight days of daily runs there is always a partition for today and the days ahead", async () => {
  await using db = await testDatabase();
  for (let day = 0; day < 8; day += 1) {
    const nowMs = START_MS + day * DAY_MS;
    await ensurePartitions(db.database, daysAhead(nowMs));
    const { rows } = await db.database.query<{ name: string }>({
      text: "select relname as name from pg_class where relispartition and relkind = 'r'",
    });
    const names = new Set(rows.map(({ name }) => name));
    for (let ahead = 0; ahead < DAYS_AHEAD; ahead += 1) expect(names).toContain(partitionName(nowMs + ahead * DAY_MS));
  }
});

test("nodes that make partitions at the same moment do not disturb each other", async () => {
  await using db = await testDatabase();
  const days = daysAhead(START_MS);
  await Promise.all([1, 2, 3, 4].map(() => ensurePartitions(db.database, days)));
  expect(await ensurePartitions(db.database, days)).toEqual([]);
});
