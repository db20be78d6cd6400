import { startEmbeddedPostgres } from "../src/db/embedded/embedded.ts";

/** Starts the embedded database of the folder `argv[2]`, says so in one line, and holds it until it is killed. */
try {
  const { pid, url } = await startEmbeddedPostgres({
    dataDir: process.argv[2] ?? "",
    log: () => undefined,
    fast: true,
  });
  process.stdout.write(`${JSON.stringify({ pid, url })}\n`);
  setInterval(() => undefined, 60_000);
} catch (error) {
  process.stdout.write(`${JSON.stringify({ error: String(error) })}\n`);
}
