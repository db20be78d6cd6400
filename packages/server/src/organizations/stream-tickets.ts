/** Tickets for live streams: a browser cannot send a header with a WebSocket, and a token does not belong into an address. */
import type { Database } from "../db/database.ts";
import { makeSecret, sha256 } from "./secret.ts";
import { insertStreamTicket, takeStreamTicket } from "./stream-tickets.queries.ts";

/** From the request for a ticket to the connection it opens. */
const TICKET_SECONDS = 30;

/** Tickets of one holder that are not used yet. */
export const TICKETS_PER_HOLDER_MAX = 100;

/** Who made a ticket: the organization, and a token or person whose streams are counted together. */
export interface TicketHolder {
  readonly organizationId: string;
  /** No secret. */
  readonly holder: string;
}

/** `undefined`: there are too many that are not used. */
export async function makeStreamTicket(
  database: Database,
  holder: TicketHolder,
): Promise<{ ticket: string; expiresAt: Date } | undefined> {
  const ticket = makeSecret();
  const expiresAt = await insertStreamTicket(database, {
    ...holder,
    sha256: sha256(ticket),
    seconds: TICKET_SECONDS,
    unusedMax: TICKETS_PER_HOLDER_MAX,
  });
  return expiresAt && { ticket, expiresAt };
}

/** On whichever node: of all that try at once, one gets it. */
export function redeemStreamTicket(database: Database, ticket: string): Promise<TicketHolder | undefined> {
  return takeStreamTicket(database, sha256(ticket));
}
