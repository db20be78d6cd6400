import { exactNumberOf, SCRUBBED, type ScrubbedPlace, type Scrubbing, type ScrubRule } from "@mesher/protocol";
import { isCardNumber } from "./card-number.ts";
import { createFieldJudge, type FieldVerdict } from "./field-names.ts";
import { scrubText } from "./scrub-text.ts";
import type { IsSecret } from "./text-pairs.ts";

export interface ScrubbedEvent {
  /** The very payload that came in when nothing was scrubbed. */
  readonly payload: unknown;
  readonly removed: readonly ScrubbedPlace[];
}

/** Takes what is secret out of a payload, by one project's settings. */
export type Scrubber = (payload: unknown) => ScrubbedEvent;

/** Places that are told of; all are scrubbed. */
export const PLACES_MAX = 100;

/**
 * Below this nothing is looked through, but taken out whole, also where nothing else is: readers stop long before, and so may nobody hide there what
 * the stack of this program cannot reach.
 */
const DEPTH_MAX = 100;

/** JSON within texts of JSON, as bodies of requests are sent. */
const JSON_TEXTS_MAX = 3;

const PATH_PART_LENGTH_MAX = 100;

/**
 * Whatever JSON comes, JSON of the same form leaves: only values differ, texts and numbers, and only those that a rule
 * concerns. The payload itself is not changed. Scrubbed again, the result comes back as it is.
 *
 * Names of functions, files, modules and types, releases, fingerprints and ids are never touched: nothing personal is in
 * them, and events are grouped by them. Nor are lines of source code, which are the same for everybody (as in Sentry's
 * relay, where `context_line` and its neighbours are `pii = "maybe"`); what local variables hold is looked through.
 */
export function createScrubber(settings: Scrubbing): Scrubber {
  if (!settings.enabled) return (payload) => ({ payload, removed: [] });
  const judge = createFieldJudge(settings);
  return (payload) => {
    const pass = new ScrubPass(judge);
    return { payload: pass.scrubRoot(payload), removed: pass.removed };
  };
}

/** How a value is looked at: as an event, as part of a stack trace, as anything else, or only whether it is nested too deep. */
type View = "event" | "code" | "free" | "skip";

/** How the parts of a map are looked at, by their names. */
type Views = ReadonlyMap<string, View>;

const skipAll = (...names: string[]) => names.map((name) => [name, "skip"] as const);

const EVENT_VIEWS: Views = new Map<string, View>([
  ...skipAll("event_id", "timestamp", "received", "platform", "level", "type", "logger", "release", "dist"),
  ...skipAll("environment", "fingerprint", "modules", "debug_meta", "sentry.interfaces.DebugMeta", "sdk"),
  ...skipAll("sentry.interfaces.Sdk", "sdk_name", "sdk_version", "session_id", "version", "project", "key_id"),
  ["exception", "code"],
  ["sentry.interfaces.Exception", "code"],
  ["threads", "code"],
  ["sentry.interfaces.Threads", "code"],
  ["stacktrace", "code"],
  ["sentry.interfaces.Stacktrace", "code"],
]);

const CODE_VIEWS: Views = new Map<string, View>([
  ...skipAll("type", "type_name", "module", "module_name", "function", "function_name", "raw_function", "symbol"),
  ...skipAll("filename", "abs_path", "package", "platform", "lang", "instruction_addr", "symbol_addr", "image_addr"),
  ...skipAll("id", "thread_id", "addr_mode", "trust", "lineno", "colno", "in_app"),
  ...skipAll("context_line", "pre_context", "post_context"),
  ["values", "code"],
  ["stacktrace", "code"],
  ["raw_stacktrace", "code"],
  ["frames", "code"],
  ["mechanism", "free"],
]);

/** Digits that mean nothing to anybody. */
const FREE_VIEWS: Views = new Map(skipAll("trace_id", "span_id", "parent_span_id", "event_id", "debug_id"));

const VIEWS: Readonly<Record<View, Views>> = {
  event: EVENT_VIEWS,
  code: CODE_VIEWS,
  free: FREE_VIEWS,
  skip: new Map(),
};

type JsonMap = Readonly<Record<string, unknown>>;

class ScrubPass {
  readonly removed: ScrubbedPlace[] = [];
  readonly #judge: (name: string) => FieldVerdict;
  readonly #isSecret: IsSecret;
  readonly #path: (string | number)[] = [];
  #depth = 0;
  #jsonTexts = 0;

  constructor(judge: (name: string) => FieldVerdict) {
    this.#judge = judge;
    this.#isSecret = (name) => {
      const verdict = judge(name);
      return verdict !== undefined && verdict !== "safe";
    };
  }

  scrubRoot(payload: unknown): unknown {
    return this.#scrub(payload, "event");
  }

  #scrub(value: unknown, view: View): unknown {
    if (typeof value !== "object" || value === null) return view === "skip" ? value : this.#scrubLeaf(value);
    const exact = exactNumberOf(value);
    if (exact !== undefined) return view === "skip" ? value : this.#scrubExact(exact, value);
    if (this.#depth >= DEPTH_MAX) return this.#remove("too_deep");
    return Array.isArray(value) ? this.#scrubList(value, view) : this.#scrubMap(value as JsonMap, view);
  }

  #scrubLeaf(value: unknown): unknown {
    if (typeof value === "string") return this.#scrubString(value);
    return typeof value === "number" ? this.#scrubNumber(value) : value;
  }

  #scrubMap(map: JsonMap, view: View): JsonMap {
    const views = VIEWS[view];
    const othersView = view === "skip" ? "skip" : "free";
    const entryName = this.#nameOfEntry(map);
    let copy: Record<string, unknown> | undefined;
    for (const key in map) {
      const before = map[key];
      const partView = views.get(key) ?? othersView;
      if (partView === "skip" && typeof before !== "object") continue;
      // `{"key": "password", "value": "…"}` is the field that its key names.
      const name = entryName !== undefined && key === "value" ? entryName : key;
      const after = this.#scrubPart(key, name, before, partView);
      if (after === before) continue;
      copy ??= copyOf(map);
      setOwn(copy, key, after);
    }
    return copy ?? map;
  }

  /** What names the value of `{"key": "password", "value": "…"}`. A name that is taken out itself makes no value safe. */
  #nameOfEntry(map: JsonMap): string | undefined {
    if (!("value" in map)) return undefined;
    const nameKey = map.key === undefined || map.key === null ? "name" : "key";
    const name = map[nameKey];
    if (typeof name !== "string") return undefined;
    return this.#isSecret(nameKey) && !this.#isSecret(name) ? SCRUBBED : name;
  }

  #scrubList(list: readonly unknown[], view: View): readonly unknown[] {
    let copy: unknown[] | undefined;
    for (let index = 0; index < list.length; index += 1) {
      const before = list[index];
      this.#path[this.#depth++] = index;
      const after = isPair(before) ? this.#scrubPair(before, view) : this.#scrub(before, view);
      this.#depth -= 1;
      if (after === before) continue;
      copy ??= [...list];
      copy[index] = after;
    }
    return copy ?? list;
  }

  /** `["Cookie", "…"]` within a list: headers, cookies and tags are also sent so. */
  #scrubPair(pair: readonly [string, unknown], view: View): readonly unknown[] {
    const value = this.#scrubPart(1, pair[0], pair[1], view);
    return value === pair[1] ? pair : [pair[0], value];
  }

  #scrubPart(key: string | number, name: string, value: unknown, view: View): unknown {
    const verdict = view === "skip" ? "safe" : this.#judge(name);
    this.#path[this.#depth++] = key;
    const after = this.#judged(value, verdict, view);
    this.#depth -= 1;
    return after;
  }

  #judged(value: unknown, verdict: FieldVerdict, view: View): unknown {
    if (verdict === undefined) return this.#scrub(value, view);
    return verdict === "safe" ? this.#scrub(value, "skip") : this.#mask(value, verdict);
  }

  #mask(value: unknown, rule: ScrubRule): unknown {
    const masked = maskLeaves(value, 0);
    if (masked !== value) this.#note(rule);
    return masked;
  }

  #scrubString(text: string): string {
    if (isJsonText(text) && this.#jsonTexts < JSON_TEXTS_MAX) {
      const parsed = parseJson(text);
      if (parsed !== undefined) return this.#scrubJsonText(text, parsed);
    }
    const scrubbed = scrubText(text, this.#isSecret);
    if (scrubbed === undefined) return text;
    this.#note(scrubbed.rule);
    return scrubbed.text;
  }

  #scrubJsonText(text: string, parsed: unknown): string {
    this.#jsonTexts += 1;
    const after = this.#scrub(parsed, "free");
    this.#jsonTexts -= 1;
    return after === parsed ? text : JSON.stringify(after);
  }

  #scrubNumber(number: number): unknown {
    return number >= CARD_NUMBER_MIN && Number.isSafeInteger(number) && isCardNumber(String(number))
      ? this.#remove("card_number")
      : number;
  }

  /** As what it is where events are read: a long integer is the text of its digits, and everything else a number. */
  #scrubExact(source: string, value: object): unknown {
    const number = Number(source);
    const read = /^-?\d+$/.test(source) && !Number.isSafeInteger(number) ? source : number;
    const scrubbed = typeof read === "string" ? this.#scrubString(read) : this.#scrubNumber(read);
    return scrubbed === read ? value : scrubbed;
  }

  #remove(rule: ScrubRule): string {
    this.#note(rule);
    return SCRUBBED;
  }

  #note(rule: ScrubRule): void {
    if (this.removed.length >= PLACES_MAX) return;
    const parts = this.#path.slice(0, this.#depth).map((part) => String(part).slice(0, PATH_PART_LENGTH_MAX));
    this.removed.push({ path: parts.join(".").replaceAll("\0", "\ufffd").toWellFormed(), rule });
  }
}

const CARD_NUMBER_MIN = 10 ** 12;

/** Texts and numbers become `[Filtered]`, wherever they stand; what holds no secret, as `true` and empty texts, stays. */
function maskLeaves(value: unknown, depth: number): unknown {
  if (typeof value === "string") return value === "" ? value : SCRUBBED;
  if (typeof value === "number") return SCRUBBED;
  if (typeof value !== "object" || value === null) return value;
  if (depth >= DEPTH_MAX || exactNumberOf(value) !== undefined) return SCRUBBED;
  if (Array.isArray(value)) {
    const masked = value.map((each) => maskLeaves(each, depth + 1));
    return masked.some((each, index) => each !== value[index]) ? masked : value;
  }
  let copy: Record<string, unknown> | undefined;
  for (const [key, before] of Object.entries(value)) {
    const after = maskLeaves(before, depth + 1);
    if (after === before) continue;
    copy ??= copyOf(value as JsonMap);
    setOwn(copy, key, after);
  }
  return copy ?? value;
}

/** As `{...map}`, which also keeps a key of the name `__proto__` that JSON may hold. */
function copyOf(map: JsonMap): Record<string, unknown> {
  return { ...map };
}

function setOwn(map: Record<string, unknown>, key: string, value: unknown): void {
  if (key === "__proto__")
    Object.defineProperty(map, key, { value, enumerable: true, writable: true, configurable: true });
  else map[key] = value;
}

function isPair(value: unknown): value is readonly [string, unknown] {
  return Array.isArray(value) && value.length === 2 && typeof value[0] === "string";
}

function isJsonText(text: string): boolean {
  const first = text.charCodeAt(0);
  const last = text.charCodeAt(text.length - 1);
  return (first === 0x7b && last === 0x7d) || (first === 0x5b && last === 0x5d);
}

/** `undefined`: the text only looks like JSON. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
