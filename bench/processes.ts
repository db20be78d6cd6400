/** What processes use, as Linux tells it. On other systems there are no figures. */
import { readdirSync, readFileSync } from "node:fs";

/** Of one process or several together. */
export interface Usage {
  readonly cpuSeconds: number;
  /** Memory that is its own. */
  readonly anonymousBytes: number;
  /** Files that are mapped: the program itself, mostly. */
  readonly fileBytes: number;
  /** Shared memory divided among those that share it. */
  readonly proportionalBytes: number;
}

const TICKS_PER_SECOND = 100;
const NOTHING: Usage = { cpuSeconds: 0, anonymousBytes: 0, fileBytes: 0, proportionalBytes: 0 };

export function usageOf(pid: number): Usage {
  try {
    const { ticks } = readStat(pid);
    return { cpuSeconds: ticks / TICKS_PER_SECOND, ...readMemory(pid) };
  } catch {
    return NOTHING;
  }
}

/** A process and its children: PostgreSQL, whose ended children are in the postmaster's own account. */
export function usageOfFamily(pid: number): Usage {
  try {
    const { ticks, endedChildrenTicks } = readStat(pid);
    const family = [usageOf(pid), ...childrenOf(pid).map(usageOf)];
    const sum = (pick: (usage: Usage) => number) => family.reduce((total, usage) => total + pick(usage), 0);
    return {
      cpuSeconds:
        sum(({ cpuSeconds }) => cpuSeconds) -
        ticks / TICKS_PER_SECOND +
        (ticks + endedChildrenTicks) / TICKS_PER_SECOND,
      anonymousBytes: sum(({ anonymousBytes }) => anonymousBytes),
      fileBytes: sum(({ fileBytes }) => fileBytes),
      proportionalBytes: sum(({ proportionalBytes }) => proportionalBytes),
    };
  } catch {
    return NOTHING;
  }
}

/** Seconds of processor time by the names of a process's threads, those of one name together. */
export function threadSeconds(pid: number): Record<string, number> {
  const seconds: Record<string, number> = {};
  for (const thread of readdirSync(`/proc/${pid}/task`)) {
    const name = readFileSync(`/proc/${pid}/task/${thread}/comm`, "latin1").trim();
    seconds[name] = (seconds[name] ?? 0) + readStat(`${pid}/task/${thread}`).ticks / TICKS_PER_SECOND;
  }
  return seconds;
}

/** Looks again and again until it is stopped; the largest it saw. */
export class PeakMemory {
  readonly #timer: NodeJS.Timeout;
  #peak = NOTHING;

  constructor(read: () => Usage, everyMs = 250) {
    this.#timer = setInterval(() => this.#look(read()), everyMs).unref();
  }

  #look(seen: Usage): void {
    this.#peak = {
      cpuSeconds: seen.cpuSeconds,
      anonymousBytes: Math.max(this.#peak.anonymousBytes, seen.anonymousBytes),
      fileBytes: Math.max(this.#peak.fileBytes, seen.fileBytes),
      proportionalBytes: Math.max(this.#peak.proportionalBytes, seen.proportionalBytes),
    };
  }

  stop(): Usage {
    clearInterval(this.#timer);
    return this.#peak;
  }
}

function childrenOf(parent: number): number[] {
  return readdirSync("/proc")
    .filter((entry) => /^\d+$/.test(entry))
    .map(Number)
    .filter((pid) => {
      try {
        return readStat(pid).parent === parent;
      } catch {
        return false;
      }
    });
}

/** Of proc(5): the program's name is in parentheses and may hold anything, so fields are counted behind it. */
function readStat(pid: number | string): { parent: number; ticks: number; endedChildrenTicks: number } {
  const text = readFileSync(`/proc/${pid}/stat`, "latin1");
  const fields = text
    .slice(text.lastIndexOf(")") + 2)
    .split(" ")
    .map(Number);
  const field = (number: number) => fields[number - 3] ?? 0;
  return { parent: field(4), ticks: field(14) + field(15), endedChildrenTicks: field(16) + field(17) };
}

function readMemory(pid: number): Omit<Usage, "cpuSeconds"> {
  const status = readFileSync(`/proc/${pid}/status`, "latin1");
  const rollup = readFileSync(`/proc/${pid}/smaps_rollup`, "latin1");
  const kibibytes = (text: string, name: string) =>
    Number(new RegExp(`^${name}:\\s+(\\d+) kB`, "m").exec(text)?.[1] ?? 0) * 1024;
  return {
    anonymousBytes: kibibytes(status, "RssAnon"),
    fileBytes: kibibytes(status, "RssFile"),
    proportionalBytes: kibibytes(rollup, "Pss"),
  };
}
