/** Starts the server and stops it on Ctrl-C, on SIGTERM, or when its terminal is closed. */
import { ConfigError, readConfig } from "./config.ts";
import { STOP_SIGNALS } from "./runtime/interruption.ts";
import { createLog } from "./runtime/log.ts";
import { serve } from "./serve.ts";
import { welcome } from "./welcome.ts";

const NODE_MAJOR_MIN = 24;

/** Ctrl-C in a terminal reaches npm and the server, and npm may pass it on: within this time it is the same one. */
const SAME_SIGNAL_MS = 1_000;

if (Number(process.versions.node.split(".")[0]) < NODE_MAJOR_MIN) {
  process.stderr.write(
    `Mesher needs Node ${NODE_MAJOR_MIN} or newer; this is ${process.version}. Start it with "npm start", which brings its own.\n`,
  );
  process.exitCode = 1;
} else {
  await run();
}

async function run(): Promise<void> {
  const config = configOrExplain();
  if (config === undefined) return;
  const isText = config.logFormat === "text" || (config.logFormat === "auto" && process.stdout.isTTY);
  const log = createLog({ level: config.logLevel, format: isText ? "text" : "json" });

  const start = async (signal: AbortSignal) => {
    // Loaded only now, so that a wrong setting is told at once.
    const { startServer } = await import("./server.ts");
    const server = await startServer(config, log, signal);
    process.stdout.write(welcome(server, config));
    return server;
  };
  process.exitCode = await serve({ start, stopSignal: nextStopSignal(), log });
}

function configOrExplain() {
  try {
    return readConfig(process.env);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exitCode = 1;
    return undefined;
  }
}

/** The first signal stops the server in order. A later one ends the process at once; what was accepted is on disk. */
function nextStopSignal(): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    let firstAtMs: number | undefined;
    const hear = (signal: NodeJS.Signals) => {
      firstAtMs ??= Date.now();
      resolve(signal);
      if (Date.now() - firstAtMs > SAME_SIGNAL_MS) process.exit(1);
    };
    for (const signal of STOP_SIGNALS) process.on(signal, hear);
  });
}
