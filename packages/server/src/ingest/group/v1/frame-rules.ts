import type { Frame } from "@mesher/protocol";
import { type Family, familyOf } from "./family.ts";
import { nativeNameOf } from "./function-name.ts";
import { factsOfModule, roleOfMethod } from "./modules.ts";
import { factsOfNativeFunction } from "./native-functions.ts";
import { resolveNeighbours } from "./neighbours.ts";
import { factsOfPackage } from "./packages.ts";
import { factsOfPath, isDartSource, isLocalLibrary } from "./paths.ts";
import { type Facts, type KnownFrame, type Mark, NO_FACTS, type Role, strongerRole } from "./role.ts";

export interface Verdict {
  inApp: boolean;
  contributes: boolean;
}

/**
 * Judges every frame: is it the application's own, and does it count at all?
 *
 * The SDK's word on `in_app` is the start; known places of systems, libraries and tools correct it. Glue of compilers
 * and runtimes, helpers that differ between versions of a system, and everything on the far side of a place that
 * raises errors or starts threads does not count. The rules are those of Sentry's `newstyle:2023-01-11` in substance:
 * https://docs.sentry.io/concepts/data-management/event-grouping/stack-trace-rules/
 */
export function judgeFrames(frames: readonly Frame[], platform: string): Verdict[] {
  const known: KnownFrame[] = [];
  const verdicts: Verdict[] = [];
  for (const frame of frames) {
    known.push(lookUp(frame, platform));
    verdicts.push({ inApp: originallyInApp(frame), contributes: true });
  }
  if (known.every(isUnknown)) return verdicts;

  markOrigin(known, verdicts);
  for (const [index, one] of known.entries()) {
    // Blocks are glue unless they are the application's own.
    if (isBlock(one) && verdicts[index]?.inApp !== true) one.role = strongerRole(one.role, "internals");
  }
  // A system's frame is never the application's own, however the SDK was configured.
  for (const index of resolveNeighbours(known)) setInApp(verdicts, index, false);
  for (const [index, one] of known.entries()) {
    if (one.library) setInApp(verdicts, index, false);
    if (one.marks.includes("ignored") || IGNORED_ROLES.has(one.role)) ignore(verdicts, index, index + 1);
    if (one.marks.includes("callees_ignored")) ignore(verdicts, index, verdicts.length);
    if (one.role === "raise") ignore(verdicts, index + 1, verdicts.length);
    if (one.role === "handler") ignore(verdicts, index, verdicts.length);
    if (one.role === "thread_base") ignore(verdicts, 0, index + 1);
  }
  return verdicts;
}

/** Code an Objective-C compiler made for a block of a method. */
function isBlock({ family, functionName }: KnownFrame): boolean {
  return family === "native" && functionName.includes("_block_invoke");
}

const IGNORED_ROLES: ReadonlySet<Role> = new Set(["internals", "indirection", "telemetry"]);

function isUnknown(one: KnownFrame): boolean {
  return one.role === "none" && one.marks.length === 0 && one.glue === undefined && !one.library && !isBlock(one);
}

function lookUp(frame: Frame, eventPlatform: string): KnownFrame {
  const platform = frame.platform ?? eventPlatform;
  const family = familyOf(platform);
  const path = frame.abs_path ?? frame.filename;
  const functionName = nativeNameOf(frame, platform) ?? (frame.function || "<unknown>");

  const byPath = path === undefined ? NO_FACTS : factsOfPath(path);
  const byModule = frame.module === undefined ? NO_FACTS : factsOfModule(frame.module);
  const byName = factsOfFunction(functionName, family);
  const byPackage = frame.package === undefined || family !== "native" ? NO_FACTS : factsOfPackage(frame.package);
  const method = frame.module === undefined ? undefined : roleOfMethod(frame.module, functionName);

  const placed = family === "native" ? placeNative(frame, path, functionName) : undefined;
  let role = strongerRole(strongerRole(byPackage.role, byName.role), method ?? byModule.role);
  if (placed?.role !== undefined) role = strongerRole(role, placed.role);

  let marks = join(join(byPackage.marks, byName.marks), placed?.marks ?? []);
  if (byPath.marks.includes("ignored") || byModule.marks.includes("ignored")) marks = join(marks, ["ignored"]);
  const library = byPath.marks.includes("not_in_app") || byModule.marks.includes("not_in_app");
  return { role, glue: byName.glue, family, functionName, marks, library };
}

/** Most frames have no marks, and this runs for every frame of every event. */
function join(a: readonly Mark[], b: readonly Mark[]): readonly Mark[] {
  if (b.length === 0) return a;
  return a.length === 0 ? b : [...a, ...b];
}

/** What only library and function, or library and file, tell together. */
function placeNative(
  frame: Frame,
  path: string | undefined,
  functionName: string,
): { readonly role?: Role; readonly marks?: readonly Mark[] } | undefined {
  const library = frame.package;
  if (path !== undefined && isLocalLibrary(path)) return { marks: ["not_in_app"] };
  if (library === undefined) return undefined;
  if (path !== undefined && isDartSource(path) && library.startsWith("/data/app/")) return { marks: ["in_app"] };
  if (functionName === "start" && /^\/usr\/lib\/system\/|(?:^|\/)libdyld\.dylib$/.test(library)) {
    return { role: "thread_base" };
  }
  if (functionName === "UIApplicationMain" && /(?:^|\/)UIKit(?:Core)?$/.test(library)) return { role: "thread_base" };
  if (functionName === "<unknown>" && library.endsWith("/libsystem_pthread.dylib")) return { role: "thread_base" };
  return undefined;
}

/** Functions of Node's event loop and of compiled JavaScript; a native function's facts. */
function factsOfFunction(name: string, family: Family): Facts {
  if (family === "native") return factsOfNativeFunction(name);
  return SCRIPT_FUNCTIONS.get(name) ?? (family === "javascript" ? (BROWSER_FUNCTIONS.get(name) ?? NO_FACTS) : NO_FACTS);
}

const SCRIPT_GLUE: Facts = { role: "none", marks: ["not_in_app", "ignored"] };
const SCRIPT_FUNCTIONS: ReadonlyMap<string, Facts> = new Map([
  ["runMicrotasks", SCRIPT_GLUE],
  ["queueMicrotask", SCRIPT_GLUE],
  ["processTicksAndRejections", SCRIPT_GLUE],
  ["process.processTicksAndRejections", SCRIPT_GLUE],
  ["runNextTicks", SCRIPT_GLUE],
  ["nextTick", SCRIPT_GLUE],
]);
const BROWSER_FUNCTIONS: ReadonlyMap<string, Facts> = new Map([
  ["_callSuper", SCRIPT_GLUE],
  ["reportError", { role: "none", marks: ["callees_not_in_app"] }],
]);

/** Applies what names say about `in_app`: known places first, then borders, then what is never one's own. */
function markOrigin(known: readonly KnownFrame[], verdicts: Verdict[]): void {
  for (const [index, { marks }] of known.entries()) if (marks.includes("in_app")) setInApp(verdicts, index, true);
  for (const [index, { marks }] of known.entries()) {
    if (!marks.includes("callers_in_app")) continue;
    for (let at = 0; at < verdicts.length; at++) setInApp(verdicts, at, at < index);
  }
  for (const [index, { marks }] of known.entries()) {
    if (marks.includes("not_in_app") && !marks.includes("in_app")) setInApp(verdicts, index, false);
    if (!marks.includes("callees_not_in_app")) continue;
    for (let at = index; at < verdicts.length; at++) setInApp(verdicts, at, false);
  }
}

function setInApp(verdicts: readonly Verdict[], index: number, inApp: boolean): void {
  const verdict = verdicts[index];
  if (verdict !== undefined) verdict.inApp = inApp;
}

function ignore(verdicts: readonly Verdict[], from: number, to: number): void {
  for (let index = from; index < to; index++) {
    const verdict = verdicts[index];
    if (verdict !== undefined) verdict.contributes = false;
  }
}

/**
 * What the SDK said. An event that went through Sentry once carries its rules' result in `in_app` and the SDK's own
 * word in `data.orig_in_app`: 1, 0, or -1 for none.
 */
function originallyInApp(frame: Frame): boolean {
  const data = frame["data"];
  if (typeof data === "object" && data !== null && "orig_in_app" in data) return data.orig_in_app === 1;
  return frame.in_app === true;
}
