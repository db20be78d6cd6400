/** `examples/three-nodes`, run as its README says. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer } from "node:net";
import { fileURLToPath } from "node:url";
import type { ApiCluster } from "@mesher/protocol";
import { expect, test } from "vitest";
import { createDataDir } from "../src/data-dir.ts";
import { testDatabase } from "../src/database.ts";
import { TEST_COOKIE } from "../src/server-cluster.ts";
import { TEST_TOKEN } from "../src/server-process.ts";
import { waitUntil } from "../src/wait-until.ts";

const EXAMPLE = fileURLToPath(new URL("../../../examples/three-nodes", import.meta.url));

/** Ports that the script counts from the balancer's, for each of its nodes: HTTP, WebSocket, cluster. */
const OFFSETS = [0, 100, 1000] as const;
const NODES = [1, 2, 3] as const;

test("the example starts three nodes that see each other, each ready behind its own port, and ends them", async () => {
  await using db = await testDatabase();
  await using dataDir = await createDataDir();
  const port = await findPort();
  const script = spawn(`${EXAMPLE}/start.sh`, {
    env: {
      PATH: process.env["PATH"] ?? "",
      HOME: process.env["HOME"] ?? "",
      DATABASE_URL: db.url,
      MESHER_COOKIE: TEST_COOKIE,
      MESHER_BOOTSTRAP_TOKEN: TEST_TOKEN,
      MESHER_DATA_DIR: dataDir.path,
      THREE_NODES_PORT: String(port),
    },
    // A group of its own, so that nothing of it is left if the test fails.
    detached: true,
    stdio: ["ignore", "pipe", "pipe"],
  });
  const output: string[] = [];
  for (const stream of [script.stdout, script.stderr]) stream.on("data", (chunk: Buffer) => output.push(String(chunk)));
  try {
    const views = await waitUntil(
      "three nodes",
      async () => {
        if (script.exitCode !== null) return [];
        const seen = await Promise.all(NODES.map((n) => clusterOf(port + n)));
        return seen.every(({ nodes }) => nodes.filter(({ status }) => status === "alive").length === 3) && seen;
      },
      120_000,
    );
    expect(views.map(({ self }) => self)).toEqual(NODES.map((n) => `mesher${n}@127.0.0.1:${port + 1000 + n}`));
    for (const n of NODES) expect((await fetch(`http://127.0.0.1:${port + n}/readyz`)).status).toBe(200);
    expect(await stop(script)).toBe(0);
    for (const n of NODES) await expect(fetch(`http://127.0.0.1:${port + n}/readyz`)).rejects.toThrow("fetch failed");
  } catch (cause) {
    throw new Error(`the example said:\n${output.join("")}`, { cause });
  } finally {
    killGroup(script);
  }
});

test("the balancer's file names the nodes that the script starts", () => {
  const servers = readFileSync(`${EXAMPLE}/haproxy.cfg`, "utf8").matchAll(/^ *server (\S+) 127\.0\.0\.1:(\d+)$/gm);
  expect([...servers].map(([, name, port]) => [name, port])).toEqual(NODES.map((n) => [`mesher${n}`, `${8100 + n}`]));
});

async function clusterOf(port: number): Promise<ApiCluster> {
  const response = await fetch(`http://127.0.0.1:${port}/api/v1/cluster`, {
    headers: { authorization: `Bearer ${TEST_TOKEN}` },
  });
  expect(response.status).toBe(200);
  return (await response.json()) as ApiCluster;
}

/** As Ctrl-C or an operator ends it. Resolves with the exit code. */
async function stop(script: ChildProcess): Promise<number | null> {
  const exited = once(script, "exit");
  script.kill("SIGTERM");
  await exited;
  return script.exitCode;
}

function killGroup({ pid }: ChildProcess): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, "SIGKILL");
  } catch (error) {
    // All of them have ended.
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}

/** One from which all that the script counts are free. Below those that the kernel gives away by itself. */
async function findPort(): Promise<number> {
  return waitUntil("free ports", async () => {
    const port = 10_000 + Math.floor(Math.random() * 20_000);
    const wanted = NODES.flatMap((n) => OFFSETS.map((offset) => port + offset + n));
    return (await Promise.all(wanted.map(isFree))).every((free) => free) ? port : undefined;
  });
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(false));
    server.listen(port, "127.0.0.1", () => server.close(() => resolve(true)));
  });
}
