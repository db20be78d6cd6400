-- Requests that carried an Idempotency-Key, and their answers for whoever sends them again (organizations/idempotent-requests.queries.ts).
create table idempotent_requests (
  organization_id uuid not null references organizations (id) on delete cascade,
  -- `person:<id>` or `token:<id>`.
  principal text not null,
  -- Method and address as the route was registered.
  route text not null,
  -- Of the client's key.
  key_sha256 bytea not null,
  -- A keyed hash of the address and the body.
  fingerprint bytea not null,
  claimed_at timestamptz not null default now(),
  -- Null: still running, or its node died.
  status integer,
  -- Encrypted, because answers may hold secrets that are told once.
  answer bytea,
  constraint idempotent_requests_key primary key (organization_id, principal, route, key_sha256)
);
create index idempotent_requests_claimed on idempotent_requests (claimed_at);
