/** Puts a message into the form of a mail: a subject, a text, and the same as HTML. Pure. */
import { type AlertNotice, titleOf } from "../alert-notice.ts";
import type { DeliveryMessage } from "../delivery.ts";
import { factsOf, linkOf } from "../formats/format.ts";
import type { WeeklyReport } from "../weekly-report.ts";

export interface MailContent {
  readonly subject: string;
  readonly text: string;
  readonly html: string;
}

export interface MailContext {
  readonly serverUrl: string;
  /** Of mails to a person: where they stop. */
  readonly unsubscribeUrl?: string;
}

/** A part of a mail, before it is text or HTML. */
type Part =
  | { readonly kind: "heading" | "paragraph"; readonly text: string }
  | { readonly kind: "facts"; readonly facts: readonly { readonly name: string; readonly value: string }[] }
  | { readonly kind: "list"; readonly items: readonly { readonly text: string; readonly link: string }[] }
  | { readonly kind: "link"; readonly text: string; readonly link: string };

export function composeMail(message: DeliveryMessage, context: MailContext): MailContent {
  const { subject, parts } = PARTS[message.purpose](message as never, context.serverUrl);
  const footer: Part[] =
    context.unsubscribeUrl === undefined
      ? []
      : [{ kind: "link", text: "No more of these mails", link: context.unsubscribeUrl }];
  const all = [...parts, ...footer];
  return { subject: `[Mesher] ${subject}`, text: `${all.map(textOf).join("\n\n")}\n`, html: pageOf(all) };
}

interface Composed {
  readonly subject: string;
  readonly parts: readonly Part[];
}

type Of<Purpose> = Extract<DeliveryMessage, { purpose: Purpose }>;

const PARTS: { [Purpose in DeliveryMessage["purpose"]]: (message: Of<Purpose>, serverUrl: string) => Composed } = {
  alert: ({ notice }, serverUrl) => alertParts(notice, serverUrl),
  test: ({ notice }, serverUrl) => alertParts(notice, serverUrl),
  digest: ({ mode, notices, more }, serverUrl) => ({
    subject: `${notices.length + more} alerts of the last ${mode === "hourly" ? "hour" : "day"}`,
    parts: [
      { kind: "heading", text: `Alerts of the last ${mode === "hourly" ? "hour" : "day"}` },
      {
        kind: "list",
        items: notices.map((notice) => ({
          text: `${notice.projectName} · ${titleOf(notice)}`,
          link: linkOf({ notice, serverUrl }),
        })),
      },
      ...(more === 0 ? [] : [{ kind: "paragraph" as const, text: `And ${more} more.` }]),
    ],
  }),
  weekly_report: ({ report }, serverUrl) => reportParts(report, serverUrl),
};

function alertParts(notice: AlertNotice, serverUrl: string): Composed {
  return {
    subject: titleOf(notice),
    parts: [
      { kind: "heading", text: titleOf(notice) },
      { kind: "paragraph", text: notice.message },
      { kind: "facts", facts: factsOf(notice) },
      { kind: "link", text: "Open in Mesher", link: linkOf({ notice, serverUrl }) },
    ],
  };
}

function reportParts(report: WeeklyReport, serverUrl: string): Composed {
  const { organizationName, from, events, eventsWeekBefore, newIssues, busiest } = report;
  return {
    subject: `The week of ${organizationName}: ${events} events, ${newIssues} new issues`,
    parts: [
      { kind: "heading", text: `${organizationName}: the week from ${from}` },
      {
        kind: "facts",
        facts: [
          { name: "Events", value: `${events} (${changeOf(events, eventsWeekBefore)})` },
          { name: "New issues", value: String(newIssues) },
        ],
      },
      ...(busiest.length === 0
        ? []
        : [
            { kind: "paragraph" as const, text: "The busiest issues:" },
            {
              kind: "list" as const,
              items: busiest.map((issue) => ({
                text: `${issue.events} × ${issue.title} (${issue.projectName})`,
                link: `${serverUrl}/issues/${issue.issueId}`,
              })),
            },
          ]),
    ],
  };
}

function changeOf(now: number, before: number): string {
  if (before === 0) return "none the week before";
  const percent = Math.round(((now - before) / before) * 100);
  return percent === 0 ? "as many as the week before" : `${Math.abs(percent)} % ${percent > 0 ? "more" : "fewer"}`;
}

function textOf(part: Part): string {
  if (part.kind === "facts") return part.facts.map(({ name, value }) => `${name}: ${value}`).join("\n");
  if (part.kind === "list") return part.items.map(({ text, link }) => `- ${text}\n  ${link}`).join("\n");
  return part.kind === "link" ? `${part.text}: ${part.link}` : part.text;
}

function pageOf(parts: readonly Part[]): string {
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="color-scheme" content="light dark"></head><body style="font:15px/1.5 system-ui,sans-serif;max-width:40em;margin:1.5em auto;padding:0 1em">${parts.map(htmlOf).join("")}</body></html>`;
}

function htmlOf(part: Part): string {
  if (part.kind === "heading") return `<h1 style="font-size:19px">${escaped(part.text)}</h1>`;
  if (part.kind === "link") return `<p>${anchor(part)}</p>`;
  if (part.kind === "list") return `<ul>${part.items.map((item) => `<li>${anchor(item)}</li>`).join("")}</ul>`;
  if (part.kind === "facts") return `<table style="border-spacing:0">${part.facts.map(rowOf).join("")}</table>`;
  return `<p style="white-space:pre-wrap;overflow-wrap:anywhere">${escaped(part.text)}</p>`;
}

function rowOf({ name, value }: { readonly name: string; readonly value: string }): string {
  return `<tr><th style="text-align:left;padding:2px 1em 2px 0">${escaped(name)}</th><td style="overflow-wrap:anywhere">${escaped(value)}</td></tr>`;
}

const anchor = ({ text, link }: { readonly text: string; readonly link: string }) =>
  `<a href="${escaped(link)}">${escaped(text)}</a>`;

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (character) => ENTITIES[character] ?? character);
}
