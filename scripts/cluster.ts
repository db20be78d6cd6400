/**
 * Three nodes on one machine, with one embedded database and a balancer in front of them.
 *
 *     npm run cluster -- [--nodes 3] [--port 8080]
 */
import { type ChildProcess, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { interruption, startEmbeddedPostgres } from "@mesher/server/testing";
import { Balancer, NODE_FLAGS, START_ENV } from "@mesher/testkit";
import { wholeOption } from "./number-option.ts";

const HELP = `Starts a cluster on this machine: nodes, one embedded database for all, and a balancer in front.

  npm run cluster -- [--nodes N] [--port PORT]

  --nodes N     1 to 9. Default: 3.
  --port PORT   Of the balancer; the nodes get the ports after it. Default: 8080.

The data is kept in MESHER_DATA_DIR, or ./data, in the folder "cluster". Stop it with Ctrl-C; kill one node by its process id to
see the others take over.
`;

const MAIN = join(import.meta.dirname, "../packages/server/src/main.ts");
const NODE_PORT = 9101;
const NODES_MAX = 9;
const ANSWER_MS_MAX = 1_000;

// From the first moment on: nodes and database are processes of their own, which a Ctrl-C here does not reach.
const stopping = interruption();
// A terminal that is closed takes no more lines, and all is to be stopped in order.
process.stdout.on("error", () => undefined);
try {
  await run(stopping);
} catch (error) {
  // What fails after a signal fails because of it.
  if (!stopping.aborted) {
    console.error(error instanceof Error ? error.message : String(error));
    process.exitCode = 1;
  }
}

async function run(signal: AbortSignal): Promise<void> {
  const { values } = parseArgs({
    options: {
      nodes: { type: "string", default: "3" },
      port: { type: "string", default: "8080" },
      help: { type: "boolean", short: "h", default: false },
    },
  });
  if (values.help) {
    process.stdout.write(HELP);
    return;
  }
  const count = wholeOption("--nodes", values.nodes, { min: 1, max: NODES_MAX });
  const port = wholeOption("--port", values.port, { min: 1, max: 65_000 });
  const dataDir = join(resolve(process.env["MESHER_DATA_DIR"] || "data"), "cluster");

  await using started = new AsyncDisposableStack();
  await mkdir(dataDir, { recursive: true });
  const postgres = await startEmbeddedPostgres({ dataDir, log: (message) => console.log(`database  ${message}`) });
  started.defer(() => postgres.stop());
  signal.throwIfAborted();
  const secrets = await readOrMakeSecrets(dataDir);
  const httpPorts = Array.from({ length: count }, (_, index) => port + 1 + index);
  const names = Array.from({ length: count }, (_, index) => `mesher${index + 1}@127.0.0.1:${NODE_PORT + index}`);

  const nodes = names.map((name, index) => {
    const shortName = `mesher${index + 1}`;
    const node = startNode(shortName, {
      MESHER_NODE_NAME: name,
      MESHER_COOKIE: secrets.cookie,
      // One that is reachable is enough; a node is no peer of itself.
      MESHER_PEERS: names.filter((peer) => peer !== name).join(","),
      DATABASE_URL: postgres.url,
      MESHER_DATA_DIR: join(dataDir, shortName),
      MESHER_HTTP_PORT: String(httpPorts[index]),
      MESHER_WS_PORT: String(port + 101 + index),
      MESHER_PUBLIC_URL: `http://localhost:${port}`,
      MESHER_BOOTSTRAP_TOKEN: secrets.token,
    });
    started.defer(() => stopNode(node));
    return node;
  });
  started.use(
    await Balancer.start(
      httpPorts.map((httpPort) => ({ port: httpPort })),
      port,
    ),
  );

  await Promise.all(
    nodes.map((node, index) => answering(node, { name: `mesher${index + 1}`, httpPort: httpPorts[index], signal })),
  );
  const rows = names.map(
    (name, index) => `    ${name}   http://localhost:${httpPorts[index]}   process ${nodes[index]?.pid}`,
  );
  console.log(`
  ${count} nodes are running.

    Pages   http://localhost:${port}/#token=${secrets.token}
    DSN     ${await dsnAt(port, secrets.token)}   (project "default")
${rows.join("\n")}

  Send to them MESHER_BOOTSTRAP_TOKEN=${secrets.token} npm run demo -- --url http://localhost:${port}
  See them     MESHER_BOOTSTRAP_TOKEN=${secrets.token} npm run mesher -- cluster status --url http://localhost:${port}
  Stop         Ctrl-C
`);
  if (!signal.aborted) await once(signal, "abort");
  console.log("Stopping all nodes, then the database");
}

function startNode(shortName: string, env: Readonly<Record<string, string>>): ChildProcess {
  // Not by npm, whose process would be the one that people kill.
  const node = spawn(process.execPath, [...NODE_FLAGS, MAIN], {
    env: { ...process.env, ...START_ENV, ...env, MESHER_LOG_FORMAT: "text" },
    stdio: ["ignore", "pipe", "inherit"],
    // So that Ctrl-C in the terminal is ours to pass on, in order.
    detached: true,
  });
  const out = node.stdout;
  let rest = "";
  out?.on("data", (chunk: Buffer) => {
    const lines = `${rest}${chunk.toString()}`.split("\n");
    rest = lines.pop() ?? "";
    // What each node says when it is up would be said three times.
    for (const line of lines) if (/^\d\d:\d\d:\d\d/.test(line)) console.log(`${shortName}  ${line}`);
  });
  node.once("exit", (code, signal) => console.log(`${shortName}  ended (${signal ?? code})`));
  return node;
}

async function stopNode(node: ChildProcess): Promise<void> {
  if (node.exitCode !== null || node.signalCode !== null || node.pid === undefined) return;
  const ended = once(node, "exit");
  process.kill(-node.pid, "SIGTERM");
  await ended;
}

async function answering(
  node: ChildProcess,
  { name, httpPort, signal }: { name: string; httpPort: number | undefined; signal: AbortSignal },
): Promise<void> {
  for (;;) {
    signal.throwIfAborted();
    if (node.exitCode !== null || node.signalCode !== null) throw new Error(`${name} did not start`);
    // Whoever else has the port may take the connection and say nothing.
    const patience = AbortSignal.any([signal, AbortSignal.timeout(ANSWER_MS_MAX)]);
    const isUp = await fetch(`http://127.0.0.1:${httpPort}/readyz`, { signal: patience }).then(
      (response) => response.ok,
      () => false,
    );
    if (isUp) return;
    await new Promise((again) => setTimeout(again, 100));
  }
}

async function dsnAt(port: number, token: string): Promise<string | undefined> {
  const headers = { authorization: `Bearer ${token}` };
  const response = await fetch(`http://127.0.0.1:${port}/api/v1/projects/default`, { headers });
  const { dsn } = (await response.json()) as { dsn?: string };
  return dsn;
}

/** Kept, so that a second start finds the data of the first. */
async function readOrMakeSecrets(dataDir: string): Promise<{ cookie: string; token: string }> {
  const path = join(dataDir, "secrets.json");
  const kept = await readFile(path, "utf8").catch(() => undefined);
  if (kept !== undefined) return JSON.parse(kept) as { cookie: string; token: string };
  const secrets = { cookie: randomBytes(24).toString("base64url"), token: `mshr_${randomBytes(24).toString("hex")}` };
  await writeFile(path, JSON.stringify(secrets), { mode: 0o600 });
  return secrets;
}
