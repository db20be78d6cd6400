import { pino } from "pino";

/** Structured log lines. The message begins with a noun; what varies goes into `details`. */
export interface Log {
  readonly debug: (message: string, details?: object) => void;
  readonly info: (message: string, details?: object) => void;
  readonly warn: (message: string, details?: object) => void;
  readonly error: (message: string, details?: object) => void;
}

export interface LogOptions {
  readonly level: "debug" | "info" | "warn" | "error";
  /** `text`: for people on a terminal. `json`: a JSON object a line. */
  readonly format: "text" | "json";
}

/**
 * Writes to standard output. Whoever reads it may be gone, and the disk that it ends on may be full: then lines are lost, and
 * the server goes on, or stops in order.
 */
export function createLog({ level, format }: LogOptions): Log {
  if (!process.stdout.listeners("error").includes(ignore)) process.stdout.on("error", ignore);
  return format === "json" ? jsonLog(level) : textLog(level);
}

/** Lines that wait for room on the disk; more are lost. */
const WAITING_BYTES_MAX = 1024 * 1024;

function jsonLog(level: LogOptions["level"]): Log {
  const output = pino.destination({ dest: process.stdout.fd, sync: false, maxLength: WAITING_BYTES_MAX });
  output.on("error", () => {
    // At the end of the process it would be tried until there is room.
    output.flushSync = () => undefined;
  });
  const logger = pino({ level, base: null, timestamp: pino.stdTimeFunctions.isoTime }, output);
  return {
    debug: (message, details) => logger.debug(details ?? {}, message),
    info: (message, details) => logger.info(details ?? {}, message),
    warn: (message, details) => logger.warn(details ?? {}, message),
    error: (message, details) => logger.error(details ?? {}, message),
  };
}

function ignore(): void {}

const GRAVITY = { debug: 0, info: 1, warn: 2, error: 3 } as const;
const MARK = { debug: "debug", info: "     ", warn: "warn ", error: "ERROR" } as const;

function textLog(least: LogOptions["level"]): Log {
  const write = (level: LogOptions["level"]) => (message: string, details?: object) => {
    if (GRAVITY[level] < GRAVITY[least]) return;
    const time = new Date().toTimeString().slice(0, 8);
    const rest =
      details === undefined
        ? ""
        : Object.entries(details)
            .map(([key, value]) => `  ${key}=${textOf(value)}`)
            .join("");
    process.stdout.write(`${time} ${MARK[level]} ${message}${rest}\n`);
  };
  return { debug: write("debug"), info: write("info"), warn: write("warn"), error: write("error") };
}

function textOf(value: unknown): string {
  if (value instanceof Error) return value.message;
  return typeof value === "string" ? value : (JSON.stringify(value) ?? String(value));
}
