import { existsSync, readdirSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { FRAMES_MAX } from "./limits.ts";
import { normalizeEvent } from "./normalize.ts";
import { inputOf } from "./normalize-testing.ts";
import { searchText } from "./search-text.ts";
import { eventTitle } from "./title.ts";

/** Real events of many platforms; not part of the repository (its README says where they are from). */
const FOLDERS = ["events", "grouping/inputs"]
  .map((name) => new URL(`../../../../../../shared/data/${name}/`, import.meta.url))
  .filter((folder) => existsSync(folder));
const FILES = FOLDERS.flatMap((folder) => readdirSync(folder).map((file) => ({ file, url: new URL(file, folder) })));

test.skipIf(FILES.length === 0)("shared/data has real events", () => {
  expect(FILES.length).toBeGreaterThan(1);
});

const UNLABELED = "<unlabeled event>";
/** Any of which gives an event a title. */
const CONTENT = ["exception", "message", "logentry", "threads", "stacktrace", "csp", "hpkp"];

// What is asserted here is found in the raw payload, so its shape is only known by looking.
type Raw = Record<string, unknown>;

describe.each(FILES)("$file", ({ url }) => {
  const raw = JSON.parse(readFileSync(url, "utf8")) as Raw;
  const { event, cuts } = normalizeEvent(raw, inputOf({ receivedAtMs: receivedAtMs(raw) }));

  test("has a title and lexemes, unless there is nothing to tell", () => {
    const hasContent = CONTENT.some((key) => raw[key] !== undefined);
    expect(eventTitle(event) === UNLABELED).toBe(!hasContent);
    expect(searchText(event).size > 0 || !hasContent).toBe(true);
  });

  test("loses nothing but what is older than its receipt", () => {
    expect(cuts.filter(({ reason }) => reason !== "past_timestamp")).toEqual([]);
  });

  test("keeps its exceptions and their frames as they are", () => {
    const sent = listOf(raw.exception).map(sentException);
    // A stack trace of the event goes to its only exception, which has none then.
    if (sent.length === 1 && isObject(raw.stacktrace)) sent[0] = { frames: framesOf(raw.stacktrace), ...sent[0] };
    expect(listOf(event.exception).map(sentException)).toEqual(sent);
  });

  test("keeps its tags and contexts as they are", () => {
    const tags = Array.isArray(raw.tags) ? Object.fromEntries<unknown>(raw.tags as [string, unknown][]) : raw.tags;
    expect(event.tags ?? {}).toEqual(tags ?? {});
    expect(event.contexts ?? {}).toEqual(raw.contexts ?? {});
  });

  test("is canonical afterwards", () => {
    expect(normalizeEvent(event, inputOf({ receivedAtMs: receivedAtMs(raw) }))).toEqual({ event, cuts: [] });
  });
});

function receivedAtMs(raw: Raw): number {
  const { timestamp } = raw;
  if (typeof timestamp === "number") return Math.ceil(timestamp * 1000);
  return typeof timestamp === "string" ? Date.parse(timestamp) : inputOf().receivedAtMs;
}

function listOf(exception: unknown): Raw[] {
  if (exception === undefined || exception === null) return [];
  if (Array.isArray(exception)) return exception as Raw[];
  const { values } = exception as Raw;
  return Array.isArray(values) ? (values as Raw[]) : [exception as Raw];
}

function sentException({ type, value, module, stacktrace }: Raw): Raw {
  return defined({ type, value, module, frames: isObject(stacktrace) ? framesOf(stacktrace) : undefined });
}

function framesOf({ frames }: Raw): Raw[] | undefined {
  if (!Array.isArray(frames)) return undefined;
  expect(frames.length).toBeLessThanOrEqual(FRAMES_MAX);
  return (frames as Raw[]).map(sentFrame);
}

function isObject(value: unknown): value is Raw {
  return typeof value === "object" && value !== null;
}

function sentFrame(frame: Raw): Raw {
  const {
    function: name,
    filename,
    abs_path,
    module,
    lineno,
    colno,
    context_line,
    pre_context,
    post_context,
    vars,
    in_app,
  } = frame;
  return defined({
    name,
    filename,
    abs_path,
    module,
    lineno,
    colno,
    context_line,
    pre_context,
    post_context,
    vars,
    in_app,
  });
}

/** Attributes that are null were not sent. */
function defined(map: Raw): Raw {
  return Object.fromEntries(Object.entries(map).filter(([, value]) => value !== undefined && value !== null));
}
