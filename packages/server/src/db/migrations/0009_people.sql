-- People: who may sign in, by what, and where they are signed in. better-auth reads and writes these by the names given in people/auth.ts.
create table users (
  id uuid primary key default gen_random_uuid(),
  email text not null constraint users_email_lower check (email = lower(email)),
  email_verified boolean not null default false,
  display_name text not null,
  image text,
  two_factor_enabled boolean not null default false,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint users_email_unique unique (email)
);

-- A password (provider `credential`), or a person at an OIDC provider.
create table sign_in_methods (
  id uuid primary key default gen_random_uuid(),
  user_id uuid not null references users (id) on delete cascade,
  provider_id text not null,
  account_id text not null,
  password_hash text,
  access_token text,
  refresh_token text,
  id_token text,
  access_token_expires_at timestamptz,
  refresh_token_expires_at timestamptz,
  scope text,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint sign_in_methods_account_unique unique (provider_id, account_id)
);
create index sign_in_methods_user on sign_in_methods (user_id);

-- Where a person is signed in. Of the cookie's token only the hash is kept.
create table logins (
  id uuid primary key default gen_random_uuid(),
  user_id uuid not null references users (id) on delete cascade,
  token_sha256 text not null,
  organization_id uuid references organizations (id) on delete set null,
  ip_address text,
  user_agent text,
  expires_at timestamptz not null,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint logins_token_unique unique (token_sha256)
);
create index logins_user on logins (user_id);
create index logins_expires on logins (expires_at);

-- Steps of a sign-in under way: a second factor, the state of an OIDC redirect.
create table verifications (
  id uuid primary key default gen_random_uuid(),
  identifier text not null,
  value text not null,
  expires_at timestamptz not null,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);
create index verifications_identifier on verifications (identifier);
create index verifications_expires on verifications (expires_at);

create table two_factors (
  id uuid primary key default gen_random_uuid(),
  user_id uuid not null references users (id) on delete cascade,
  secret text not null,
  backup_codes text not null,
  verified boolean not null default true,
  failed_verification_count integer not null default 0,
  locked_until timestamptz,
  constraint two_factors_user_unique unique (user_id)
);

-- Requests to the sign-in routes by address and route, in a window of time.
create table sign_in_rates (
  id uuid primary key default gen_random_uuid(),
  key text not null,
  count integer not null,
  last_request_ms bigint not null,
  constraint sign_in_rates_key_unique unique (key)
);

-- Passwords tried for one e-mail address, from wherever, since the last right one.
create table sign_in_attempts (
  email_sha256 bytea primary key,
  count integer not null,
  window_started_at timestamptz not null
);

-- Secrets that every node of this database needs alike.
create table server_secrets (
  name text primary key,
  value text not null,
  created_at timestamptz not null default now()
);

create table organization_members (
  id uuid primary key default gen_random_uuid(),
  organization_id uuid not null references organizations (id) on delete cascade,
  user_id uuid not null references users (id) on delete cascade,
  role text not null default 'member',
  joined_at timestamptz not null default date_trunc('milliseconds', now()),
  constraint organization_members_once unique (organization_id, user_id),
  constraint organization_members_role_known check (role in ('owner', 'admin', 'member'))
);
create index organization_members_user on organization_members (user_id);

-- One-time links that make somebody a member. Without an e-mail: the set-up link of the first owner.
create table invitations (
  id uuid primary key default gen_random_uuid(),
  organization_id uuid not null references organizations (id) on delete cascade,
  email text,
  role text not null,
  token_sha256 bytea not null,
  invited_by uuid references users (id) on delete set null,
  created_at timestamptz not null default date_trunc('milliseconds', now()),
  expires_at timestamptz not null,
  accepted_at timestamptz,
  revoked_at timestamptz,
  constraint invitations_token_unique unique (token_sha256),
  constraint invitations_role_known check (role in ('owner', 'admin', 'member'))
);
create index invitations_organization on invitations (organization_id, created_at desc);
create index invitations_email on invitations (email) where accepted_at is null and revoked_at is null;

-- One-time links that set a new password.
create table password_resets (
  id uuid primary key default gen_random_uuid(),
  user_id uuid not null references users (id) on delete cascade,
  token_sha256 bytea not null,
  clears_two_factor boolean not null default false,
  created_at timestamptz not null default now(),
  expires_at timestamptz not null,
  used_at timestamptz,
  constraint password_resets_token_unique unique (token_sha256)
);
create index password_resets_user on password_resets (user_id);

alter table api_tokens
  -- Null: all that the role may.
  add column scopes text[],
  -- Whose it is; null: the organization's.
  add column user_id uuid references users (id) on delete cascade,
  -- The server's own token, of whoever runs it.
  add column is_operator boolean not null default false,
  add column last_used_at timestamptz;
create index api_tokens_organization on api_tokens (organization_id, created_at desc);
create index api_tokens_user on api_tokens (user_id) where user_id is not null;

-- Who changed what. Rows are added, and removed when they are old (organizations/audit.queries.ts), never changed.
create table audit_log (
  id uuid not null default gen_random_uuid(),
  organization_id uuid not null references organizations (id) on delete cascade,
  created_at timestamptz not null default date_trunc('milliseconds', clock_timestamp()),
  actor_kind text not null,
  actor_id uuid,
  actor_name text not null,
  action text not null,
  target_kind text not null,
  target_id text,
  details jsonb not null default '{}',
  constraint audit_log_key primary key (organization_id, created_at, id),
  constraint audit_log_actor_known check (actor_kind in ('person', 'token', 'server'))
);
create index audit_log_created on audit_log (created_at);

create function refuse_audit_change() returns trigger language plpgsql as $$
begin
  raise exception 'rows of audit_log are never changed';
end
$$;
create trigger audit_log_append_only before update on audit_log for each row execute function refuse_audit_change();
