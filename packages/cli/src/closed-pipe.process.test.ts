import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { serve, TEST_TOKEN } from "./test-server.ts";

const MAIN = fileURLToPath(new URL("main.ts", import.meta.url));

test("a stream that nobody reads any more ends quietly", async () => {
  const opened = Promise.withResolvers<(message: object) => void>();
  await using server = await serve((_, response) => {
    response.writeHead(200, { "content-type": "text/event-stream" }).flushHeaders();
    opened.resolve((message) => response.write(`data: ${JSON.stringify(message)}\n\n`));
  });
  using command = start(server.url, "tail", "--json", "--project", "1");
  const tell = await opened.promise;
  tell({ type: "issue_count", count: 1 });
  await once(command.child.stdout, "data");
  command.child.stdout.destroy();
  tell({ type: "issue_count", count: 2 });
  expect(await command.ended()).toEqual({ code: 0, signal: null, errors: "" });
});

test("a command that changes something changes all of it, though nobody reads what it says", async () => {
  const changed: string[] = [];
  const id = (name: string) => `00000000-0000-4000-8000-${name.slice("SHOP-".length).padStart(12, "0")}`;
  await using server = await serve((request, response) => {
    const [name = ""] = /SHOP-\d+/.exec(request.url ?? "") ?? [];
    if (request.method === "POST") changed.push(name);
    const answer = request.method === "POST" ? { affected: 1 } : { id: id(name), short_id: name };
    response.end(JSON.stringify(answer));
  });
  using command = start(server.url, "issues", "resolve", "SHOP-1", "SHOP-2", "SHOP-3");
  command.child.stdout.destroy();
  expect(await command.ended()).toEqual({ code: 0, signal: null, errors: "" });
  expect(changed).toEqual(["SHOP-1", "SHOP-2", "SHOP-3"]);
});

function start(url: string, ...args: readonly string[]) {
  const env = { PATH: process.env["PATH"] ?? "", MESHER_URL: url, MESHER_BOOTSTRAP_TOKEN: TEST_TOKEN };
  const child = spawn(process.execPath, [MAIN, ...args], { env, stdio: ["ignore", "pipe", "pipe"] });
  let errors = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => (errors += text));
  const closed = once(child, "close") as Promise<[code: number | null, signal: string | null]>;
  return {
    child,
    async ended() {
      const [code, signal] = await closed;
      return { code, signal, errors };
    },
    [Symbol.dispose]: () => child.kill("SIGKILL"),
  };
}
