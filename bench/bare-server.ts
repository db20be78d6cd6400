/**
 * What Node can do at most on this machine: a server on bare `node:http` that only takes requests (`sink`), or also
 * inflates and parses them (`parse`), in as many processes as it is told. Tells its port by a message.
 *
 *     node bench/bare-server.ts sink|parse PROCESSES
 */
import cluster from "node:cluster";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { gunzipSync } from "node:zlib";
import { parseEnvelope } from "@mesher/protocol";

export type BareKind = "sink" | "parse";

const ANSWER = Buffer.from(JSON.stringify({ id: "0".repeat(32) }));

function serve(kind: BareKind): void {
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      if (kind === "parse") parse(Buffer.concat(chunks));
      response.writeHead(200, { "content-type": "application/json", "content-length": ANSWER.length });
      response.end(ANSWER);
    });
  });
  server.listen({ port: 0, host: "127.0.0.1" }, () => {
    // In a cluster all processes get the same port.
    process.send?.({ port: (server.address() as AddressInfo).port });
  });
}

function parse(body: Buffer): void {
  const bytes = gunzipSync(body);
  for (const { offset, length } of parseEnvelope(bytes).items) {
    JSON.parse(bytes.toString("utf8", offset, offset + length));
  }
}

const kind = process.argv[2] === "sink" ? "sink" : "parse";
const processes = Number(process.argv[3] ?? 1);
if (cluster.isPrimary && processes > 1) {
  const workers = Array.from({ length: processes }, () => cluster.fork());
  const ports = await Promise.all(
    workers.map(async (worker) => (await once(worker, "message"))[0] as { port: number }),
  );
  process.send?.(ports[0]);
} else {
  serve(kind);
}
// Ends with whoever started it, and not before its own processes.
if (cluster.isPrimary) {
  process.once("disconnect", () => {
    const workers = Object.values(cluster.workers ?? {}).filter((worker) => worker !== undefined);
    const exits = workers.map((worker) => once(worker, "exit"));
    for (const worker of workers) worker.kill("SIGKILL");
    void Promise.all(exits).then(() => process.exit(0));
  });
}
