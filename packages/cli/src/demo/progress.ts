import { alignColumns } from "../align-columns.ts";
import type { Tally } from "./tally.ts";

/** The demo in one line. `seconds` is how long it runs in all; infinite: until Ctrl-C. */
export function progressLine(
  tally: Tally,
  { elapsedMs, nowMs, seconds }: { elapsedMs: number; nowMs: number; seconds: number },
): string {
  const elapsed = Math.floor(elapsedMs / 1000);
  const perSecond = elapsedMs < 1000 ? tally.sent : tally.sent / (elapsedMs / 1000);
  const parts = [
    `${tally.sent} sent`,
    `${tally.accepted} accepted`,
    `${tally.refused} refused`,
    ...(tally.unanswered === 0 ? [] : [`${tally.unanswered} unanswered`]),
    `${perSecond.toFixed(1)} events/s`,
    Number.isFinite(seconds) ? `${Math.min(elapsed, seconds)} of ${seconds} s` : `${elapsed} s, Ctrl-C stops`,
  ];
  const pauseMs = tally.pausedUntilMs - nowMs;
  if (pauseMs > 0) parts.push(`pausing ${Math.ceil(pauseMs / 1000)} s`);
  return parts.join("  ");
}

export function summaryOf(tally: Tally, pagesUrl: string): string {
  const lost =
    tally.sent === tally.accepted ? "" : `Not accepted: ${tally.refused} refused, ${tally.unanswered} unanswered.\n`;
  if (tally.accepted === 0) return `Nothing was accepted.\n${lost}`;

  const services = tally.services();
  const problems = services.reduce((sum, service) => sum + service.problems, 0);
  const rows = services.map((service) => [`  ${service.name}`, String(service.events), String(service.problems)]);
  return `Accepted: ${tally.accepted} events of ${problems} distinct problems. Each problem should be one issue.
${lost}
${alignColumns([["  SERVICE", "EVENTS", "PROBLEMS"], ...rows])}

Look at them: ${pagesUrl}
`;
}
