/**
 * An event as Markdown, to be given to a colleague or an agent: what went wrong and where, without what only fills pages.
 * Pure; takes the event as pages show it.
 */
import { type Breadcrumb, curlOf, type Event, type Exception, type Frame, type Stacktrace } from "@mesher/protocol";
import { clipped } from "../runtime/clipped.ts";

/** Frames of one stack trace, those nearest to the failure. */
const FRAMES_MAX = 20;
const EXCEPTIONS_MAX = 10;
const BREADCRUMBS_MAX = 20;
const TAGS_MAX = 50;

/** Of a message, a line of code, a value. */
const TEXT_LENGTH_MAX = 2_000;
const LINE_LENGTH_MAX = 300;

export interface MarkdownFacts {
  readonly title: string;
  readonly culprit: string;
  readonly receivedAt: string;
  /** Of its issue. */
  readonly shortId: string;
  readonly status: string;
  readonly eventCount: number;
  readonly firstSeen: string;
  readonly lastSeen: string;
}

export function eventMarkdown(event: Event, facts: MarkdownFacts): string {
  const sections = [
    `# ${line(facts.title)}`,
    summaryOf(event, facts),
    ...exceptionsOf(event),
    threadOf(event),
    breadcrumbsOf(event.breadcrumbs?.values ?? []),
    tagsOf(event.tags ?? {}),
    requestOf(event),
  ];
  return `${sections.filter((section) => section !== "").join("\n\n")}\n`;
}

function summaryOf(event: Event, facts: MarkdownFacts): string {
  const seen = `${facts.eventCount} events from ${facts.firstSeen} to ${facts.lastSeen}`;
  const message = event.logentry?.formatted ?? event.logentry?.message;
  const rows: [string, string | undefined][] = [
    ["Issue", `${facts.shortId}, ${facts.status}, ${seen}`],
    ["Event", `${event.event_id}, received ${facts.receivedAt}`],
    ["Level", event.level],
    ["Where", facts.culprit],
    ["Message", message === facts.title ? undefined : message],
    ["Platform", event.platform],
    ["Environment", event.environment],
    ["Release", event.release],
    ["SDK", event.sdk?.name === undefined ? undefined : `${event.sdk.name} ${event.sdk.version ?? ""}`.trim()],
  ];
  return rows
    .flatMap(([name, value]) => (value === undefined || value === "" ? [] : [`- ${name}: ${line(value)}`]))
    .join("\n");
}

/** What was thrown last comes first, then what caused it. */
function exceptionsOf(event: Event): string[] {
  const exceptions = (event.exception?.values ?? []).toReversed().slice(0, EXCEPTIONS_MAX);
  return exceptions.map((exception, index) => {
    const heading = index === 0 ? "## Exception" : "## Caused by";
    const { type, handled } = exception.mechanism ?? {};
    const how = [type, handled === undefined ? undefined : handled ? "handled" : "not handled"].filter(
      (part) => part !== undefined,
    );
    return [
      heading,
      fence(clipped(nameOf(exception), TEXT_LENGTH_MAX)),
      ...(how.length === 0 ? [] : [`Caught by: ${line(how.join(", "))}`]),
      ...(exception.stacktrace === undefined ? [] : [stacktraceOf(exception.stacktrace)]),
    ].join("\n\n");
  });
}

function nameOf({ type, value, module }: Exception): string {
  const name = module === undefined || type === undefined ? type : `${module}.${type}`;
  return name !== undefined && value !== undefined ? `${name}: ${value}` : (name ?? value ?? "(no name)");
}

/** The stack that belongs to no exception: of the thread that failed, or of the event itself. */
function threadOf(event: Event): string {
  if (event.exception !== undefined) return "";
  const threads = event.threads?.values ?? [];
  const thread = threads.find(({ crashed }) => crashed) ?? threads.find(({ current }) => current);
  const stacktrace = thread?.stacktrace ?? event.stacktrace;
  return stacktrace === undefined ? "" : `## Stack\n\n${stacktraceOf(stacktrace)}`;
}

/** The latest call first. Frames of libraries are one line each, the application's own have their code around them. */
function stacktraceOf({ frames }: Stacktrace): string {
  const shown = frames.toReversed().slice(0, FRAMES_MAX);
  const hasOwn = shown.some(({ in_app }) => in_app === true);
  const lines = shown.flatMap((frame) => frameLines(frame, frame.in_app === true || !hasOwn));
  const left = frames.length - shown.length;
  return fence([...lines, ...(left > 0 ? [`… ${left} more calls`] : [])].join("\n"));
}

function frameLines(frame: Frame, hasContext: boolean): string[] {
  const file = frame.filename ?? frame.abs_path ?? frame.module ?? frame.package ?? "(unknown)";
  const place = [file, frame.lineno, frame.colno].filter((part) => part !== undefined).join(":");
  const head = `${frame.function ?? "(anonymous)"} (${place})${frame.in_app === true ? "" : " [library]"}`;
  if (!hasContext || frame.context_line === undefined || frame.lineno === undefined) return [line(head)];
  const { lineno } = frame;
  const before = frame.pre_context ?? [];
  const numbered = [...before, frame.context_line, ...(frame.post_context ?? [])].map((code, index) => {
    const number = lineno - before.length + index;
    return `  ${number === lineno ? ">" : " "} ${number} | ${line(code.trimEnd())}`;
  });
  return [line(head), ...numbered];
}

/** The last ones, in the order of time. */
function breadcrumbsOf(breadcrumbs: readonly Breadcrumb[]): string {
  if (breadcrumbs.length === 0) return "";
  const shown = breadcrumbs.slice(-BREADCRUMBS_MAX);
  const left = breadcrumbs.length - shown.length;
  const lines = shown.map(({ timestamp, level, category, type, message, data }) => {
    const parts = [timestamp, level, category ?? type, message, data === undefined ? undefined : JSON.stringify(data)];
    return line(parts.filter((part) => part !== undefined).join(" "));
  });
  return `## What happened before\n\n${fence([...(left > 0 ? [`… ${left} earlier`] : []), ...lines].join("\n"))}`;
}

function tagsOf(tags: Readonly<Record<string, string>>): string {
  const entries = Object.entries(tags);
  if (entries.length === 0) return "";
  const lines = entries.slice(0, TAGS_MAX).map(([key, value]) => line(`${key}: ${value}`));
  return `## Tags\n\n${fence(lines.join("\n"))}`;
}

function requestOf({ request }: Event): string {
  if (request === undefined) return "";
  const { cookies: _, ...rest } = request;
  const headers = request.headers?.map(([name, value]): [string, string] => [
    name,
    CREDENTIAL_HEADERS.test(name) ? "[Filtered]" : value,
  ]);
  const command = curlOf({ ...rest, ...(headers === undefined ? {} : { headers }) });
  return command === undefined ? "" : `## Request\n\n${fence(clipped(command, TEXT_LENGTH_MAX), "sh")}`;
}

/** A copy leaves the house: what proves who somebody is stays, whatever the project's scrubbing lets through. */
const CREDENTIAL_HEADERS = /^(?:authorization|proxy-authorization|cookie|set-cookie)$|token|secret|api-?key|password/i;

/** One line of Markdown: what an event holds cannot begin a heading or a list of its own. */
function line(text: string): string {
  const lines = text.split(/[\r\n]+/);
  const first = lines.shift()?.trimEnd() ?? "";
  const others = lines.map((each) => each.trim()).filter((each) => each !== "");
  return clipped([first, ...others].join(" ⏎ "), LINE_LENGTH_MAX);
}

/** Longer than every run of backticks within, so that nothing an event holds ends it. */
function fence(text: string, language = ""): string {
  const longest = (text.match(/`+/g) ?? []).reduce((length, run) => Math.max(length, run.length), 2);
  const ticks = "`".repeat(longest + 1);
  return `${ticks}${language}\n${text}\n${ticks}`;
}
