-- What opens one live stream, once, within half a minute. Only its SHA-256 is kept.
create table stream_tickets (
  ticket_sha256 bytea constraint stream_tickets_key primary key,
  organization_id uuid not null references organizations (id) on delete cascade,
  -- Whose streams are counted together: a person, or a token.
  holder text not null,
  expires_at timestamptz not null
);
