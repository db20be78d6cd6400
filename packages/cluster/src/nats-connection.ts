/** The connection to a NATS server, made again for ever. */
import { setTimeout as sleep } from "node:timers/promises";
import type { Msg, NatsConnection, TlsOptions } from "@nats-io/transport-node";
import type { NatsServers } from "./transport.ts";

/** Waits between attempts, milliseconds: they double, shortened by up to half at random. */
const BACKOFF_MS = { first: 100, max: 10_000 } as const;

/** What a server takes if it does not say. */
const MESSAGE_BYTES_DEFAULT = 1024 * 1024;

/** How often the server may leave a ping unanswered. */
const PINGS_MAX = 2;

/** What a server answers when nobody has subscribed to the subject. */
const NOBODY = 503;

export interface NatsConnectionOptions {
  readonly servers: NatsServers;
  readonly subjects: readonly string[];
  /** How long an attempt may take. */
  readonly attemptMs: number;
  /** Silence after which the server is given up. */
  readonly silenceMs: number;
  /** `isNobody`: the server says that a message with this subject for an answer reached nobody. */
  readonly onMessage: (subject: string, body: Buffer, isNobody: boolean) => void;
  /** What `onMessage` threw. */
  readonly onFault: (error: unknown) => void;
  readonly onConnected: () => void;
  /** Not again until it was connected. */
  readonly onAway: (reason: string) => void;
}

export class NatsServerConnection {
  readonly #options: NatsConnectionOptions;
  readonly #stopping = new AbortController();
  #connection: NatsConnection | undefined;
  #running: Promise<void> = Promise.resolve();
  #messageBytesMax = MESSAGE_BYTES_DEFAULT;
  #attempts = 0;

  constructor(options: NatsConnectionOptions) {
    this.#options = options;
  }

  /** Resolves after the first attempt, whatever came of it. */
  async start(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#running = this.#run(resolve);
    });
  }

  get isConnected(): boolean {
    return this.#connection !== undefined;
  }

  /** Longest message, as the server said last: it may say another at any time. */
  get messageBytesMax(): number {
    this.#messageBytesMax = this.#connection?.info?.max_payload ?? this.#messageBytesMax;
    return this.#messageBytesMax;
  }

  /** False: not connected, or longer than the server takes; then nothing is kept. True says nothing of its arrival. */
  publish(subject: string, body: Buffer, reply?: string): boolean {
    const connection = this.#connection;
    if (connection === undefined || connection.isClosed() || body.length > this.messageBytesMax) return false;
    connection.publish(subject, body, reply === undefined ? {} : { reply });
    return true;
  }

  /** Resolves when the server has all that was published, or is away. */
  async flush(): Promise<void> {
    await this.#connection?.flush().catch(() => undefined);
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#connection?.close();
    await this.#running;
  }

  async #run(onFirst: () => void): Promise<void> {
    const { signal } = this.#stopping;
    let waitMs: number = BACKOFF_MS.first;
    let isAway = false;
    while (!signal.aborted) {
      let connectedAtMs = Number.POSITIVE_INFINITY;
      try {
        const reason = await this.#connectOnce(() => {
          isAway = false;
          connectedAtMs = performance.now();
          onFirst();
        });
        if (signal.aborted) break;
        // A server may let in whom it sends away at once, such as a user who may not listen.
        if (performance.now() - connectedAtMs >= this.#options.silenceMs) waitMs = BACKOFF_MS.first;
        this.#options.onAway(reason);
        isAway = true;
      } catch (error) {
        if (!isAway) this.#options.onAway(error instanceof Error ? error.message : String(error));
        isAway = true;
        onFirst();
      }
      await sleep(waitMs * (0.5 + Math.random() / 2), undefined, { signal }).catch(() => undefined);
      waitMs = Math.min(BACKOFF_MS.max, waitMs * 2);
    }
    onFirst();
  }

  /** Resolves with why the connection ended. Rejects if there was none. */
  async #connectOnce(onConnected: () => void): Promise<string> {
    const { servers, subjects, attemptMs, silenceMs } = this.#options;
    const { user, password, token } = servers;
    const server = servers.servers[this.#attempts % servers.servers.length] ?? "";
    this.#attempts += 1;
    // By an address instead of a name the certificate would be compared with "localhost".
    const tls: TlsOptions & { host: string } = { host: server.replace(/:\d+$/, "").replace(/^\[|\]$/g, "") };
    // Loaded here, since most nodes never talk to NATS.
    const { connect } = await import("@nats-io/transport-node");
    const connection = await connect({
      servers: server,
      ...(servers.isEncrypted ? { tls } : {}),
      ...(user === undefined || password === undefined ? {} : { user, pass: password }),
      ...(token === undefined ? {} : { token }),
      name: "mesher",
      // What a node says to all is not for itself.
      noEcho: true,
      // What is kept for a server while it is away, and how often it is tried, is decided here.
      reconnect: false,
      timeout: attemptMs,
      pingInterval: silenceMs / (PINGS_MAX + 1),
      maxPingOut: PINGS_MAX,
    });
    if (this.#stopping.signal.aborted) await connection.close();
    let refusal: Error | undefined;
    const callback = (error: Error | null, message: Msg) => {
      if (error === null) return this.#hear(message);
      // The server does not let this user listen there.
      refusal = error;
      void connection.close();
    };
    for (const subject of subjects) connection.subscribe(subject, { callback });
    this.#connection = connection;
    onConnected();
    this.#options.onConnected();
    const cause = await connection.closed();
    this.#connection = undefined;
    return (refusal ?? cause)?.message ?? "the connection was closed";
  }

  /** Throws nothing: the connection would go on and read no more. */
  #hear(message: Msg): void {
    const { subject, data } = message;
    try {
      const body = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
      this.#options.onMessage(subject, body, body.length === 0 && tellsOfNobody(message));
    } catch (error) {
      this.#options.onFault(error);
    }
  }
}

/** Headers are read when they are asked for, and anyone at the server may have written them. */
function tellsOfNobody(message: Msg): boolean {
  try {
    return message.headers?.code === NOBODY;
  } catch {
    return false;
  }
}
