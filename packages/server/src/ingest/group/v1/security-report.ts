import type { Event, SecurityReport } from "@mesher/protocol";
import { type Contribution, limitParts } from "./contribution.ts";

/** What a browser reports: by the rule that was broken and whose content broke it, never by the page. */
export function contributeSecurityReport(event: Event): Contribution | undefined {
  if (event.csp !== undefined) return contributeCsp(event.csp);
  for (const [key, name] of HOST_REPORTS) {
    const report = event[key];
    if (report !== undefined) return toContribution([name, hostnameOf(report)]);
  }
  return undefined;
}

/** Reports that say: this host did not keep what it promised. */
const HOST_REPORTS = [
  ["hpkp", "hpkp"],
  ["expectstaple", "expect-staple"],
  ["expectct", "expect-ct"],
  ["nel", "nel"],
] as const;

const LOCAL = "'self'";
const INLINE_SOURCES = ["'unsafe-inline'", "'unsafe-eval'"];

/** https://www.w3.org/TR/CSP3/#violation-reports */
function contributeCsp(report: SecurityReport): Contribution {
  const violated = textOf(report, "violated_directive");
  const directive = textOf(report, "effective_directive") || (violated.split(" ")[0] ?? "");
  const blocked = normalizeBlockedUri(textOf(report, "blocked_uri"));
  const inline = directive === "script-src" && blocked === LOCAL ? findInlineSource(violated) : undefined;
  return toContribution([directive, inline ?? blocked]);
}

/** A page's own script is told by how it ran, since the blocked address says only "self". */
function findInlineSource(violatedDirective: string): string | undefined {
  return INLINE_SOURCES.find((source) => violatedDirective.includes(source));
}

/** The host of a web address, else the scheme and the host; browsers also send a bare scheme such as `data`. */
function normalizeBlockedUri(uri: string): string {
  if (uri === "" || uri === "self" || uri === LOCAL) return LOCAL;
  const [, scheme = "", host = ""] = /^([^:/?#]+):(?:\/\/([^/?#]*))?/.exec(uri) ?? ["", uri];
  return scheme === "http" || scheme === "https" ? host : `${scheme}://${host}`;
}

function hostnameOf(report: SecurityReport): string {
  return textOf(report, "hostname") || (URL.parse(textOf(report, "url"))?.hostname ?? "");
}

function textOf(report: SecurityReport, key: string): string {
  const value = report[key];
  return typeof value === "string" ? value : "";
}

function toContribution([rule, source]: readonly [string, string]): Contribution {
  return {
    strategy: "security_report",
    values: [rule, source],
    parts: limitParts([
      { kind: "violated rule", value: rule },
      { kind: "source", value: source },
    ]),
  };
}
