import type { Database } from "../db/database.ts";

/** Who made a ticket, to be looked for again. */
export type TicketMaker = { readonly tokenId: string } | { readonly loginId: string };

export interface NewStreamTicket {
  readonly sha256: Uint8Array;
  readonly organizationId: string;
  readonly holder: string;
  readonly maker: TicketMaker;
  readonly seconds: number;
  readonly unusedMax: number;
}

/** When it expires; `undefined`: the holder has too many. Tickets that nobody used are removed on the way. */
export async function insertStreamTicket(database: Database, ticket: NewStreamTicket): Promise<Date | undefined> {
  const { maker } = ticket;
  const { rows } = await database.query<{ expires_at: Date }>({
    name: "stream_tickets.insert",
    text: `
      with expired as (
        delete from stream_tickets where expires_at <= now()
      )
      insert into stream_tickets (ticket_sha256, organization_id, holder, expires_at, token_id, login_id)
      select $1, $2, $3, now() + make_interval(secs => $4), $6, $7
      where (
        select count(*) from stream_tickets where organization_id = $2 and holder = $3 and expires_at > now()
      ) < $5
      returning expires_at`,
    values: [
      ticket.sha256,
      ticket.organizationId,
      ticket.holder,
      ticket.seconds,
      ticket.unusedMax,
      "tokenId" in maker ? maker.tokenId : null,
      "loginId" in maker ? maker.loginId : null,
    ],
  });
  return rows[0]?.expires_at;
}

export interface TakenTicket {
  readonly organizationId: string;
  readonly holder: string;
  readonly maker: TicketMaker;
}

/** Takes it away, so that it is good for one. */
export async function takeStreamTicket(database: Database, sha256: Uint8Array): Promise<TakenTicket | undefined> {
  const { rows } = await database.query<TicketRow>({
    name: "stream_tickets.take",
    text: `
      delete from stream_tickets where ticket_sha256 = $1
      returning organization_id, holder, token_id, login_id, expires_at > now() as is_valid`,
    values: [sha256],
  });
  const [row] = rows;
  const maker = row?.is_valid === true ? makerOf(row) : undefined;
  return row && maker && { organizationId: row.organization_id, holder: row.holder, maker };
}

interface TicketRow {
  organization_id: string;
  holder: string;
  token_id: string | null;
  login_id: string | null;
  is_valid: boolean;
}

/** `undefined`: a node of before has made it, which did not say. */
function makerOf({ token_id, login_id }: TicketRow): TicketMaker | undefined {
  if (token_id !== null) return { tokenId: token_id };
  return login_id === null ? undefined : { loginId: login_id };
}

/** Whether the login goes on, and its person is a member. */
export async function isLoginOfMember(database: Database, loginId: string, organizationId: string): Promise<boolean> {
  const { rows } = await database.query({
    name: "logins.find_member",
    text: `
      select from logins l join organization_members m on m.user_id = l.user_id
      where l.id = $1 and l.expires_at > now() and m.organization_id = $2`,
    values: [loginId, organizationId],
  });
  return rows.length > 0;
}
