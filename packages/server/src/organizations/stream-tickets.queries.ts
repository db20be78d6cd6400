import type { Database } from "../db/database.ts";

export interface NewStreamTicket {
  readonly sha256: Uint8Array;
  readonly organizationId: string;
  readonly holder: string;
  readonly seconds: number;
  readonly unusedMax: number;
}

/** When it expires; `undefined`: the holder has too many. Tickets that nobody used are removed on the way. */
export async function insertStreamTicket(database: Database, ticket: NewStreamTicket): Promise<Date | undefined> {
  const { rows } = await database.query<{ expires_at: Date }>({
    name: "stream_tickets.insert",
    text: `
      with expired as (
        delete from stream_tickets where expires_at <= now()
      )
      insert into stream_tickets (ticket_sha256, organization_id, holder, expires_at)
      select $1, $2, $3, now() + make_interval(secs => $4)
      where (
        select count(*) from stream_tickets where organization_id = $2 and holder = $3 and expires_at > now()
      ) < $5
      returning expires_at`,
    values: [ticket.sha256, ticket.organizationId, ticket.holder, ticket.seconds, ticket.unusedMax],
  });
  return rows[0]?.expires_at;
}

/** Takes it away, so that it is good for one. */
export async function takeStreamTicket(
  database: Database,
  sha256: Uint8Array,
): Promise<{ organizationId: string; holder: string } | undefined> {
  const { rows } = await database.query<{ organization_id: string; holder: string; is_valid: boolean }>({
    name: "stream_tickets.take",
    text: `
      delete from stream_tickets where ticket_sha256 = $1
      returning organization_id, holder, expires_at > now() as is_valid`,
    values: [sha256],
  });
  const [row] = rows;
  return row?.is_valid === true ? { organizationId: row.organization_id, holder: row.holder } : undefined;
}
