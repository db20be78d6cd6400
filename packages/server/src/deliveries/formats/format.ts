/** What a format is given, and what it makes of it. All of them are pure. */
import type { AlertNotice } from "../alert-notice.ts";
import type { Destination } from "../destination.ts";
import type { OutboundRequest } from "../outbound/send-request.ts";

export interface FormatInput {
  /** The same in every attempt. */
  readonly deliveryId: string;
  readonly notice: AlertNotice;
  readonly destination: Pick<Destination, "config" | "secrets">;
  /** Where people reach this server, without a slash at its end. */
  readonly serverUrl: string;
  readonly nowMs: number;
}

export type Format = (input: FormatInput) => OutboundRequest;

/** The value of a field that the destination must have; it was checked when it was entered. */
export function valueOf({ config, secrets }: FormatInput["destination"], name: string): string {
  const value = secrets[name] ?? config[name];
  if (typeof value !== "string") throw new Error(`the destination has no ${name}`);
  return value;
}

export function jsonRequest(url: string, body: unknown, headers: Readonly<Record<string, string>> = {}) {
  return { url, headers: { "content-type": "application/json", ...headers }, body: JSON.stringify(body) };
}

/** Where a reader goes on: the issue, or the pages. */
export function linkOf({ notice, serverUrl }: Pick<FormatInput, "notice" | "serverUrl">): string {
  return notice.issue === undefined ? `${serverUrl}/` : `${serverUrl}/issues/${notice.issue.id}`;
}

/** What is said beside the title, a name and a value each. */
export function factsOf({ projectName, ruleName, condition, issue, suppressed }: AlertNotice) {
  const facts: [name: string, value: string | number | undefined][] = [
    ["Project", projectName],
    ["Rule", ruleName],
    ["Condition", condition],
    ["Issue", issue?.shortId],
    ["Where", issue?.culprit],
    ["Level", issue?.level],
    ["Events", issue?.eventCount],
    ["Alerts it stands for", suppressed],
  ];
  return facts.flatMap(([name, value]) =>
    value === undefined || value === "" ? [] : [{ name, value: String(value) }],
  );
}

/** How bad it is, as on-call tools ask. */
export function severityOf({ kind, issue }: AlertNotice): "critical" | "error" | "warning" | "info" {
  if (kind === "test" || kind === "resolved") return "info";
  const level = issue?.level ?? "error";
  if (level === "fatal") return "critical";
  if (level === "warning") return "warning";
  return level === "info" || level === "debug" ? "info" : "error";
}

/** `#rrggbb` of what it is about. */
export function colorOf(notice: AlertNotice): number {
  if (notice.kind === "resolved") return 0x2e_a0_43;
  return { critical: 0xb3_1d_28, error: 0xd7_3a_49, warning: 0xd2_99_22, info: 0x3b_82_f6 }[severityOf(notice)];
}

/** One alert is one incident at an on-call tool, from firing to its end. */
export function incidentKeyOf({ alertId }: AlertNotice): string {
  return `mesher-${alertId}`;
}
