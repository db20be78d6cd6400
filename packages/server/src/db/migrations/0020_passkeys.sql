-- Keys of people's devices and password managers, by which they sign in. better-auth adds and counts them (people/passkeys.ts).
create table passkeys (
  id uuid primary key default gen_random_uuid(),
  user_id uuid not null references users (id) on delete cascade,
  name text not null constraint passkeys_name_short check (length(name) <= 100),
  credential_id text not null,
  public_key text not null,
  -- How often it has signed; 0 always where it is on several devices.
  counter bigint not null,
  device_type text not null,
  -- Whether it is on more than one device.
  backed_up boolean not null,
  transports text,
  -- The model of what keeps it.
  aaguid text,
  created_at timestamptz not null default now(),
  last_used_at timestamptz,
  constraint passkeys_credential_unique unique (credential_id)
);
create index passkeys_user on passkeys (user_id);
