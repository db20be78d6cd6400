/** For tests only: projects, and batches of events that are as good as digested. */

import { randomBytes, randomUUID } from "node:crypto";
import type { Database } from "../../db/database.ts";
import { encodeTsvector } from "../../db/tsvector.ts";
import { claimJournal } from "../journal/journal.queries.ts";
import type { DigestedEvent } from "./digested-event.ts";
import { type StoreResult, storeBatch } from "./store.ts";

export const newFingerprint = () => randomBytes(16).toString("hex");

export function eventOf(projectId: string, fingerprint: string, more: Partial<DigestedEvent> = {}): DigestedEvent {
  const receivedAtMs = Date.now();
  return {
    projectId,
    eventId: randomBytes(16).toString("hex"),
    receivedAtMs,
    occurredAtMs: receivedAtMs,
    category: "error",
    level: "error",
    platform: "node",
    title: 'TypeError: "x" is ||| not 😀\na function',
    culprit: "checkout",
    environment: "production",
    release: undefined,
    tags: { a: "b" },
    tagsJson: '{"a":"b"}',
    user: undefined,
    groupingJson: JSON.stringify({ version: 1, fingerprint, strategy: "message", parts: [] }),
    receiptJson: undefined,
    fingerprints: [fingerprint],
    source: "sentry",
    payload: { encoding: "identity", offset: 0, length: 2, body: Buffer.from("{}") },
    words: encodeTsvector(
      new Map([
        ["typeerror", 8],
        ["checkout", 9],
      ]),
    ),
    ...more,
  };
}

/** As a batch of a journal of its own, so that none was stored before. */
export async function store(database: Database, ...events: DigestedEvent[]): Promise<StoreResult> {
  const journalId = randomUUID();
  const epoch = await claimJournal(database, journalId, "test");
  const sequences = { firstSequence: 1, lastSequence: events.length, doneThrough: 0 };
  return storeBatch(database, { journalId, epoch, ...sequences, events, outcomes: [] });
}

export interface TestProject {
  readonly organizationId: string;
  readonly projectId: string;
}

/** A project in an organization of its own. */
export async function createTestProject(database: Database): Promise<TestProject> {
  const slug = `test-${randomBytes(6).toString("hex")}`;
  const { rows } = await database.query<{ organization_id: string; id: string }>({
    text: `
      with made as (insert into organizations (slug, name) values ($1, $1) returning id)
      insert into projects (organization_id, slug, name) select id, $1, $1 from made returning organization_id, id`,
    values: [slug],
  });
  const [row] = rows;
  if (row === undefined) throw new Error("the project was not made");
  return { organizationId: row.organization_id, projectId: row.id };
}
