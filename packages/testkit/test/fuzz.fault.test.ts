/** Whatever comes over the wire, the whole line survives it: no 5xx, no dead worker, and every accepted event ends in an outcome. */
import { expect, test } from "vitest";
import { fuzz } from "../../../scripts/fuzz.ts";
import { testDatabase } from "../src/database.ts";
import { ServerProcess } from "../src/server-process.ts";
import { waitUntil } from "../src/wait-until.ts";

const CASES = 2_000;

test(`${CASES} mutated envelopes, events and reports do no harm`, async () => {
  await using db = await testDatabase();
  await using server = await ServerProcess.start({
    databaseUrl: db.url,
    env: { MESHER_RATE_LIMIT_MAX_EVENTS: "1000000", MESHER_LOG_LEVEL: "warn" },
  });
  const seed = Math.floor(Math.random() * 1e9);
  const { failures, statuses } = await fuzz({ url: server.url, dsn: server.dsn, count: CASES, seed });
  expect({ seed, failures }).toEqual({ seed, failures: [] });
  expect(Object.keys(statuses).length).toBeGreaterThan(2);

  await waitUntil("the journal to be drained", async () => {
    const { journal } = (await (await fetch(`${server.url}/readyz`)).json()) as { journal: { waiting: number } };
    return journal.waiting === 0;
  });
  const counts = await metricsOf(server);
  const sum = (name: string) =>
    counts.filter(([key]) => key.startsWith(name)).reduce((total, [, count]) => total + count, 0);
  const ended = ["stored", "duplicate", "discarded", "filtered", "sampled", "invalid", "quarantined"];
  const accounted = ended.reduce((total, outcome) => total + sum(`mesher_ingest_items_total{outcome="${outcome}"`), 0);
  expect({ seed, accounted }).toEqual({ seed, accounted: sum("mesher_ingest_accepted_total") });
  expect({ seed, quarantined: sum('mesher_ingest_items_total{outcome="quarantined"') }).toEqual({
    seed,
    quarantined: 0,
  });
  expect({ seed, deaths: sum("mesher_digest_worker_deaths_total") }).toEqual({ seed, deaths: 0 });
  expect(server.output).not.toContain("ERROR");
});

async function metricsOf(server: ServerProcess): Promise<[name: string, value: number][]> {
  const text = await (await fetch(`${server.url}/metrics`)).text();
  return text
    .split("\n")
    .filter((line) => line !== "" && !line.startsWith("#"))
    .map((line) => [line.slice(0, line.lastIndexOf(" ")), Number(line.slice(line.lastIndexOf(" ") + 1))]);
}
