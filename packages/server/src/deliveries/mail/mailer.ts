/** Sends mail over the operator's SMTP server. */
import { domainToASCII } from "node:url";
import type { NodemailerError, SMTPSentMessageInfo, Transporter } from "nodemailer";
import type { MailContent } from "./compose-mail.ts";

export interface MailSettings {
  readonly smtpUrl: string;
  readonly from: string;
}

export interface Mail extends MailContent {
  readonly to: readonly string[];
  /** The same in every attempt: mail programs show what they know as one. */
  readonly deliveryId: string;
  /** Where a mail program unsubscribes by itself (RFC 8058). */
  readonly unsubscribeUrl?: string;
}

const CONNECT_MS = 5_000;
const SILENCE_MS = 10_000;

/** What became of a mail that the SMTP server took for at least one address. */
export interface SentMail {
  /** The server's code, 250 as a rule. */
  readonly status: number;
  /** Addresses that it did not take the mail for. */
  readonly refused: readonly RefusedAddress[];
}

export interface RefusedAddress {
  /** As the mail has it. */
  readonly address: string;
  readonly status: number | null;
  readonly message: string;
}

/** The SMTP server has said no. */
export class MailRefusedError extends Error {
  override readonly name = "MailRefusedError";
  readonly status: number;

  constructor(message: string, status: number, cause: unknown) {
    super(message, { cause });
    this.status = status;
  }
}

export class Mailer {
  #transport: Promise<Transporter<SMTPSentMessageInfo>> | undefined;
  readonly #settings: MailSettings;

  constructor(settings: MailSettings) {
    this.#settings = settings;
  }

  /** Rejects when `signal` ends it, though what was begun may still arrive. */
  async send(mail: Mail, signal: AbortSignal): Promise<SentMail> {
    const { deliveryId, unsubscribeUrl, to, subject, text, html } = mail;
    const ended = Promise.withResolvers<never>();
    const end = () => ended.reject(signal.reason);
    signal.addEventListener("abort", end, { once: true });
    try {
      signal.throwIfAborted();
      this.#transport ??= openTransport(this.#settings.smtpUrl);
      const transport = await this.#transport;
      signal.throwIfAborted();
      const sending = transport.sendMail({
        from: this.#settings.from,
        to: [...to],
        subject,
        text,
        html,
        messageId: `<${deliveryId}@${domainOf(this.#settings.from)}>`,
        headers: {
          "Auto-Submitted": "auto-generated",
          "X-Mesher-Delivery": deliveryId,
          ...(unsubscribeUrl !== undefined && {
            "List-Unsubscribe": `<${unsubscribeUrl}>`,
            "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
          }),
        },
      });
      const info = await Promise.race([sending, ended.promise]);
      return { status: Number.parseInt(info.response, 10) || 250, refused: refusedOf(to, info) };
    } catch (error) {
      const { responseCode } = error as Partial<NodemailerError>;
      if (responseCode === undefined || !(error instanceof Error)) throw error;
      throw new MailRefusedError(error.message, responseCode, error);
    } finally {
      signal.removeEventListener("abort", end);
    }
  }
}

/** An address that the server neither took nor refused by name counts as refused: rather a mail too many than none. */
function refusedOf(to: readonly string[], { accepted, rejectedErrors = [] }: SMTPSentMessageInfo): RefusedAddress[] {
  const taken = new Set(accepted.map(asOnTheWire));
  return to
    .filter((address) => !taken.has(asOnTheWire(address)))
    .map((address) => {
      const error = rejectedErrors.find(({ recipient = "" }) => asOnTheWire(recipient) === asOnTheWire(address));
      return { address, status: error?.responseCode ?? null, message: error?.message ?? "it was not taken" };
    });
}

/** The library writes domains as SMTP does. */
function asOnTheWire(address: string): string {
  const at = address.lastIndexOf("@");
  return `${address.slice(0, at + 1)}${domainToASCII(address.slice(at + 1))}`.toLowerCase();
}

/** The library is loaded with the first mail: many servers never send one, and its code takes memory. */
async function openTransport(smtpUrl: string): Promise<Transporter<SMTPSentMessageInfo>> {
  const { createTransport } = await import("nodemailer");
  return createTransport({
    url: smtpUrl,
    connectionTimeout: CONNECT_MS,
    greetingTimeout: CONNECT_MS,
    dnsTimeout: CONNECT_MS,
    socketTimeout: SILENCE_MS,
    // Nothing of a message names a file or an address to fetch.
    disableFileAccess: true,
    disableUrlAccess: true,
  });
}

/** Of `mesher@example.com` or `Mesher <mesher@example.com>`. */
function domainOf(from: string): string {
  return /@([^\s>]+)/.exec(from)?.[1] ?? "mesher.invalid";
}
