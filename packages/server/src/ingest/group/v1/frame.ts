import type { Frame } from "@mesher/protocol";
import { type Family, familyOf } from "./family.ts";
import { cleanFileName } from "./file-name.ts";
import { cleanFunctionName } from "./function-name.ts";
import { isIgnoredJavaScriptFrame } from "./javascript-function-name.ts";
import { cleanModule } from "./module.ts";
import { hasUrlOrigin } from "./url-origin.ts";

/** What one frame says, once everything that changes from build to build or browser to browser is taken off. */
export interface FrameEvidence {
  /** Module or file, function, line of source: those of them that say something. */
  readonly values: readonly string[];
  readonly functionName: string | undefined;
  /** Where the function is: two functions of the same name in different files are different ones. */
  readonly origin: string | undefined;
  readonly label: string;
}

/** Platforms whose SDKs send the line of source that ran, from sources that can be trusted. */
const CONTEXT_LINE_PLATFORMS = new Set(["javascript", "node", "python", "php", "ruby"]);
/** A longer line is minified code. */
const CONTEXT_LINE_LENGTH_MAX = 120;

const NOTHING: FrameEvidence = { values: [], functionName: undefined, origin: undefined, label: "" };

export function describeFrame(frame: Frame, eventPlatform: string): FrameEvidence {
  const platform = frame.platform ?? eventPlatform;
  const path = frame.abs_path ?? frame.filename;
  const family = familyOf(platform);
  if (family === "javascript" && isIgnoredJavaScriptFrame(frame.raw_function ?? frame.function, path)) return NOTHING;

  const module = cleanModule(frame.module, platform, path);
  const place = module ?? (hasUrlOrigin(path) ? undefined : cleanFileName(frame.filename ?? path));
  const line = CONTEXT_LINE_PLATFORMS.has(platform) ? contextLineOf(frame, family, path) : undefined;
  // Names of functions that went through a source map are those of the call site, or of nothing at all.
  const name = line !== undefined && hasSourceMap(frame) ? undefined : cleanFunctionName(frame, platform);

  const values: string[] = [];
  if (place !== undefined) values.push(place);
  if (name !== undefined) values.push(name);
  if (line !== undefined) values.push(line);
  if (values.length === 0) return NOTHING;
  return { values, functionName: name, origin: frame.package ?? path, label: labelOf(place, name, line) };
}

function contextLineOf(frame: Frame, family: Family, path: string | undefined): string | undefined {
  const text = frame.context_line;
  if (text === undefined || text === "" || text.length > CONTEXT_LINE_LENGTH_MAX) return undefined;
  // The line of a minified bundle without even a function's name would be any line.
  if (family === "javascript" && !frame.function && hasUrlOrigin(path)) return undefined;
  return collapseSpaces(text) || undefined;
}

function hasSourceMap(frame: Frame): boolean {
  const data = frame["data"];
  return typeof data === "object" && data !== null && "sourcemap" in data && data.sourcemap !== null;
}

function collapseSpaces(text: string): string {
  const trimmed = text.trim();
  return /[^\S ]|\s\s/.test(trimmed) ? trimmed.replace(/\s+/g, " ") : trimmed;
}

function labelOf(place: string | undefined, name: string | undefined, line: string | undefined): string {
  const where = place === undefined ? (name ?? "") : name === undefined ? place : `${place} in ${name}`;
  if (line === undefined) return where;
  return where === "" ? line : `${where}: ${line}`;
}
