/** A client of the live feed that keeps what it hears, for tests to wait for. */
import { once } from "node:events";
import type { StreamMessage } from "@mesher/protocol";
import { WebSocket } from "ws";
import { waitUntil } from "./wait-until.ts";

export type StreamMessageOf<Type extends StreamMessage["type"]> = Extract<StreamMessage, { readonly type: Type }>;

/** An upgrade that the server refused. */
export class UpgradeRefusedError extends Error {
  override readonly name = "UpgradeRefusedError";
  readonly status: number;
  readonly body: { readonly error?: string; readonly code?: string };

  constructor(status: number, body: UpgradeRefusedError["body"]) {
    super(`refused with ${status}: ${body.error ?? ""}`);
    this.status = status;
    this.body = body;
  }
}

export class StreamClient implements AsyncDisposable {
  readonly socket: WebSocket;
  /** Everything it has heard. */
  readonly heard: StreamMessage[] = [];
  closeCode: number | undefined;

  private constructor(socket: WebSocket, onMessage: (message: StreamMessage) => void) {
    this.socket = socket;
    socket.on("message", (data: Buffer) => {
      const message = JSON.parse(data.toString()) as StreamMessage;
      this.heard.push(message);
      onMessage(message);
    });
    socket.on("close", (code) => {
      this.closeCode = code;
    });
  }

  /** Resolves when it is subscribed. Rejects with an `UpgradeRefusedError`. */
  static async open(
    url: string,
    headers: Readonly<Record<string, string>> = {},
    onMessage: (message: StreamMessage) => void = () => {},
  ): Promise<StreamClient> {
    // The first message may come together with the upgrade's answer.
    const socket = new WebSocket(url, { headers });
    const client = new StreamClient(socket, onMessage);
    await opened(socket);
    await client.next("subscribed");
    return client;
  }

  all<Type extends StreamMessage["type"]>(type: Type): StreamMessageOf<Type>[] {
    return this.heard.filter((message): message is StreamMessageOf<Type> => message.type === type);
  }

  /** The first message of a type that fits, heard already or soon. */
  next<Type extends StreamMessage["type"]>(
    type: Type,
    fits: (message: StreamMessageOf<Type>) => boolean = () => true,
  ): Promise<StreamMessageOf<Type>> {
    return waitUntil(`a message ${type}`, async () => this.all(type).find(fits));
  }

  /** Ids of the events it heard, in their order. */
  get eventIds(): string[] {
    return this.all("event").map(({ event_id }) => event_id);
  }

  say(message: unknown): void {
    this.socket.send(typeof message === "string" ? message : JSON.stringify(message));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.socket.readyState === WebSocket.CLOSED) return;
    this.socket.terminate();
    await once(this.socket, "close");
  }
}

/** Resolves when it is open. Rejects with an `UpgradeRefusedError`. */
export function openSocket(url: string, headers: Readonly<Record<string, string>> = {}): Promise<WebSocket> {
  return opened(new WebSocket(url, { headers }));
}

function opened(socket: WebSocket): Promise<WebSocket> {
  return new Promise((resolve, reject) => {
    socket.once("open", () => resolve(socket));
    socket.on("error", reject);
    socket.once("unexpected-response", (_request, response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("end", () => {
        const body = JSON.parse(Buffer.concat(chunks).toString()) as UpgradeRefusedError["body"];
        reject(new UpgradeRefusedError(response.statusCode ?? 0, body));
      });
    });
  });
}
