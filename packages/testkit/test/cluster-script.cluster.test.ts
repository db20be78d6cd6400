/** `npm run cluster`, when it does not come to its end. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { createDataDir } from "../src/data-dir.ts";
import { waitUntil } from "../src/wait-until.ts";

const SCRIPT = fileURLToPath(new URL("../../../scripts/cluster.ts", import.meta.url));

/** Runs the script on ports after `port`. */
async function setUp(port: number) {
  await using stack = new AsyncDisposableStack();
  const dataDir = stack.use(await createDataDir());
  const script = spawn(process.execPath, [SCRIPT, "--nodes", "2", "--port", String(port)], {
    env: { PATH: process.env["PATH"] ?? "", HOME: process.env["HOME"] ?? "", MESHER_DATA_DIR: dataDir.path },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const exited = once(script, "close");
  stack.defer(async () => {
    script.kill("SIGTERM");
    await exited;
  });
  const output: string[] = [];
  for (const stream of [script.stdout, script.stderr])
    stream.on("data", (chunk: Buffer) => output.push(chunk.toString()));
  const isDatabaseUp = () => existsSync(`${dataDir.path}/cluster/postgres/cluster/postmaster.pid`);
  const all = stack.move();
  return { script, exited, isDatabaseUp, said: () => output.join(""), [Symbol.asyncDispose]: () => all.disposeAsync() };
}

/** A server on a port of which the next few are free, as far as anybody knows. */
async function listen() {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return { port, [Symbol.asyncDispose]: async () => void server.close() };
}

const isAnswering = (port: number) =>
  fetch(`http://127.0.0.1:${port}/readyz`).then(
    () => true,
    () => false,
  );

test("when one node cannot start the others and the database are stopped, and it says which", async () => {
  await using taken = await listen();
  const port = taken.port - 2;
  await using line = await setUp(port);
  expect(await line.exited).toEqual([1, null]);
  expect(line.said()).toContain("mesher2 did not start");
  expect([line.isDatabaseUp(), await isAnswering(port + 1)]).toEqual([false, false]);
});

test("stopped before its nodes are up it leaves none of them, and no database", async () => {
  const { port, ...free } = await listen();
  await free[Symbol.asyncDispose]();
  await using line = await setUp(port);
  await waitUntil("the first word of a node", async () => line.said().includes("mesher1 "));
  line.script.kill("SIGINT");
  expect(await line.exited).toEqual([0, null]);
  expect([line.isDatabaseUp(), await isAnswering(port + 1), await isAnswering(port + 2)]).toEqual([
    false,
    false,
    false,
  ]);
});
