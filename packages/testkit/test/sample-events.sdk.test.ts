import { existsSync, readdirSync, readFileSync } from "node:fs";
import { type ApiIssue, type ApiPage, serializeEnvelope } from "@mesher/protocol";
import { afterAll, beforeAll, expect, test } from "vitest";
import { endpointOf, newEventId } from "../src/send.ts";
import type { ServerProcess } from "../src/server-process.ts";
import { waitUntil } from "../src/wait-until.ts";
import {
  countOutcome,
  listEventIds,
  readEvent,
  readEventDetail,
  readIssue,
  startTestServer,
  type TestServer,
} from "./test-server.ts";

/** Real events of many platforms; not part of the repository (its README says where they are from). */
const FOLDER = new URL("../../../../shared/data/events/", import.meta.url);

/** A sample as a client sends it: under an id of its own in the envelope's header, since some samples share theirs. */
interface Sample {
  readonly file: string;
  readonly bytes: Uint8Array;
  readonly id: string;
}

const SAMPLES: readonly Sample[] = existsSync(FOLDER)
  ? readdirSync(FOLDER).map((file) => ({ file, bytes: readFileSync(new URL(file, FOLDER)), id: newEventId() }))
  : [];

let testServer: TestServer;
let server: ServerProcess;
beforeAll(async () => {
  testServer = await startTestServer();
  server = testServer.server;
  await sendAll();
});
afterAll(() => testServer[Symbol.asyncDispose]());

test("there are sample events to try", ({ skip }) => {
  skip(SAMPLES.length === 0, `${FOLDER.pathname} is absent`);
  expect(SAMPLES.length).toBeGreaterThan(1);
});

test.for(SAMPLES)(
  "[DETAIL-01] $file comes back as it was sent, and unaltered where people read it",
  async ({ bytes, id }) => {
    const sent = JSON.parse(Buffer.from(bytes).toString()) as Raw;
    const stored = await readEvent(server, id);
    expect(stored.payload).toEqual(sent);
    expect(await readPayload(id)).toEqual(bytes);

    const { normalized } = stored;
    expect(withoutNothing(valuesOf(normalized.exception))).toEqual(withoutNothing(valuesOf(sent["exception"])));
    expect(withoutNothing(valuesOf(normalized.threads))).toEqual(withoutNothing(valuesOf(sent["threads"])));
    expect(withoutNothing(normalized.contexts ?? {})).toEqual(withoutNothing(sent["contexts"] ?? {}));
    expect(normalized.tags ?? {}).toEqual(tagsOf(sent));

    const issue = await readIssue(server, stored.issue_id);
    expect(issue.title).not.toBe("");
    expect(await listEventIds(server, issue.id)).toContain(id);
  },
);

test("[DETAIL-05] each issue's events are a chain that ends at both ends, and every sample is in one", async () => {
  await Promise.all(SAMPLES.map(({ id }) => readEvent(server, id)));
  const issues = await listIssues();
  const found: string[] = [];
  for (const issue of issues) {
    const ids = await listEventIds(server, issue.id);
    expect(issue.event_count).toBe(ids.length);
    found.push(...ids);
    for (const [index, id] of ids.entries()) {
      const { navigation } = await readEventDetail(server, id);
      expect(navigation).toMatchObject({ next_id: ids[index - 1] ?? null, prev_id: ids[index + 1] ?? null });
    }
  }
  expect(found.toSorted()).toEqual(SAMPLES.map(({ id }) => id).toSorted());
});

test("[INGEST-06] sent a second time, every sample is a duplicate and counted as such", async () => {
  await Promise.all(SAMPLES.map(({ id }) => readEvent(server, id)));
  const before = (await listIssues()).map(({ id, event_count }) => [id, event_count]);
  await sendAll();
  await waitUntil("all duplicates", async () => (await countOutcome(server, "duplicate")) === SAMPLES.length);
  expect(await countOutcome(server, "stored")).toBe(SAMPLES.length);
  expect((await listIssues()).map(({ id, event_count }) => [id, event_count])).toEqual(before);
});

async function sendAll(): Promise<void> {
  const { envelopeUrl, publicKey } = endpointOf(server.dsn);
  for (const { file, bytes, id } of SAMPLES) {
    const body = serializeEnvelope({
      header: { event_id: id },
      items: [{ header: { type: "event" }, payload: bytes }],
    });
    const response = await fetch(`${envelopeUrl}?sentry_key=${publicKey}&sentry_version=7`, {
      method: "POST",
      body: new Uint8Array(body),
    });
    expect([file, response.status, await response.json()]).toEqual([file, 200, { id }]);
  }
}

async function readPayload(id: string): Promise<Uint8Array> {
  const response = await fetch(`${server.url}/api/v1/events/${id}/payload`, {
    headers: { authorization: `Bearer ${server.token}` },
  });
  return Buffer.from(await response.arrayBuffer());
}

async function listIssues(): Promise<readonly ApiIssue[]> {
  return (await server.get<ApiPage<ApiIssue>>("/api/v1/projects/default/issues?limit=100")).data;
}

// What is expected is found in the raw payload, so its shape is only known by looking.
type Raw = Readonly<Record<string, unknown>>;

function valuesOf(interfaceValue: unknown): readonly Raw[] {
  if (interfaceValue === undefined || interfaceValue === null) return [];
  if (Array.isArray(interfaceValue)) return interfaceValue as Raw[];
  const { values } = interfaceValue as Raw;
  return Array.isArray(values) ? (values as Raw[]) : [interfaceValue as Raw];
}

/** SDKs send a map, or a list of pairs. */
function tagsOf({ tags }: Raw): unknown {
  return Array.isArray(tags) ? Object.fromEntries(tags as [string, unknown][]) : (tags ?? {});
}

/** SDKs in typed languages write `null` for whatever they do not have, even within a map that says nothing then. */
function withoutNothing(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNothing);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).map(([key, each]) => [key, withoutNothing(each)] as const);
  return Object.fromEntries(entries.filter(([, each]) => !isNothing(each)));
}

function isNothing(value: unknown): boolean {
  return typeof value === "object" && (value === null || Object.keys(value).length === 0);
}
