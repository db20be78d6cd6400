import type { KnownFrame, Role } from "./role.ts";

/**
 * Decides what a frame is by what calls it: helpers of a library differ between its versions, so only the call that
 * enters the library counts. Gives the places of frames that are the operating system's by theirs.
 */
export function resolveNeighbours(frames: readonly KnownFrame[]): readonly number[] {
  if (frames.every(standsAlone)) return [];
  const present = new Set(frames.map((frame) => frame.role));

  if (present.has("driver"))
    change(frames, "internals", (at) => roleAt(frames, at) === "driver" && roleAt(frames, at + 1) === "driver");
  for (const role of ENTERED_ONCE) if (present.has(role)) hideCallees(frames, role, role);
  change(frames, "internals", (at) => roleAt(frames, at) === "raise" && frames[at - 1]?.functionName === "_purecall");
  hideCallees(frames, "raise", "raise");

  const system = [...frames.keys()].filter((index) => roleAt(frames, index) === "system");
  change(frames, "internals", (at) => isObscure(frames[at]));
  for (const frame of frames) frame.role = frame.glue ?? frame.role;
  change(frames, "indirection", (at) => isWedged(frames, at));
  for (const [caller, callee] of HIDDEN_CALLEES) {
    if (present.has(callee)) hideCallees(frames, caller, callee);
  }
  return system;
}

function standsAlone({ role, glue }: KnownFrame): boolean {
  return role === "none" && glue === undefined;
}

/** Libraries of which only the outermost call counts. */
const ENTERED_ONCE: readonly Role[] = ["graphics", "audio", "allocate"];

/** A frame of the second role called by one of the first is a detail of it. In this order. */
const HIDDEN_CALLEES: readonly (readonly [caller: Role, callee: Role])[] = [
  ["free", "system"],
  ["system", "system"],
  ["standard", "system"],
  ["standard", "standard"],
  ["interface", "interface"],
  ["interface", "system"],
  ["internals", "system"],
  ["internals", "interface"],
  ["load", "system"],
  ["load", "load"],
  ["raise", "system"],
  ["runtime", "system"],
  ["runtime", "runtime"],
  ["destructor", "destructor"],
];

function hideCallees(frames: readonly KnownFrame[], caller: Role, callee: Role): void {
  change(frames, "internals", (at) => roleAt(frames, at) === callee && roleAt(frames, at - 1) === caller);
}

/** Looks at all frames first and changes them then: one rule does not see its own changes. */
function change(frames: readonly KnownFrame[], to: Role, applies: (index: number) => boolean): void {
  let found: KnownFrame[] | undefined;
  for (let index = 0; index < frames.length; index++) {
    const frame = frames[index];
    if (frame === undefined || !applies(index)) continue;
    found ??= [];
    found.push(frame);
  }
  if (found !== undefined) for (const frame of found) frame.role = to;
}

function roleAt(frames: readonly KnownFrame[], index: number): Role | undefined {
  return frames[index]?.role;
}

/** System functions with a leading underscore, or without a symbol. `_purecall` is the one that tells something. */
function isObscure(frame: KnownFrame | undefined): boolean {
  if (frame === undefined || frame.role !== "system" || frame.family !== "native") return false;
  if (frame.functionName === "<unknown>") return true;
  return frame.functionName.startsWith("_") && frame.functionName !== "_purecall";
}

/** One system frame between two others only hands a call on. */
function isWedged(frames: readonly KnownFrame[], index: number): boolean {
  if (roleAt(frames, index) !== "system") return false;
  const before = roleAt(frames, index - 1);
  const behind = roleAt(frames, index + 1);
  return before !== undefined && behind !== undefined && before !== "system" && behind !== "system";
}
