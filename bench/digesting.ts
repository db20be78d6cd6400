/**
 * What a worker does for an event, part by part: processor time of this one thread for digesting and storing, and of
 * PostgreSQL for every statement of a batch. No HTTP, no journal and no other thread are in the way.
 */
import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { gunzipSync } from "node:zlib";
import { type Database, migrate, openDatabase, startEmbeddedPostgres } from "@mesher/server/testing";
import { createDataDir } from "@mesher/testkit";
import { ensurePartitions } from "../packages/server/src/events/partitions.ts";
import { digestEntries, groupsOf } from "../packages/server/src/ingest/digest/digest.ts";
import type { JournalEntry } from "../packages/server/src/ingest/journal/entry.ts";
import { claimJournal } from "../packages/server/src/ingest/journal/journal.queries.ts";
import { decodeRecord, encodeRecord, recordBytes } from "../packages/server/src/ingest/journal/record.ts";
import { storeBatch } from "../packages/server/src/ingest/store/store.ts";
import { RequestPool } from "./request-pool.ts";
import { parseSizes, SIZE_NAMES, type SizeName } from "./sample-events.ts";

const HELP = `What a worker does for an event, part by part, and PostgreSQL for every statement of a batch.

  npm run bench:digesting -- [OPTIONS]

  --size 2k,10k,50k   Sizes of the events. Default: all.
  --batches N         Batches that are measured of each. Default: 30.
  --records N         Events of a batch. Default: 1000.
  --sql STATEMENT     Run before, to learn what it changes, for example "drop index events_tags". May be given several times.
  --sql-after QUERY   Its rows are printed at the end. May be given several times.
`;

/** Compiled and remembered by then is what will be. */
const WARM_UP_BATCHES = 15;
/** As the dispatcher has it. */
const BATCH_BYTES_MAX = 2 * 1024 * 1024;

const { values } = parseArgs({
  options: {
    size: { type: "string", default: SIZE_NAMES.join(",") },
    batches: { type: "string", default: "30" },
    records: { type: "string", default: "1000" },
    sql: { type: "string", multiple: true, default: [] },
    "sql-after": { type: "string", multiple: true, default: [] },
    help: { type: "boolean", short: "h", default: false },
  },
});
if (values.help) {
  process.stdout.write(HELP);
  process.exit();
}

await using dataDir = await createDataDir("mesher-bench-");
await using postgres = await startEmbeddedPostgres({ dataDir: dataDir.path, log: () => undefined });
await using database = openDatabase({
  url: postgres.url,
  applicationName: "bench",
  poolSize: 1,
  log: () => undefined,
});
await migrate(database, () => undefined);
await ensurePartitions(database, [Date.now()]);
for (const text of values.sql) await database.query({ text });
const backend = (await database.query<{ pid: number }>({ text: "select pg_backend_pid() as pid" })).rows[0]?.pid ?? 0;
const ofStatements = new Map<string, { calls: number; us: number }>();
const measured = measuringStatements(database);

for (const size of parseSizes(values.size)) await measure(size);
for (const text of values["sql-after"]) console.table((await database.query({ text })).rows);

async function measure(size: SizeName): Promise<void> {
  const projectId = await createProject();
  const journalId = randomUUID();
  const epoch = await claimJournal(database, journalId, "bench");
  const nextEntry = entriesOf(size, projectId);
  const cpu = { digest: 0, store: 0, process: 0, events: 0 };
  let sequence = 1;
  for (let batch = -WARM_UP_BATCHES; batch < Number(values.batches); batch += 1) {
    if (batch === 0) {
      ofStatements.clear();
      Object.assign(cpu, { digest: 0, store: 0, process: 0, events: 0 });
    }
    const records = recordsOf(nextEntry, Number(values.records));
    const startedAt = threadMicroseconds();
    const processAt = processMicroseconds();
    const entries: JournalEntry[] = [];
    for (let at = 0; at < records.length; at += recordBytes(records, at)) entries.push(decodeRecord(records, at));
    const events = [...groupsOf(entries)].flatMap((group) => digestEntries(group.entries).events);
    const digestedAt = threadMicroseconds();
    const lastSequence = sequence + entries.length - 1;
    const result = await storeBatch(measured, {
      journalId,
      epoch,
      firstSequence: sequence,
      lastSequence,
      doneThrough: sequence - 1,
      events,
      outcomes: [],
    });
    if (result.stored.length !== entries.length) throw new Error(`only ${result.stored.length} events were stored`);
    sequence = lastSequence + 1;
    cpu.digest += digestedAt - startedAt;
    cpu.store += threadMicroseconds() - digestedAt;
    cpu.process += processMicroseconds() - processAt;
    cpu.events += entries.length;
  }
  const perEvent = (us: number) => (us / cpu.events).toFixed(1).padStart(7);
  const ofDatabase = [...ofStatements.values()].reduce((sum, { us }) => sum + us, 0);
  console.log(`\n${size}, µs an event`);
  console.log(`${perEvent(cpu.digest)}  digest`);
  console.log(`${perEvent(cpu.store)}  store`);
  console.log(`${perEvent(cpu.process)}  both, with the runtime's own threads`);
  console.log(`${perEvent(ofDatabase)}  PostgreSQL`);
  for (const [name, { us, calls }] of [...ofStatements].toSorted(([, a], [, b]) => b.us - a.us))
    console.log(`${perEvent(us)}    ${name} ×${(calls / Number(values.batches)).toFixed(1)}`);
}

/** The journal's records of a batch, each with an event of its own. */
function recordsOf(nextEntry: () => JournalEntry, recordsMax: number): Buffer {
  const parts: Uint8Array[] = [];
  let bytes = 0;
  for (let record = 0; record < recordsMax && bytes < BATCH_BYTES_MAX; record += 1) {
    const [head, body] = encodeRecord(nextEntry());
    parts.push(head, body);
    bytes += head.length + body.length;
  }
  return Buffer.concat(parts);
}

function entriesOf(size: SizeName, projectId: string): () => JournalEntry {
  const pool = new RequestPool(size, { host: "localhost", path: "/", publicKey: "a".repeat(32) });
  const buffer = Buffer.alloc(pool.longestBytes);
  return () => {
    const length = pool.write(buffer);
    const body = Buffer.from(buffer.subarray(buffer.indexOf("\r\n\r\n") + 4, length));
    const inflated = gunzipSync(body);
    const offset = inflated.indexOf("\n", inflated.indexOf("\n") + 1) + 1;
    return {
      projectId,
      receivedAtMs: Date.now(),
      source: "sentry",
      encoding: "gzip",
      events: [{ eventId: inflated.toString("latin1", 13, 45), offset, length: inflated.length - offset - 1 }],
      sentAt: new Date().toISOString(),
      clientIp: "127.0.0.1",
      body,
    };
  };
}

async function createProject(): Promise<string> {
  const slug = `bench-${randomUUID()}`;
  const { rows } = await database.query<{ id: string }>({
    text: `
      with made as (insert into organizations (slug, name) values ($1, $1) returning id)
      insert into projects (organization_id, slug, name) select id, $1, $1 from made returning id`,
    values: [slug],
  });
  return rows[0]?.id ?? "";
}

function threadMicroseconds(): number {
  const { user, system } = process.threadCpuUsage();
  return user + system;
}

function processMicroseconds(): number {
  const { user, system } = process.cpuUsage();
  return user + system;
}

function backendMicroseconds(): number {
  return Number(readFileSync(`/proc/${backend}/schedstat`, "latin1").split(" ")[0]) / 1000;
}

/** The database, of which every statement is measured by its name, or its first words. */
function measuringStatements(of: Database): Database {
  return new Proxy(of, {
    get: (target, property) => {
      if (property !== "acquire") return Reflect.get(target, property, target) as unknown;
      return async () => {
        const { client, release, ...others } = await target.acquire();
        const query = client.query.bind(client) as (...args: unknown[]) => unknown;
        client.query = ((...args: unknown[]) => {
          const before = backendMicroseconds();
          const count = () => {
            const name = nameOf(args[0]);
            const known = ofStatements.get(name) ?? { calls: 0, us: 0 };
            ofStatements.set(name, { calls: known.calls + 1, us: known.us + backendMicroseconds() - before });
          };
          const running = query(...args);
          if (running instanceof Promise) return running.finally(count);
          const copy = args[0] as { callback: (...answer: unknown[]) => void };
          const { callback } = copy;
          copy.callback = (...answer) => {
            count();
            callback(...answer);
          };
          return running;
        }) as typeof client.query;
        return {
          ...others,
          client,
          release: (fault?: Error) => {
            client.query = query as typeof client.query;
            release(fault);
          },
        };
      };
    },
  });
}

function nameOf(query: unknown): string {
  if (typeof query === "string") return query;
  const { name, text } = query as { name?: string; text?: string };
  return name ?? text ?? "copy events";
}
