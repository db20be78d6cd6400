/** Ingest over WebSocket through the front door, up to a server that is killed. */
import { randomBytes } from "node:crypto";
import type { ApiIssue, ApiPage, ApiProject } from "@mesher/protocol";
import { expect, test } from "vitest";
import { createDataDir } from "../src/data-dir.ts";
import { testDatabase } from "../src/database.ts";
import { endpointOf } from "../src/send.ts";
import { ServerProcess } from "../src/server-process.ts";
import { openSocket } from "../src/stream-client.ts";
import { waitUntil } from "../src/wait-until.ts";
import { countOutcome, readEvent, startTestServer } from "./test-server.ts";

interface Answer {
  readonly status: string;
  readonly id?: string;
  readonly ref?: unknown;
}

async function connect(server: ServerProcess, publicKey: string, base = server.socketUrl) {
  const socket = await openSocket(`${base}/ingest`, { authorization: `Bearer ${publicKey}` });
  const answers: Answer[] = [];
  socket.on("message", (data: Buffer) => answers.push(JSON.parse(data.toString()) as Answer));
  // A killed server breaks it off.
  socket.on("error", () => {});
  return { socket, answers, [Symbol.dispose]: () => socket.terminate() };
}

test("[INGEST-05] [C-70] events of a socket are stored in the project of its key, on both ports", async () => {
  await using testServer = await startTestServer();
  const { server } = testServer;
  const made = await fetch(`${server.url}/api/v1/projects`, {
    method: "POST",
    headers: { authorization: `Bearer ${server.token}`, "content-type": "application/json" },
    body: JSON.stringify({ name: "Other" }),
  });
  expect(made.status).toBe(201);
  const other = (await made.json()) as ApiProject;
  for (const base of [server.socketUrl, `${server.url.replace("http", "ws")}/ws`]) {
    using client = await connect(server, endpointOf(other.dsn).publicKey, base);
    client.socket.send(JSON.stringify({ message: `By ${base}`, level: "warning", ref: "r" }));
    const [answer] = await waitUntil("the answer", async () =>
      client.answers.length === 1 ? client.answers : undefined,
    );
    expect(answer).toEqual({ status: "accepted", id: expect.any(String), ref: "r" });
    expect(await readEvent(server, answer?.id ?? "")).toMatchObject({ project_id: other.id, level: "warning" });
  }
  await expect(connect(server, `mshr_${randomBytes(24).toString("hex")}`)).rejects.toMatchObject({
    status: 401,
    body: { code: "unknown_key" },
  });
});

test("[INGEST-05] an answered frame is on disk: a server killed right then stores it when it is back, once", async () => {
  await using db = await testDatabase();
  await using dataDir = await createDataDir();
  const options = { databaseUrl: db.url, dataDir: dataDir.path, env: { MESHER_RATE_LIMIT_MAX_EVENTS: "1000000" } };
  const first = await ServerProcess.start(options);
  using client = await connect(first, endpointOf(first.dsn).publicKey);
  const total = 2_000;
  for (let n = 0; n < total; n += 1) client.socket.send(JSON.stringify({ message: `Number ${n % 7}`, ref: n }));
  await waitUntil("some answers", async () => client.answers.length >= total / 4);
  await first.kill();
  const answered = client.answers.map(({ id }) => id ?? "");
  expect(new Set(answered).size).toBe(answered.length);

  await using second = await ServerProcess.start(options);
  await waitUntil("the journal to be empty", async () => {
    const response = await fetch(`${second.url}/readyz`);
    const { journal } = (await response.json()) as { journal: { waiting: number } };
    return journal.waiting === 0;
  });
  const { rows } = await db.database.query<{ event_id: string }>({ text: "select event_id from events" });
  const stored = new Set(rows.map(({ event_id }) => event_id.replaceAll("-", "")));
  expect(answered.filter((id) => !stored.has(id))).toEqual([]);
  expect(stored.size).toBe(rows.length);
  expect(await countOutcome(second, "stored")).toBe(rows.length);
  const { data } = await second.get<ApiPage<ApiIssue>>("/api/v1/projects/default/issues?limit=100");
  expect(data.reduce((sum, { event_count }) => sum + event_count, 0)).toBe(rows.length);
});
