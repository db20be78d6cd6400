/** How many prepared rows PostgreSQL takes in a second: COPY on one connection into the real table, with all its indexes. */
import { randomBytes, randomUUID } from "node:crypto";
import { gzipSync } from "node:zlib";
import { createDataDir } from "@mesher/testkit";
import { openDatabase, waitForDatabase } from "../packages/server/src/db/database.ts";
import { startEmbeddedPostgres } from "../packages/server/src/db/embedded/embedded.ts";
import { migrate } from "../packages/server/src/db/migrate.ts";
import { type Transaction, withTransaction } from "../packages/server/src/db/transaction.ts";
import { insertEvents, type NewEvent } from "../packages/server/src/events/events.queries.ts";
import { daysAhead, ensurePartitions } from "../packages/server/src/events/partitions.ts";
import { digestEntries } from "../packages/server/src/ingest/digest/digest.ts";
import { BODIES, pickBody, randomFrom, type SizeName, sampleEvent } from "./sample-events.ts";

const ROWS: Record<SizeName, number> = { "2k": 20_000, "10k": 12_000, "50k": 5_000 };
const BATCH_ROWS = 500;

export async function measureCopy(size: SizeName): Promise<number> {
  await using dataDir = await createDataDir("mesher-bench-");
  await using postgres = await startEmbeddedPostgres({ dataDir: dataDir.path, log: () => undefined });
  await using database = openDatabase({ url: postgres.url, applicationName: "bench", log: () => undefined });
  await waitForDatabase(database, { timeoutMs: 30_000, log: () => undefined });
  await migrate(database, () => undefined);
  await ensurePartitions(database, daysAhead(Date.now()));

  const batches = await prepareBatches(size);
  await database.query({ text: "checkpoint" });
  const startedAt = performance.now();
  for (const { text, bytes } of batches) await withTransaction(database, (tx) => tx.copyFrom(text, bytes));
  return (batches.length * BATCH_ROWS * 1000) / (performance.now() - startedAt);
}

interface Copy {
  readonly text: string;
  readonly bytes: Buffer;
}

/** The bytes that the server would send, made before the time is taken. */
async function prepareBatches(size: SizeName): Promise<Copy[]> {
  const random = randomFrom(2);
  const issues = new Map<string, string>();
  const digested = Array.from({ length: BODIES }, (_, body) => digest(size, body, issues));
  const copies: Copy[] = [];
  const recorder: Transaction = {
    inTransaction: true,
    query: () => Promise.reject(new Error("nothing but a copy is expected")),
    copyFrom: async (text, bytes) => copies.push({ text, bytes: Buffer.from(bytes) }),
  };
  for (let batch = 0; batch < ROWS[size] / BATCH_ROWS; batch++) {
    const rows = Array.from({ length: BATCH_ROWS }, (): NewEvent => {
      const event = digested[pickBody(random())] as NewEvent;
      return { ...event, eventId: randomBytes(16).toString("hex"), receivedAtMs: Date.now() };
    });
    await insertEvents(recorder, rows);
  }
  return copies;
}

function digest(size: SizeName, body: number, issues: Map<string, string>): NewEvent {
  const json = Buffer.from(sampleEvent(size, body, Date.now()));
  const eventId = randomBytes(16).toString("hex");
  const [event] = digestEntries([
    {
      projectId: PROJECT_ID,
      receivedAtMs: Date.now(),
      source: "sentry",
      encoding: "gzip",
      events: [{ eventId, offset: 0, length: json.length }],
      body: gzipSync(json),
    },
  ]).events;
  if (event === undefined) throw new Error("a sample event was refused");
  const [fingerprint] = event.fingerprints;
  const issueId = issues.get(fingerprint) ?? randomUUID();
  issues.set(fingerprint, issueId);
  return { ...event, issueId };
}

const PROJECT_ID = randomUUID();
