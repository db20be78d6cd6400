/** Follows a live stream for as long as it is wanted: comes back after every break, to where it was. */
import { setTimeout as sleep } from "node:timers/promises";
import type { ApiError, StreamMessage } from "@mesher/protocol";
import { CommandError } from "../command.ts";
import { authorizationOf, redirectErrorOf, type ServerAccess } from "../server-access.ts";
import { EventStreamError, readEventStream } from "./server-sent-events.ts";

const RETRY_MS = { first: 500, max: 10_000 };

/** The server gives a sign of life every 30 seconds. */
const SILENCE_MS_MAX = 75_000;

const CONNECT_MS_MAX = 20_000;

/** Refusals that another try may end. */
const RETRIED_STATUSES: ReadonlySet<number> = new Set([429, 500, 502, 503, 504]);

export interface FollowOptions {
  readonly access: ServerAccess;
  /** With the filters. */
  readonly path: string;
  /** Ends it. */
  readonly signal: AbortSignal;
  /** The connection broke, or could not be made again. */
  readonly onBreak: (reason: string) => void;
}

/** Throws a CommandError when the server cannot be reached at all, or refuses for good. */
export async function* followStream(options: FollowOptions): AsyncGenerator<StreamMessage> {
  const { signal, onBreak } = options;
  let lastId: string | undefined;
  let retryMs = RETRY_MS.first;
  let wasConnected = false;
  while (!signal.aborted) {
    try {
      for await (const message of connect(options, lastId)) {
        wasConnected = true;
        retryMs = RETRY_MS.first;
        if ("id" in message) lastId = message.id;
        yield message;
      }
      if (!signal.aborted) onBreak("the server closed it");
    } catch (error) {
      if (signal.aborted) return;
      if (!(error instanceof BrokenError) || !wasConnected) throw commandErrorOf(error);
      onBreak(error.message);
    }
    // Shortened at random, so that the clients of a node that died do not all come at once.
    await sleep(retryMs * (0.5 + Math.random() / 2), undefined, { signal }).catch(() => undefined);
    retryMs = Math.min(retryMs * 2, RETRY_MS.max);
  }
}

/** The connection is broken; another one may work. */
class BrokenError extends Error {
  override readonly name = "BrokenError";
}

async function* connect(options: FollowOptions, lastId: string | undefined): AsyncGenerator<StreamMessage> {
  const { access, path, signal } = options;
  const silence = new AbortController();
  let watch = setTimeout(() => silence.abort(), CONNECT_MS_MAX);
  try {
    const response = await fetch(access.url + path, {
      headers: {
        ...authorizationOf(access),
        ...(lastId === undefined ? {} : { "last-event-id": lastId }),
      },
      signal: AbortSignal.any([signal, silence.signal]),
      // Followed, it would lose the token.
      redirect: "manual",
    });
    if (!response.ok || response.body === null) throw await refusalOf(access, response);
    for await (const data of readEventStream(response.body)) {
      clearTimeout(watch);
      watch = setTimeout(() => silence.abort(), SILENCE_MS_MAX);
      if (data !== undefined) yield parseMessage(data);
    }
  } catch (error) {
    if (error instanceof CommandError || error instanceof BrokenError) throw error;
    if (error instanceof EventStreamError)
      throw new CommandError(`${access.url} is no Mesher server: ${error.message}.`);
    throw new BrokenError(silence.signal.aborted ? "the server is silent" : "the server cannot be reached", {
      cause: error,
    });
  } finally {
    clearTimeout(watch);
    silence.abort();
  }
}

async function refusalOf({ url }: ServerAccess, response: Response): Promise<Error> {
  const redirected = redirectErrorOf(url, response);
  if (redirected !== undefined) return redirected;
  const body = (await response.json().catch(() => ({}))) as Partial<ApiError>;
  const reason = `${url} answered ${response.status}${body.error === undefined ? "" : `: ${body.error}`}`;
  return RETRIED_STATUSES.has(response.status) ? new BrokenError(reason) : new CommandError(`${reason}.`);
}

function commandErrorOf(error: unknown): Error {
  if (!(error instanceof BrokenError)) return error instanceof Error ? error : new Error(String(error));
  return new CommandError(`The stream could not be opened: ${error.message}.`, { cause: error });
}

function parseMessage(data: string): StreamMessage {
  try {
    return JSON.parse(data) as StreamMessage;
  } catch (cause) {
    throw new EventStreamError("a message is not JSON", { cause });
  }
}
