/** `mesher tail` as a person runs it, beside a server that comes and goes. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import type { StreamMessage } from "@mesher/protocol";
import { expect, test } from "vitest";
import { createDataDir } from "../src/data-dir.ts";
import { testDatabase } from "../src/database.ts";
import { newEventId, sendEvent } from "../src/send.ts";
import { ServerProcess, TEST_TOKEN } from "../src/server-process.ts";
import { waitUntil } from "../src/wait-until.ts";
import { startTestServer } from "./test-server.ts";

const MAIN = fileURLToPath(new URL("../../cli/src/main.ts", import.meta.url));

function tail(url: string, ...args: readonly string[]) {
  const env = { PATH: process.env["PATH"] ?? "", MESHER_URL: url, MESHER_BOOTSTRAP_TOKEN: TEST_TOKEN };
  const child = spawn(process.execPath, [MAIN, "tail", ...args], { env, stdio: ["ignore", "pipe", "pipe"] });
  const shown = { out: "", errors: "" };
  child.stdout.on("data", (chunk: Buffer) => (shown.out += chunk.toString()));
  child.stderr.on("data", (chunk: Buffer) => (shown.errors += chunk.toString()));
  return {
    shown,
    /** With `--json`, what it has printed. */
    messages: () =>
      shown.out
        .split("\n")
        .slice(0, -1)
        .map((line) => JSON.parse(line) as StreamMessage),
    /** As Ctrl-C does. */
    async interrupt(): Promise<number | null> {
      child.kill("SIGINT");
      const [code] = (await once(child, "close")) as [number | null];
      return code;
    },
    [Symbol.dispose]: () => child.kill("SIGKILL"),
  };
}

async function send(server: ServerProcess, event: Readonly<Record<string, unknown>>): Promise<string> {
  const event_id = newEventId();
  expect((await sendEvent(server.dsn, { event_id, ...event })).status).toBe(200);
  return event_id;
}

test("mesher tail shows what happens, filtered, goes on after the server was away, and ends with Ctrl-C", async () => {
  await using db = await testDatabase();
  await using dataDir = await createDataDir();
  const options = { databaseUrl: db.url, dataDir: dataDir.path };
  await using server = await ServerProcess.start(options);
  using text = tail(server.url, "--level", "fatal", "--level", "error");
  using json = tail(server.url, "--json", "--project", "default");
  await waitUntil("the stream", async () => json.messages().some(({ type }) => type === "subscribed"));
  const first = await send(server, { message: "Nobody minds", level: "info" });
  const isTold = (id: string) => json.messages().some((message) => message.type === "event" && message.event_id === id);
  await waitUntil("the first event", async () => isTold(first));
  // Its stream may have begun only now.
  await waitUntil("an event as text", async () => {
    const sent = await send(server, { message: "It broke", level: "fatal" });
    await waitUntil("it to be told", async () => isTold(sent));
    return text.shown.out.includes("It broke");
  });
  expect(text.shown.out).not.toContain("Nobody minds");

  const { port } = new URL(server.url);
  await server.stop();
  await waitUntil("the break to be told", async () => json.shown.errors.includes("Connecting again"));
  await using back = await ServerProcess.start({ ...options, port: Number(port) });
  await waitUntil("the stream to be back", async () => json.shown.errors.includes("no longer known"));
  const last = await send(back, { message: "It broke again", level: "error" });
  await waitUntil("the last event", async () => isTold(last));
  expect(await json.interrupt()).toBe(0);
  expect(await text.interrupt()).toBe(0);
});

test("mesher tail says that there is no such project", async () => {
  await using testServer = await startTestServer();
  using missing = tail(testServer.server.url, "--project", "nothing");
  await waitUntil("the answer", async () => missing.shown.errors.includes("project not found"));
  expect(missing.shown.out).toBe("");
});
