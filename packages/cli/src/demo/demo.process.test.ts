import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { startTestServer, TEST_TOKEN, type TestServer } from "../test-server.ts";

const MAIN = join(import.meta.dirname, "../main.ts");

/** `mesher demo` as its own process, with the token in a data directory as the server leaves it there. */
async function startDemo(server: TestServer, ...args: readonly string[]) {
  const dataDir = await mkdtemp(join(tmpdir(), "mesher-cli-"));
  await writeFile(join(dataDir, "bootstrap-token"), `${TEST_TOKEN}\n`);
  const env = { PATH: process.env.PATH, MESHER_URL: server.url, MESHER_DATA_DIR: dataDir };
  const child = spawn(process.execPath, [MAIN, "demo", ...args], { env, stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk: Buffer) => (output += chunk.toString()));
  return {
    child,
    end: async () => {
      const [code] = (await once(child, "close")) as [number | null];
      await rm(dataDir, { recursive: true });
      return { code, output };
    },
  };
}

test("sends to the server it finds, and tells what it did and where to look", async () => {
  await using server = await startTestServer();
  const demo = await startDemo(server, "--seconds", "1", "--seed", "42");
  const { code, output } = await demo.end();

  expect(output).toContain(`Look at them: ${server.url}/#token=${TEST_TOKEN}`);
  expect(output).toMatch(/\d+ sent {2}\d+ accepted {2}0 refused/);
  expect(output).toContain("distinct problems");
  expect(code).toBe(0);
  expect(server.received.length).toBeGreaterThan(0);
  expect(output).toContain(`Accepted: ${server.received.length} events`);
  expect(new Set(server.received.map(({ event }) => event.event_id)).size).toBe(server.received.length);
  expect(new Set(server.received.map(({ headers }) => headers["content-encoding"]))).toEqual(
    new Set([undefined, "gzip"]),
  );
  for (const { path, headers } of server.received) {
    expect(path.split("?")[0]).toBe("/api/1/envelope/");
    expect(`${path} ${headers["x-sentry-auth"] as string}`).toContain("sentry_key=key1");
  }
});

test("Ctrl-C stops it with the summary", async () => {
  await using server = await startTestServer();
  const demo = await startDemo(server, "--seconds", "0");
  await expect.poll(() => server.received.length, { timeout: 120_000 }).toBeGreaterThan(20);
  demo.child.kill("SIGINT");
  const { code, output } = await demo.end();
  expect(output).toContain("Look at them:");
  expect(output).toMatch(/Accepted: \d+ events/);
  expect(code).toBe(0);
});

test("a DSN that the server does not know ends it with a sentence", async () => {
  await using server = await startTestServer();
  server.says.envelope = { status: 403, body: { detail: "unknown key" } };
  const demo = await startDemo(server, "--dsn", server.dsn);
  const { code, output } = await demo.end();
  expect(output).toContain("refuses the DSN: it answered 403 (unknown key).");
  expect(code).toBe(1);
});
