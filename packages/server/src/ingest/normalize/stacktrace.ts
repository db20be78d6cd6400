import {
  count,
  type Field,
  type Fields,
  flag,
  invalid,
  keepEnds,
  listOf,
  mapFields,
  mapList,
  object,
  text,
} from "./fields.ts";
import { freeMap } from "./free-value.ts";
import { isJsonObject } from "./json.ts";
import {
  CONTEXT_LINE_LENGTH_MAX,
  CONTEXT_LINES_MAX,
  FRAMES_MAX,
  PLATFORM_LENGTH_MAX,
  SYMBOL_LENGTH_MAX,
} from "./limits.ts";

/** A stack trace, or the bare list of its frames, oldest call first. */
export const stacktrace: Field = (value, pass) => {
  if (Array.isArray(value)) return stacktrace({ frames: value }, pass);
  if (!isJsonObject(value)) return invalid(value, pass);
  const fine = mapFields(value, STACKTRACE_FIELDS, pass);
  if (fine.frames !== undefined) return fine;
  // Registers may be all there is of a crash.
  return fine.registers === undefined ? undefined : { ...fine, frames: [] };
};

const symbol = text(SYMBOL_LENGTH_MAX);
const contextLine = text(CONTEXT_LINE_LENGTH_MAX);
/** A line that is `null` keeps its place, so that the others keep their numbers. */
const contextLines = listOf((line, pass) => contextLine(line, pass) ?? "", CONTEXT_LINES_MAX);

const FRAME_FIELDS: Fields = new Map<string, Field>([
  ["function", symbol],
  ["raw_function", symbol],
  ["symbol", symbol],
  ["module", symbol],
  ["package", symbol],
  ["filename", symbol],
  ["abs_path", symbol],
  ["lineno", count],
  ["colno", count],
  ["context_line", contextLine],
  ["pre_context", contextLines],
  ["post_context", contextLines],
  ["in_app", flag],
  ["vars", freeMap("vars")],
  ["platform", text(PLATFORM_LENGTH_MAX)],
  ["instruction_addr", symbol],
  ["symbol_addr", symbol],
  ["image_addr", symbol],
]);

const frame = object(FRAME_FIELDS);

const frames: Field = (value, pass) => {
  if (!Array.isArray(value)) return invalid(value, pass);
  const newest = FRAMES_MAX / 2;
  return mapList(keepEnds(value, FRAMES_MAX - newest, newest, pass), frame, pass);
};

const STACKTRACE_FIELDS: Fields = new Map<string, Field>([
  ["frames", frames],
  ["registers", freeMap("other")],
]);
