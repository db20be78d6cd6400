import type { Event, Grouping } from "@mesher/protocol";
import { type Contribution, combine, hashContribution } from "./contribution.ts";
import { contributeCustomFingerprint } from "./custom-fingerprint.ts";
import { contributeExceptions } from "./exceptions.ts";
import { contributeMessage } from "./message.ts";
import { contributeSecurityReport } from "./security-report.ts";
import { contributeStacktrace } from "./stacktrace.ts";
import { contributeTemplate } from "./template.ts";
import { contributeThreads } from "./threads.ts";

export const VERSION = 1;

/**
 * The rules of version 1.
 *
 * A fingerprint the client asked for wins. Otherwise the first of the event's parts that carries evidence decides
 * alone: exceptions, then threads, a bare stack trace, a template, a security report, a message.
 */
export function groupByVersion1(event: Event): Grouping {
  const own = contributeDefault(event);
  const custom = contributeCustomFingerprint(event);
  if (custom === undefined) return toGrouping(own);
  if (!custom.extendsDefault) return toGrouping(custom.contribution);
  return toGrouping({ ...combine([own, custom.contribution]), strategy: "extended_fingerprint" });
}

function contributeDefault(event: Event): Contribution {
  return (
    contributeExceptions(event) ??
    contributeThreads(event) ??
    contributeStacktrace(event.stacktrace, event.platform) ??
    contributeTemplate(event) ??
    contributeSecurityReport(event) ??
    contributeMessage(event) ?? {
      strategy: "fallback",
      values: ["no evidence", event.platform],
      parts: [{ kind: "platform", value: event.platform }],
    }
  );
}

function toGrouping(contribution: Contribution): Grouping {
  return {
    version: VERSION,
    fingerprint: hashContribution(contribution),
    strategy: contribution.strategy,
    parts: contribution.parts,
  };
}
