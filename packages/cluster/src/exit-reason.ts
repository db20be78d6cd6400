import type { Address } from "./claims.ts";

/** How a process ended. The last two say that there is nobody to ask: it was gone already, or its node is. */
export type ExitReason =
  | { readonly kind: "normal" }
  | { readonly kind: "shutdown" }
  | { readonly kind: "killed" }
  | { readonly kind: "error"; readonly message: string }
  | { readonly kind: "custom"; readonly text: string }
  | { readonly kind: "linked"; readonly to: Address; readonly because: string }
  | { readonly kind: "noproc" }
  | { readonly kind: "noconnection" };

/** Who is linked to a process that ended so goes on; any other end is theirs too. */
export function isPeaceful({ kind }: ExitReason): boolean {
  return kind === "normal" || kind === "shutdown";
}

const KINDS: Readonly<Record<ExitReason["kind"], true>> = {
  normal: true,
  shutdown: true,
  killed: true,
  error: true,
  custom: true,
  linked: true,
  noproc: true,
  noconnection: true,
};

/** Reads what another node says. Throws a `TypeError`. */
export function parseExitReason(value: unknown): ExitReason {
  const { kind } = (value ?? {}) as { kind?: unknown };
  if (typeof kind !== "string" || !Object.hasOwn(KINDS, kind)) throw new TypeError("not an exit reason");
  return value as ExitReason;
}
