import { spawn } from "node:child_process";
import { once } from "node:events";
import { openSync } from "node:fs";
import { expect, test } from "vitest";

const LOG = new URL("log.ts", import.meta.url).href;

/** Writes lines to a standard output that takes none, and goes on with something else in between. */
function program(format: "json" | "text"): string {
  return `
    const { createLog } = await import(${JSON.stringify(LOG)});
    const log = createLog({ level: "info", format: ${JSON.stringify(format)} });
    for (let line = 0; line < 3; line += 1) {
      log.info("Line written", { line });
      await new Promise((next) => setTimeout(next, 10));
    }
    process.stderr.write("goes on");`;
}

async function outcomeOf(format: "json" | "text", stdout: "pipe" | number, exit = "") {
  const args = ["--input-type=module", "-e", program(format) + exit];
  const child = spawn(process.execPath, args, { stdio: ["ignore", stdout, "pipe"] });
  child.stdout?.destroy();
  let errors = "";
  child.stderr?.setEncoding("utf8").on("data", (text: string) => (errors += text));
  const [code] = (await once(child, "close")) as [number | null];
  return { code, errors };
}

test.each(["json", "text"] as const)("a log in %s that nobody reads any more ends nothing", async (format) => {
  expect(await outcomeOf(format, "pipe")).toEqual({ code: 0, errors: "goes on" });
});

test.each(["json", "text"] as const)("a log in %s on a full disk ends nothing, and holds up no end", async (format) => {
  const full = openSync("/dev/full", "w");
  expect(await outcomeOf(format, full)).toEqual({ code: 0, errors: "goes on" });
  expect(await outcomeOf(format, full, "process.exit(3);")).toEqual({ code: 3, errors: "goes on" });
});
