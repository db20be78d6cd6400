import { admit } from "./admit.ts";
import { type Answer, rateLimitHeaders } from "./answer.ts";
import type { IngestDependencies } from "./dependencies.ts";
import { type Exchange, missingAuth, senderOf } from "./exchange.ts";
import type { ReceivedBody } from "./inflate.ts";
import { SECURITY_REPORTS_MAX } from "./limits.ts";
import { madeBody } from "./pack.ts";
import { Refusal } from "./refusal.ts";
import { convertSecurityReports, type SecurityEvent } from "./security-report.ts";

/** Takes a browser's reports, each as an event of its own. Throws a Refusal. */
export async function takeSecurityReports(
  received: ReceivedBody,
  exchange: Exchange,
  deps: IngestDependencies,
): Promise<Answer> {
  const { key } = exchange;
  if (key === undefined) throw missingAuth(exchange.route);

  const converted = convertSecurityReports(parseJson(received.bytes));
  if (converted.length > SECURITY_REPORTS_MAX) {
    throw new Refusal("too_large", `more than ${SECURITY_REPORTS_MAX} reports`, { quantity: converted.length });
  }
  const reports = converted.filter((report) => report !== undefined);
  const unsupported = converted.length - reports.length;
  if (reports.length === 0) {
    throw new Refusal("malformed", "no report of a known kind", {
      reason: "report",
      quantity: Math.max(1, unsupported),
    });
  }
  if (unsupported > 0) {
    const { projectId } = key;
    deps.countOutcome({ projectId, outcome: "unsupported_item", category: "security", quantity: unsupported });
  }

  const made = makeEvents(reports, exchange, deps);
  const admission = await admit(
    { key, category: "security", source: "sentry", ...made, ...senderOf(exchange, deps) },
    deps,
  );
  if (admission.retryAfterSeconds === undefined) return { status: 200 };
  return { status: 200, headers: rateLimitHeaders(admission.retryAfterSeconds, "rate_limited") };
}

/** The reports as one body of events, one after the other. */
function makeEvents(reports: readonly SecurityEvent[], { query, request }: Exchange, deps: IngestDependencies) {
  const release = query?.get("sentry_release");
  const environment = query?.get("sentry_environment");
  const userAgent = request.headers["user-agent"];
  const { origin } = request.headers;

  let offset = 0;
  const parts: Buffer[] = [];
  const events = reports.map((report) => {
    const eventId = deps.makeEventId();
    const { url, headers } = report.request as { readonly url: string; readonly headers: readonly string[][] };
    const sent = [
      ...headers,
      ...(userAgent === undefined ? [] : [["User-Agent", userAgent]]),
      ...(origin === undefined ? [] : [["Origin", origin]]),
    ];
    const event = {
      event_id: eventId,
      ...report,
      request: { ...(url === "" ? {} : { url }), headers: sent },
      ...(release ? { release } : {}),
      ...(environment ? { environment } : {}),
    };
    const bytes = toJson(event);
    const slice = { eventId, offset, length: bytes.length };
    parts.push(bytes);
    offset += bytes.length;
    return slice;
  });
  return { events, body: madeBody(Buffer.concat(parts)) };
}

function toJson(event: SecurityEvent): Buffer {
  try {
    return Buffer.from(JSON.stringify(event));
  } catch (cause) {
    // It was JSON when it came, so only the stack can have been too short.
    throw new Refusal("malformed", "the report is nested too deep", { reason: "report", cause });
  }
}

function parseJson(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString("utf8"));
  } catch (cause) {
    throw new Refusal("malformed", "the report is not JSON", { reason: "report", cause });
  }
}
