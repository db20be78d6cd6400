/** One attempt: puts the message into the form of its receiver and sends it. Every way it can end is a result. */
import type { Database } from "../db/database.ts";
import { type AttemptResult, resultOf } from "./attempt-result.ts";
import type { Claim } from "./claims.queries.ts";
import type { DeliveryMessage } from "./delivery.ts";
import { type Destination, withoutSecrets } from "./destination.ts";
import { findDestination } from "./destinations.queries.ts";
import { opened } from "./destinations.ts";
import { FORMATS } from "./formats/formats.ts";
import { ATTEMPT_MS } from "./limits.ts";
import { composeMail } from "./mail/compose-mail.ts";
import { type Mail, type Mailer, MailRefusedError, type RefusedAddress } from "./mail/mailer.ts";
import { type OutboundClient, OutboundRefusedError } from "./outbound/send-request.ts";
import { findMailAddress, findPreferences, type NotificationPreferences } from "./preferences.queries.ts";
import { SealError, type Secrets } from "./seal.ts";
import { makeUnsubscribeToken } from "./unsubscribe.ts";

export interface Sending {
  readonly database: Database;
  readonly outbound: OutboundClient;
  /** Absent: the operator has named no SMTP server. */
  readonly mailer: Mailer | undefined;
  readonly keys: DeliveryKeys;
  readonly serverUrl: () => string;
  readonly now: () => number;
  /** For one attempt, from looking up the name to the end of the answer. */
  readonly attemptMs?: number;
}

/** Made of the server's secret. */
export interface DeliveryKeys {
  readonly destinations: Buffer;
  readonly unsubscribe: Buffer;
}

export const NO_MAIL = "this server sends no mail: its operator has to set MESHER_SMTP_URL and MESHER_MAIL_FROM";

/** The attempt was ended from outside: the server stops, or another node has taken the delivery. */
export class AttemptEndedError extends Error {
  override readonly name = "AttemptEndedError";
}

/** `signal`: ends it with an `AttemptEndedError` as its reason. */
export async function sendMessage(sending: Sending, claim: Claim, signal: AbortSignal): Promise<AttemptResult> {
  const bounded = AbortSignal.any([signal, AbortSignal.timeout(sending.attemptMs ?? ATTEMPT_MS)]);
  let secrets: Secrets = {};
  try {
    if (claim.userId !== null) return await mailPerson(sending, claim, claim.userId, bounded);
    const destination = await findOpened(sending, claim);
    if (destination === undefined) return { outcome: "cancelled", error: "the destination or the person is gone" };
    // Whoever tries one that is off wants to know whether it would work.
    if (!destination.isEnabled && claim.message.purpose !== "test")
      return { outcome: "cancelled", error: "the destination is switched off" };
    ({ secrets } = destination);
    return await sendTo(sending, claim, destination, bounded);
  } catch (error) {
    signal.throwIfAborted();
    return failureOf(error, secrets, sending.attemptMs);
  }
}

async function findOpened({ database, keys }: Sending, claim: Claim): Promise<Destination | undefined> {
  if (claim.destinationId === null) return undefined;
  const found = await findDestination(database, claim.organizationId, claim.destinationId);
  return found && opened(keys.destinations, found);
}

async function sendTo(
  { outbound, mailer, serverUrl, now }: Sending,
  { id, message, reached }: Claim,
  destination: Destination,
  signal: AbortSignal,
): Promise<AttemptResult> {
  const url = serverUrl();
  if (destination.kind === "email") {
    const { to } = destination.config;
    const content = composeMail(message, { serverUrl: url });
    const left = (Array.isArray(to) ? to : []).filter((address) => !reached.includes(address));
    if (left.length === 0 && reached.length > 0) return { outcome: "sent", status: null };
    return mail(mailer, { ...content, to: left, deliveryId: id }, signal);
  }
  if (message.purpose === "digest" || message.purpose === "weekly_report")
    throw new Error(`a ${message.purpose} goes to people only`);
  const format = FORMATS[destination.kind];
  const request = format({ deliveryId: id, notice: message.notice, destination, serverUrl: url, nowMs: now() });
  const answer = await outbound.post(request, signal);
  return resultOf({ ...answer, excerpt: withoutSecrets(answer.excerpt, destination.secrets) });
}

/** To the address of their own account, as long as they are a member and want to hear of it. */
async function mailPerson(
  { database, mailer, keys, serverUrl }: Sending,
  { organizationId, id, message }: Claim,
  userId: string,
  signal: AbortSignal,
): Promise<AttemptResult> {
  const address = await findMailAddress(database, organizationId, userId);
  if (address === undefined) return { outcome: "cancelled", error: "the person is no member any more" };
  if (!wants(message, await findPreferences(database, organizationId, userId)))
    return { outcome: "cancelled", error: "the person wants no such mails any more" };
  const topic = message.purpose === "weekly_report" ? "weekly_report" : "alerts";
  const url = serverUrl();
  const token = makeUnsubscribeToken(keys.unsubscribe, { organizationId, userId, topic });
  const unsubscribeUrl = `${url}/api/v1/unsubscribe?token=${encodeURIComponent(token)}`;
  const content = composeMail(message, { serverUrl: url, unsubscribeUrl });
  return mail(mailer, { ...content, to: [address], deliveryId: id, unsubscribeUrl }, signal);
}

function wants({ purpose }: DeliveryMessage, { mode, weeklyReport }: NotificationPreferences): boolean {
  if (purpose === "test") return true;
  return purpose === "weekly_report" ? weeklyReport : mode !== "mute";
}

async function mail(mailer: Mailer | undefined, what: Mail, signal: AbortSignal): Promise<AttemptResult> {
  if (mailer === undefined) return { outcome: "failed", status: null, error: NO_MAIL, isFinal: true };
  const { status, refused } = await mailer.send(what, signal);
  return refused.length === 0 ? { outcome: "sent", status } : partFailure(what, refused);
}

function partFailure({ to }: Mail, refused: readonly RefusedAddress[]): AttemptResult {
  return {
    outcome: "failed",
    status: refused[0]?.status ?? null,
    error: `not all have it: ${refused.map(({ address, message }) => `${address}: ${message}`).join("; ")}`,
    isFinal: refused.every(({ status }) => isFinalCode(status)),
    reached: to.filter((address) => !refused.some((each) => each.address === address)),
  };
}

/** SMTP's codes of this class are final; those of 4xx ask to try again. */
const SMTP_FINAL_MIN = 500;

const isFinalCode = (status: number | null) => status !== null && status >= SMTP_FINAL_MIN;

function failureOf(error: unknown, secrets: Secrets, attemptMs = ATTEMPT_MS): AttemptResult {
  const status = error instanceof MailRefusedError ? error.status : null;
  const isFinal =
    errorsIn(error).some((each) => each instanceof OutboundRefusedError || each instanceof SealError) ||
    isFinalCode(status);
  return { outcome: "failed", status, error: withoutSecrets(describe(error, attemptMs), secrets), isFinal };
}

function describe(error: unknown, attemptMs: number): string {
  const isTimeout = errorsIn(error).some(({ name }) => name === "TimeoutError");
  if (isTimeout) return `no answer within ${attemptMs / 1000} s`;
  const texts = errorsIn(error).map(({ message }) => message.trim());
  return texts.find((text) => text !== "") ?? String(error);
}

/** The error and those it was caused by, from the last to the first; of several at once, all. */
function errorsIn(error: unknown): readonly Error[] {
  if (!(error instanceof Error)) return [];
  const parts = error instanceof AggregateError ? error.errors.flatMap(errorsIn) : [];
  return [error, ...parts, ...errorsIn(error.cause)];
}
