import { LEVELS, type Level } from "@mesher/protocol";

/** The level a name or number stands for. Numbers are those of Python's `logging`; names as relay knows them, and more. */
export function parseLevel(value: unknown): Level | undefined {
  if (typeof value === "string") return LEVEL_OF_NAME.get(value) ?? LEVEL_OF_NAME.get(value.trim().toLowerCase());
  return typeof value === "number" ? LEVEL_OF_NAME.get(String(value)) : undefined;
}

const LEVEL_OF_NAME: ReadonlyMap<string, Level> = new Map<string, Level>([
  ...LEVELS.map((level) => [level, level] as const),
  ["critical", "fatal"],
  ["emergency", "fatal"],
  ["alert", "fatal"],
  ["panic", "fatal"],
  ["severe", "error"],
  ["err", "error"],
  ["exception", "error"],
  ["warn", "warning"],
  ["information", "info"],
  ["notice", "info"],
  ["log", "info"],
  ["trace", "debug"],
  ["verbose", "debug"],
  ["50", "fatal"],
  ["40", "error"],
  ["30", "warning"],
  ["20", "info"],
  ["10", "debug"],
]);
