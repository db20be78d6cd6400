/** Whoever gets mail: a real SMTP server, which keeps what it is sent. */
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { SMTPServer } from "smtp-server";

export interface ReceivedMail {
  readonly from: string;
  readonly to: readonly string[];
  /** As it came over the wire, headers and body. */
  readonly source: string;
}

export interface MailRefusal {
  readonly message: string;
  readonly code: number;
}

export class MailReceiver implements AsyncDisposable {
  readonly mails: ReceivedMail[] = [];
  /** A refusal of the mails from now on, with its code. */
  refusal: MailRefusal | undefined;
  /** Refusals of mails for these addresses, from now on. */
  readonly refusedAddresses = new Map<string, MailRefusal>();
  readonly #server: SMTPServer;

  private constructor() {
    this.#server = new SMTPServer({
      authOptional: true,
      disabledCommands: ["STARTTLS"],
      onRcptTo: ({ address }, _session, done) => {
        const refusal = this.refusedAddresses.get(address);
        done(refusal && errorOf(refusal));
      },
      onData: (stream, session, done) => {
        const chunks: Buffer[] = [];
        stream.on("data", (chunk: Buffer) => chunks.push(chunk));
        stream.on("end", () => {
          if (this.refusal !== undefined) {
            done(errorOf(this.refusal));
            return;
          }
          const { mailFrom, rcptTo } = session.envelope;
          this.mails.push({
            from: mailFrom === false ? "" : mailFrom.address,
            to: rcptTo.map(({ address }) => address),
            source: Buffer.concat(chunks).toString("utf8"),
          });
          done();
        });
      },
    });
  }

  static async start(): Promise<MailReceiver> {
    const receiver = new MailReceiver();
    receiver.#server.listen(0, "127.0.0.1");
    await once(receiver.#server.server, "listening");
    return receiver;
  }

  get url(): string {
    return `smtp://127.0.0.1:${(this.#server.server.address() as AddressInfo).port}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = Promise.withResolvers<void>();
    this.#server.close(() => closed.resolve());
    await closed.promise;
  }
}

function errorOf({ message, code }: MailRefusal): Error {
  return Object.assign(new Error(message), { responseCode: code });
}

/** A part of a mail as its reader sees it, for those that are sent as quoted-printable or as they are. */
export function decodedText(source: string): string {
  const joined = source.replace(/=\r?\n/g, "");
  const bytes = joined.replace(/(=[0-9A-F]{2})+/g, (run) =>
    Buffer.from(run.replaceAll("=", ""), "hex").toString("utf8"),
  );
  return bytes.replaceAll("\r\n", "\n");
}
