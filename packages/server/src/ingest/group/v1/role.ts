import type { Family } from "./family.ts";

/**
 * What a frame does in a stack, as far as that is known from its library or function. The names of Sentry's
 * categories; a frame has one at most. When several apply, the later one in this list tells more.
 */
export const ROLES = [
  "none",
  /** Operating system */
  "system",
  /** Standard library */
  "standard",
  "interface",
  "runtime",
  "audio",
  /** Glue a compiler or runtime makes */
  "internals",
  /** Where a thread starts */
  "thread_base",
  "allocate",
  /** Calls on for someone else: lambdas, reflection */
  "indirection",
  "destructor",
  "shutdown",
  /** Signal and exception handlers */
  "handler",
  /** Raises the error: the caller is what failed */
  "raise",
  "driver",
  "free",
  "graphics",
  /** Crash reporters and other observers */
  "telemetry",
  "load",
  "lock",
  "framework",
] as const;
export type Role = (typeof ROLES)[number];

/** Says something about the frame itself, or about all frames on one side of it. */
export type Mark =
  | "in_app"
  | "not_in_app"
  /** Never counts. */
  | "ignored"
  /** Neither this frame nor what it called is the application's own. */
  | "callees_not_in_app"
  /** Neither this frame nor what it called counts. */
  | "callees_ignored"
  /** The error is raised here on purpose: only the callers are the application's own. */
  | "callers_in_app";

/** What one name, of a package, a file, a module or a function, tells of its frame. */
export interface Facts {
  readonly role: Role;
  readonly marks: readonly Mark[];
  /** The role it has in the end, after its neighbours were told by the other one. */
  readonly glue?: "internals" | "indirection";
}

/** What is known of one frame before its neighbours are looked at. */
export interface KnownFrame {
  role: Role;
  readonly glue: Facts["glue"];
  readonly family: Family;
  readonly functionName: string;
  readonly marks: readonly Mark[];
  /** Code of others by its place or module, whatever it is called. */
  readonly library: boolean;
}

export const NO_FACTS: Facts = { role: "none", marks: [] };

const RANKS: ReadonlyMap<Role, number> = new Map(ROLES.map((role, rank) => [role, rank]));

/** The role that tells more. */
export function strongerRole(a: Role, b: Role): Role {
  // Most frames have no role at all.
  if (b === "none" || a === b) return a;
  if (a === "none") return b;
  return (RANKS.get(a) ?? 0) >= (RANKS.get(b) ?? 0) ? a : b;
}
