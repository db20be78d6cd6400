import type { Occasion, StreamMessage } from "@mesher/protocol";
import { printable } from "../printable.ts";

/** Of an event, the word for what it was to its issue. */
const OCCASION_WORDS: Record<Occasion, string> = {
  new_issue: "NEW  ",
  regression: "BACK ",
  archive_ended: "BACK ",
  repeat: "",
};

const LEVEL_WIDTH = "warning".length;

export interface MessageContext {
  /** Dates what does not say when it happened. */
  readonly now: Date;
  /** What people call an issue. */
  readonly nameOf: (issueId: string) => Promise<string>;
}

/** One line for people; `undefined`: nothing to show. */
export async function formatMessage(
  message: StreamMessage,
  { now, nameOf }: MessageContext,
): Promise<string | undefined> {
  if (message.type === "event") {
    const { data, issue_id, issue_event_count, occasion } = message;
    const where = [data.culprit, data.environment, data.release].filter((text) => text !== null && text !== "");
    const details = [...where, await nameOf(issue_id), `${issue_event_count} events`].join(", ");
    return line(
      new Date(data.received_at),
      data.level,
      `${OCCASION_WORDS[occasion] ?? ""}${data.message}  (${details})`,
    );
  }
  if (message.type === "alert") return line(now, "alert", `${message.rule_name}: ${message.message}`);
  // An event that made an issue, or brought it back, is told by itself.
  if (message.type !== "issue" || message.event !== undefined) return undefined;
  const by = message.actor === undefined ? "" : ` by ${message.actor.name}`;
  return line(now, "issue", `${await nameOf(message.issue_id)} ${message.action.replaceAll("_", " ")}${by}`);
}

function line(at: Date, kind: string, text: string): string {
  const time = [at.getHours(), at.getMinutes(), at.getSeconds()].map((part) => String(part).padStart(2, "0")).join(":");
  return printable(`${time}  ${kind.padEnd(LEVEL_WIDTH)}  ${text}`);
}
