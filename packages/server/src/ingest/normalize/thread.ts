import { type Field, type Fields, flag, invalid, mapFields, mapList, text } from "./fields.ts";
import { isEmpty, isJsonObject } from "./json.ts";
import { TEXT_LENGTH_MAX, THREADS_MAX } from "./limits.ts";
import type { Pass } from "./pass.ts";
import { stacktrace } from "./stacktrace.ts";
import { threadId } from "./thread-id.ts";
import { values } from "./values.ts";

/** The threads of an event, in the order they were sent. */
export const threads: Field = values((list, pass) => mapList(keepThreads(list, pass), thread, pass));

const thread: Field = (value, pass) => {
  if (!isJsonObject(value)) return invalid(value, pass);
  const fine = mapFields(value, THREAD_FIELDS, pass);
  return isEmpty(fine) ? undefined : fine;
};

/** As many threads as allowed: the crashed and the current ones, and then the first. */
function keepThreads(list: readonly unknown[], pass: Pass): readonly unknown[] {
  if (list.length <= THREADS_MAX) return list;
  pass.cut("too_many", list.length);
  const important = new Set(list.filter(isImportant).slice(0, THREADS_MAX));
  let others = THREADS_MAX - important.size;
  return list.filter((each) => important.has(each) || others-- > 0).slice(0, THREADS_MAX);
}

function isImportant(value: unknown): boolean {
  return isJsonObject(value) && (value.crashed === true || value.current === true);
}

const THREAD_FIELDS: Fields = new Map<string, Field>([
  ["id", threadId],
  ["name", text(TEXT_LENGTH_MAX)],
  ["crashed", flag],
  ["current", flag],
  ["main", flag],
  ["state", text(TEXT_LENGTH_MAX)],
  ["stacktrace", stacktrace],
  ["raw_stacktrace", stacktrace],
]);
