import type { Frame } from "@mesher/protocol";
import { remember } from "../../remember.ts";
import { familyOf } from "./family.ts";
import { cleanJavaScriptFunctionName } from "./javascript-function-name.ts";
import { removeCompilerMarks } from "./module.ts";
import { trimNativeFunctionName } from "./native-function-name.ts";

/** The name of a frame's function, without numbers and arguments, or none when it is unknown or unnamed. */
export function cleanFunctionName(frame: Frame, platform: string): string | undefined {
  const name = nativeNameOf(frame, platform) ?? (frame.function || frame.raw_function);
  if (name === undefined || UNKNOWN.has(name)) return undefined;
  const clean = CLEANERS.get(platform);
  return clean === undefined ? name : clean(name);
}

/**
 * The name the rules for frames know a native function by. An SDK or symbolicator that sends `raw_function` has
 * already taken the arguments off `function`.
 */
export function nativeNameOf(frame: Frame, platform: string): string | undefined {
  if (familyOf(platform) !== "native") return undefined;
  if (frame.function === undefined || frame.function === "") return undefined;
  return frame.raw_function === undefined ? trimNativeFunctionName(frame.function, platform) : frame.function;
}

/** What SDKs and symbolicators write where there is no name. */
const UNKNOWN = new Set(["", "?", "<unknown>", "<redacted>", "<anonymous>", "unknown"]);

const cleanNative = (name: string) => removeNativeMarks(name);

const CLEANERS: ReadonlyMap<string, (name: string) => string | undefined> = new Map([
  ["javascript", cleanJavaScriptFunctionName],
  ["node", cleanJavaScriptFunctionName],
  ["native", cleanNative],
  ["c", cleanNative],
  ["cocoa", cleanNative],
  ["objc", cleanNative],
  ["swift", cleanNative],
  ["java", cleanJava],
  ["php", cleanPhp],
  ["ruby", cleanRuby],
  ["csharp", cleanCsharp],
]);

/** Blocks of a method are numbered in the order of the source, and so are the copies an optimizer makes. */
const removeNativeMarks = remember((name: string) =>
  name.includes("_block_invoke") || name.includes(".")
    ? name.replace(/_block_invoke_\d+/, "_block_invoke").replace(/\.(?:isra|constprop|part|lto_priv|llvm)\.\d+/g, "")
    : name,
);

function cleanJava(name: string): string | undefined {
  if (name.startsWith("lambda$")) return undefined;
  return name.startsWith("access$") ? "access$" : name;
}

/** Unity writes the arguments behind the name. */
function cleanCsharp(name: string): string {
  const end = name.indexOf(" (");
  return removeCompilerMarks(end > 0 ? name.slice(0, end) : name);
}

/** `class@anonymous` is followed by a file, a line and an address; `{closure:App\foo():12}` has a line. */
function cleanPhp(name: string): string | undefined {
  if (name.startsWith("class@anonymous")) {
    const method = name.lastIndexOf("::");
    if (method >= 0) return name.slice(method + 2);
    return name.includes("\0") ? undefined : name;
  }
  if (name.startsWith("[Anonymous")) return undefined;
  return name.includes("{closure:") ? name.replace(/:\d+\}/g, "}") : name;
}

/** Blocks name the method around them, and compiled ERB templates end in two numbers. */
function cleanRuby(name: string): string {
  if (name.startsWith("block ")) return "block";
  return name.replace(/__\d{4,}_\d{4,}$/, "");
}
