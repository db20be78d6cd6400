/** What processes use, as Linux tells it. On other systems there are no figures. */
import { existsSync, readdirSync, readFileSync } from "node:fs";

/** Of one process. */
export interface Usage {
  readonly cpuSeconds: number;
  /** Memory that is its own. */
  readonly anonymousBytes: number;
  /** Files that are mapped: the program itself, mostly. */
  readonly fileBytes: number;
}

const TICKS_PER_SECOND = 100;

export function usageOf(pid: number): Usage {
  try {
    return { cpuSeconds: readStat(pid).ticks / TICKS_PER_SECOND, ...readMemory(pid) };
  } catch {
    return { cpuSeconds: 0, anonymousBytes: 0, fileBytes: 0 };
  }
}

/** Processor time of a process and its children: PostgreSQL, whose ended children are in the postmaster's own account. */
export function cpuSecondsOfFamily(pid: number): number {
  try {
    const { ticks, endedChildrenTicks } = readStat(pid);
    const children = childrenOf(pid).reduce((sum, child) => sum + usageOf(child).cpuSeconds, 0);
    return children + (ticks + endedChildrenTicks) / TICKS_PER_SECOND;
  } catch {
    return 0;
  }
}

/**
 * Memory of a process and its children, bytes, what they share divided among those that share it. Takes long: the kernel
 * walks through all of their pages.
 */
export function proportionalBytesOfFamily(pid: number): number {
  return [pid, ...childrenOf(pid)].reduce((sum, each) => {
    try {
      return sum + kibibytes(readFileSync(`/proc/${each}/smaps_rollup`, "latin1"), "Pss");
    } catch {
      return sum;
    }
  }, 0);
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

/** Looks at a figure again and again until it is stopped; the largest that it saw. */
export class Peak {
  readonly #timer: NodeJS.Timeout;
  #largest: number;

  constructor(read: () => number, everyMs = 250) {
    this.#largest = read();
    this.#timer = setInterval(() => {
      this.#largest = Math.max(this.#largest, read());
    }, everyMs).unref();
  }

  stop(): number {
    clearInterval(this.#timer);
    return this.#largest;
  }
}

function childrenOf(parent: number): number[] {
  if (!existsSync("/proc")) return [];
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
  return { anonymousBytes: kibibytes(status, "RssAnon"), fileBytes: kibibytes(status, "RssFile") };
}

function kibibytes(text: string, name: string): number {
  return Number(new RegExp(`^${name}:\\s+(\\d+) kB`, "m").exec(text)?.[1] ?? 0) * 1024;
}
