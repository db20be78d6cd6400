import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { brotliDecompressSync, gunzipSync, inflateSync, zstdDecompressSync } from "node:zlib";
import type { BodyEncoding } from "../../events/payload.ts";
import type { ProjectKey } from "../../organizations/project-key.ts";
import { HEARTBEAT } from "../../runtime/web-sockets/keep-alive.ts";
import { offerUpgrades } from "../../runtime/web-sockets/offer-upgrades.ts";
import type { JournalEntry } from "../journal/entry.ts";
import { ByteBudget } from "./byte-budget.ts";
import type { AcceptedItems, EndedItems, IngestDependencies } from "./dependencies.ts";
import { createIngestHandler } from "./ingest-handler.ts";
import { IngestSockets } from "./ingest-sockets.ts";
import { RECEIVE_LIMITS, type ReceiveLimits } from "./limits.ts";
import { createRateLimiter } from "./rate-limiter.ts";

/** For tests: a real HTTP server with the ingest routes, before a journal in memory. */
export async function startTestServer(
  options: Partial<Omit<IngestDependencies, "limits">> & { limits?: Partial<ReceiveLimits> } = {},
) {
  const entries: JournalEntry[] = [];
  const outcomes: EndedItems[] = [];
  const accepted: AcceptedItems[] = [];
  const deps: IngestDependencies = {
    findProjectKey: (publicKey) => KEYS.get(publicKey),
    journal: {
      append: async (entry) => void entries.push(entry),
    },
    rateLimiter: createRateLimiter(),
    countOutcome: (ended) => outcomes.push(ended),
    countAccepted: (items) => accepted.push(items),
    now: () => RECEIVED_AT_MS,
    makeEventId: () => randomBytes(16).toString("hex"),
    log: { error: () => {} },
    ...options,
    limits: { ...RECEIVE_LIMITS, ...options.limits },
  };
  const budget = new ByteBudget(deps.limits.inFlightBytesMax);
  const handler = createIngestHandler(deps, budget);
  const sockets = new IngestSockets({ deps, budget, heartbeat: HEARTBEAT });
  const server = createServer((request, response) => {
    if (!handler(request, response)) response.writeHead(404).end("Not Found");
  });
  server.on("upgrade", offerUpgrades([(upgrade) => sockets.upgrade(upgrade)]));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const url = `http://127.0.0.1:${port}`;

  return {
    url,
    port,
    entries,
    outcomes,
    accepted,
    /** Posts with the key of project 1, unless the headers say otherwise. */
    post: (path: string, body: string | Uint8Array, headers: Record<string, string> = AUTH) =>
      fetch(url + path, { method: "POST", body: body as Uint8Array<ArrayBuffer>, headers }),
    /** The events' JSON in the journal, read as a worker would. */
    events: () => entries.flatMap(eventsOf),
    sockets,
    budget,
    async [Symbol.asyncDispose]() {
      await sockets.stop();
      server.close();
      server.closeAllConnections();
      await once(server, "close");
    },
  };
}

export const RECEIVED_AT_MS = Date.parse("2026-11-21T12:00:00Z");
export const KEY = "mshr_1111";
export const EVENT_ID = "9ec79c33ec9942ab8353589fcb2e04dc";
export const AUTH = { "x-sentry-auth": `Sentry sentry_version=7, sentry_key=${KEY}` };

function makeKey(key: Partial<ProjectKey> & Pick<ProjectKey, "publicKey" | "projectNumber">): ProjectKey {
  return { projectId: `project-${key.projectNumber}`, organizationId: "organization", sampleRate: 1, ...key };
}

/** An envelope of one event. */
export function envelopeOf(event: unknown = { message: "x" }, header: unknown = { event_id: EVENT_ID }): string {
  return `${JSON.stringify(header)}\n{"type":"event"}\n${JSON.stringify(event)}\n`;
}

function eventsOf(entry: JournalEntry): unknown[] {
  const inflated = INFLATE[entry.encoding](entry.body);
  return entry.events.map(({ offset, length }) => {
    const json: unknown = JSON.parse(Buffer.from(inflated).toString("utf8", offset, offset + length));
    return json;
  });
}

const KEYS: ReadonlyMap<string, ProjectKey> = new Map(
  [
    makeKey({ publicKey: KEY, projectNumber: 1 }),
    makeKey({ publicKey: "mshr_2222", projectNumber: 2 }),
    makeKey({ publicKey: "nothing", projectNumber: 3, sampleRate: 0 }),
    makeKey({ publicKey: "half", projectNumber: 4, sampleRate: 0.5 }),
    makeKey({ publicKey: "three", projectNumber: 5, rateLimitEvents: 3 }),
  ].map((key) => [key.publicKey, key]),
);

const INFLATE: Record<BodyEncoding, (bytes: Uint8Array) => Uint8Array> = {
  identity: (bytes) => bytes,
  gzip: gunzipSync,
  deflate: inflateSync,
  br: brotliDecompressSync,
  zstd: zstdDecompressSync,
};
