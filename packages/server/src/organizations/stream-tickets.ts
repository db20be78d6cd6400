/** Tickets for live streams: a browser cannot send a header with a WebSocket, and a token does not belong into an address. */
import type { Database } from "../db/database.ts";
import { findTokenActor } from "./api-tokens.queries.ts";
import { makeSecret, sha256 } from "./secret.ts";
import {
  insertStreamTicket,
  isLoginOfMember,
  type TakenTicket,
  type TicketMaker,
  takeStreamTicket,
} from "./stream-tickets.queries.ts";

/** From the request for a ticket to the connection it opens. */
const TICKET_SECONDS = 30;

/** Tickets of one holder that are not used yet. */
export const TICKETS_PER_HOLDER_MAX = 100;

/** For whom a ticket is: the organization, a token or person whose streams are counted together, and what they made it by. */
export interface TicketHolder {
  readonly organizationId: string;
  /** No secret. */
  readonly holder: string;
  readonly maker: TicketMaker;
}

/** Whoever comes with a ticket. */
export interface TicketViewer extends Pick<TicketHolder, "organizationId" | "holder"> {
  /** Whether who made the ticket may still listen. One query. */
  readonly mayStay: () => Promise<boolean>;
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

/**
 * On whichever node: of all that try at once, one gets it. `undefined`: it is none, or none any more, or who made it may not
 * listen any more.
 */
export async function redeemStreamTicket(database: Database, ticket: string): Promise<TicketViewer | undefined> {
  const taken = await takeStreamTicket(database, sha256(ticket));
  if (taken === undefined) return undefined;
  const mayStay = () => mayListen(database, taken);
  if (!(await mayStay())) return undefined;
  return { organizationId: taken.organizationId, holder: taken.holder, mayStay };
}

/** People may listen wherever they are members; tokens need the scope. */
async function mayListen(database: Database, { maker, organizationId }: TakenTicket): Promise<boolean> {
  if ("loginId" in maker) return isLoginOfMember(database, maker.loginId, organizationId);
  const actor = await findTokenActor(database, maker.tokenId);
  return actor?.scopes.includes("event:read") === true;
}
