/** Who may listen to which project, whatever the transport. */
import type { IncomingHttpHeaders } from "node:http";
import type { UpgradeRefusal } from "../runtime/web-sockets/refuse-upgrade.ts";
import { type Feed, TooManySearchesError } from "./feed.ts";
import { parseQueryFilters, StreamFilterError, type Wanted } from "./filters.ts";
import { parsePosition, type SeenOrigins } from "./position.ts";
import { CONNECTIONS_MAX, CONNECTIONS_PER_HOLDER_MAX, type SeatRefusal, type Seats } from "./seats.ts";

/** When a client that finds no seat may come again. */
const NO_SEAT_RETRY_SECONDS = 30;

/** How long a stream that was opened with a ticket lasts. With another ticket it goes on where it was. */
const TICKET_STREAM_MS_MAX = 15 * 60_000;

/** Someone who may read an organization's projects. */
export interface Viewer {
  readonly organizationId: string;
  /** Whose connections are counted together: a token, a person. No secret. */
  readonly holder: string;
  /** Asked again and again while a connection is open. */
  readonly mayStay: () => Promise<boolean>;
}

export interface StreamDoorOptions {
  /** By the headers of a request, as the API does it. */
  readonly findViewer: (headers: IncomingHttpHeaders) => Promise<Viewer | UpgradeRefusal>;
  /** By a ticket, which is used up; `undefined`: it is none, or none any more, or of somebody who may not listen any more. */
  readonly redeemTicket: (ticket: string) => Promise<Viewer | undefined>;
  readonly now: () => number;
  /** Id of the project with this id, slug or number in the organization. */
  readonly findProjectId: (organizationId: string, given: string) => Promise<string | undefined>;
  readonly seats: Seats;
}

export interface Knock {
  readonly headers: IncomingHttpHeaders;
  readonly query: URLSearchParams;
  /** Id, slug or number. */
  readonly project: string;
}

export interface Admitted {
  readonly projectId: string;
  readonly wanted: Wanted;
  /** Absent: the client is new. */
  readonly seen: SeenOrigins | undefined;
  readonly mayStay: () => Promise<boolean>;
  /** Must be called when the client has gone. */
  readonly leave: () => void;
}

/** A client that may not listen, or not now. Answered at the upgrade. */
export class StreamRefusedError extends Error {
  override readonly name = "StreamRefusedError";
  readonly refusal: UpgradeRefusal;

  constructor(refusal: UpgradeRefusal) {
    super(refusal.body.error);
    this.refusal = refusal;
  }
}

export function streamRefused(status: number, code: string, error: string, retryAfterSeconds?: number) {
  return new StreamRefusedError({ status, body: { error, code }, retryAfterSeconds });
}

export class StreamDoor {
  readonly #options: StreamDoorOptions;

  constructor(options: StreamDoorOptions) {
    this.#options = options;
  }

  /** Throws a StreamRefusedError. */
  async admit({ headers, query, project }: Knock): Promise<Admitted> {
    const viewer = await this.#viewerOf(headers, query);
    const projectId = await this.#options.findProjectId(viewer.organizationId, project);
    if (projectId === undefined) throw streamRefused(404, "not_found", "project not found");
    return this.seat(viewer, projectId, query, headers);
  }

  /** The rest of it, for somebody whose right to read the project is known. Throws a StreamRefusedError. */
  seat(viewer: Viewer, projectId: string, query: URLSearchParams, headers: IncomingHttpHeaders): Admitted {
    const wanted = wantedOf(query);
    const seen = seenOf(query, headers);
    const leave = this.#options.seats.take(viewer.holder);
    if (typeof leave === "string") {
      const { status, message } = NO_SEAT[leave];
      throw streamRefused(status, leave, message, NO_SEAT_RETRY_SECONDS);
    }
    const { findProjectId } = this.#options;
    const { organizationId } = viewer;
    const mayStay = async () =>
      (await viewer.mayStay()) && (await findProjectId(organizationId, projectId)) === projectId;
    return { projectId, wanted, seen, leave, mayStay };
  }

  async #viewerOf(headers: IncomingHttpHeaders, query: URLSearchParams): Promise<Viewer> {
    const ticket = query.get("ticket");
    if (ticket !== null) return this.#viewerByTicket(ticket);
    const token = query.get("token");
    const found = await this.#options.findViewer(token === null ? headers : { authorization: `Bearer ${token}` });
    if ("status" in found) throw new StreamRefusedError(found);
    return found;
  }

  /** A ticket says who made it. Its stream lasts as long as they may listen, and not for ever: it was good for once. */
  async #viewerByTicket(ticket: string): Promise<Viewer> {
    const { redeemTicket, now } = this.#options;
    const viewer = await redeemTicket(ticket);
    if (viewer === undefined)
      throw streamRefused(401, "unauthorized", "the ticket is unknown, used or expired, or was revoked with its maker");
    const endsAtMs = now() + TICKET_STREAM_MS_MAX;
    return { ...viewer, mayStay: async () => now() < endsAtMs && viewer.mayStay() };
  }
}

/** As `Feed.watch`. Throws a StreamRefusedError when there is no room for the search. */
export async function watchOrRefuse(feed: Feed, projectId: string, { search }: Wanted): Promise<DisposableStack> {
  try {
    return await feed.watch(projectId, search);
  } catch (error) {
    if (!(error instanceof TooManySearchesError)) throw error;
    throw streamRefused(429, TOO_MANY_SEARCHES, error.message, NO_SEAT_RETRY_SECONDS);
  }
}

export const TOO_MANY_SEARCHES = "too_many_searches";

const NO_SEAT: Record<SeatRefusal, { readonly status: number; readonly message: string }> = {
  too_many_connections: { status: 503, message: `this node has ${CONNECTIONS_MAX} streams already` },
  too_many_connections_of_yours: {
    status: 429,
    message: `there are ${CONNECTIONS_PER_HOLDER_MAX} streams with this token already`,
  },
};

function wantedOf(query: URLSearchParams): Wanted {
  try {
    return parseQueryFilters(query);
  } catch (error) {
    if (!(error instanceof StreamFilterError)) throw error;
    const { code, message, details } = error;
    throw new StreamRefusedError({ status: 400, body: { error: message, code, ...(details && { details }) } });
  }
}

/** `?last_id=`, or the header that browsers send for server-sent events. */
function seenOf(query: URLSearchParams, headers: IncomingHttpHeaders): SeenOrigins | undefined {
  const header = headers["last-event-id"];
  const given = query.get("last_id") ?? (typeof header === "string" ? header : undefined);
  if (given === undefined || given === "") return undefined;
  const seen = parsePosition(given);
  if (seen === undefined) throw streamRefused(400, "bad_request", "last_id is no position of a stream");
  return seen;
}
