import type { Event, SecurityReport } from "@mesher/protocol";
import { crashFrame, mainException } from "./event-stacktrace.ts";
import { TITLE_LENGTH_MAX } from "./limits.ts";
import { shorten } from "./text.ts";

/** What lists show of an event first. */
export interface Headline {
  readonly title: string;
  readonly culprit: string;
}

export function headlineOf(event: Event): Headline {
  return { title: eventTitle(event), culprit: eventCulprit(event) };
}

/**
 * One line that names the event, as Sentry does it: `Type: value` of the exception that was finally thrown, else
 * what a browser reports, else the message. At most 200 characters.
 */
export function eventTitle(event: Event): string {
  const title = exceptionTitle(event) ?? reportTitle(event) ?? firstLine(eventMessage(event)) ?? frameTitle(event);
  return shorten(title ?? "<unlabeled event>", TITLE_LENGTH_MAX);
}

/** Where the event happened: the transaction, or the application's frame in which it failed. At most 200 characters. */
export function eventCulprit(event: Event): string {
  return shorten(event.transaction ?? reportCulprit(event) ?? frameCulprit(event) ?? "", TITLE_LENGTH_MAX);
}

/** The text a person reads in lists below the title; empty when there is none. */
export function eventMessage(event: Event): string {
  return event.logentry?.formatted ?? event.logentry?.message ?? mainException(event)?.value ?? "";
}

function exceptionTitle(event: Event): string | undefined {
  const exception = mainException(event);
  const value = firstLine(exception?.value);
  const type = firstLine(exception?.type);
  return type !== undefined && value !== undefined ? `${type}: ${value}` : (type ?? value);
}

function frameTitle(event: Event): string | undefined {
  return firstLine(crashFrame(event)?.function) ?? frameCulprit(event);
}

function frameCulprit(event: Event): string | undefined {
  const frame = crashFrame(event);
  if (frame === undefined) return undefined;
  const place = frame.module ?? frame.filename ?? frame.abs_path;
  if (frame.function === undefined) return place;
  return place === undefined ? frame.function : `${place} in ${frame.function}`;
}

function reportTitle(event: Event): string | undefined {
  if (event.csp !== undefined) return cspTitle(event.csp);
  for (const [key, kind] of HOST_REPORTS) {
    const report = event[key];
    if (report !== undefined) return `${kind} for '${reportedHost(report)}'`;
  }
  return undefined;
}

const HOST_REPORTS = [
  ["hpkp", "Public key pinning validation failed"],
  ["expectct", "Expect-CT failed"],
  ["expectstaple", "Expect-Staple failed"],
  ["nel", "Network error"],
] as const;

function cspTitle(report: SecurityReport): string {
  const directive = cspDirective(report) ?? "content";
  const blocked = textOf(report, "blocked_uri") ?? "";
  if (blocked === "inline" || blocked === "eval") return `Blocked ${blocked} '${directive}'`;
  if (blocked === "" || blocked === "self" || blocked === "'self'") return `Blocked inline '${directive}'`;
  return `Blocked '${directive}' from '${hostOf(blocked)}'`;
}

function reportCulprit(event: Event): string | undefined {
  return event.csp === undefined ? undefined : cspDirective(event.csp);
}

/** Older browsers send the violated directive with all its sources. */
function cspDirective(report: SecurityReport): string | undefined {
  return textOf(report, "effective_directive") ?? textOf(report, "violated_directive")?.split(" ")[0];
}

function reportedHost(report: SecurityReport): string {
  return textOf(report, "hostname") ?? hostOf(textOf(report, "url") ?? "");
}

/** The host of an address; a scheme alone (`data`, `blob`) stands for itself, as browsers send it. */
function hostOf(address: string): string {
  const url = URL.parse(address);
  if (url === null) return address;
  return url.host === "" ? url.protocol : url.host;
}

function textOf(report: SecurityReport, key: string): string | undefined {
  const value = report[key];
  return typeof value === "string" && value !== "" ? value : undefined;
}

/** The first line with anything on it. */
function firstLine(value: string | undefined): string | undefined {
  if (value === undefined) return undefined;
  const trimmed = value.trimStart();
  const end = trimmed.search(/[\r\n]/);
  return (end === -1 ? trimmed : trimmed.slice(0, end)).trimEnd() || undefined;
}
