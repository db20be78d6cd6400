/** The smallest clients there are: one HTTP request an event, with nothing in between that could hide a fault. */
import { randomBytes } from "node:crypto";
import { parseDsn, serializeEnvelope } from "@mesher/protocol";

export interface Endpoint {
  readonly envelopeUrl: string;
  readonly storeUrl: string;
  readonly publicKey: string;
}

export function endpointOf(dsn: string): Endpoint {
  const parsed = parseDsn(dsn);
  if (parsed === undefined) throw new Error(`${dsn} is not a DSN`);
  const base = `${parsed.protocol}://${parsed.host}${parsed.port === undefined ? "" : `:${parsed.port}`}${parsed.prefix}/api/${parsed.projectNumber}`;
  return { envelopeUrl: `${base}/envelope/`, storeUrl: `${base}/store/`, publicKey: parsed.publicKey };
}

export function newEventId(): string {
  return randomBytes(16).toString("hex");
}

/** Posts one event in an envelope. */
export async function sendEvent(
  dsn: string,
  event: Readonly<Record<string, unknown>> & { readonly event_id: string },
): Promise<Response> {
  const { envelopeUrl, publicKey } = endpointOf(dsn);
  const payload = new TextEncoder().encode(JSON.stringify(event));
  const body = serializeEnvelope({
    header: { event_id: event.event_id },
    items: [{ header: { type: "event" }, payload }],
  });
  return fetch(envelopeUrl, {
    method: "POST",
    headers: { "x-sentry-auth": `Sentry sentry_version=7, sentry_key=${publicKey}, sentry_client=testkit/1` },
    body: new Uint8Array(body),
  });
}

/** An event that is its message alone, and an issue of its own by it. */
export async function sendMessage(dsn: string, message: string, level = "error"): Promise<void> {
  const response = await sendEvent(dsn, { event_id: newEventId(), message, level, fingerprint: [message] });
  if (!response.ok) throw new Error(`the event "${message}" was answered with ${response.status}`);
}
