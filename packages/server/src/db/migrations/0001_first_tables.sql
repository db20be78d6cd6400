-- Who owns what ------------------------------------------------------------------------------------------------------

create table organizations (
  id uuid primary key default gen_random_uuid(),
  slug text not null constraint organizations_slug_unique unique,
  name text not null,
  created_at timestamptz not null default now()
);

create table projects (
  id uuid primary key default gen_random_uuid(),
  organization_id uuid not null references organizations (id) on delete cascade,
  -- The numeric id that SDKs carry in a DSN.
  number bigint generated always as identity constraint projects_number_unique unique,
  slug text not null,
  name text not null,
  platform text,
  retention_days integer not null default 90 constraint projects_retention_days_range check (retention_days between 1 and 365),
  sample_rate real not null default 1 constraint projects_sample_rate_range check (sample_rate between 0 and 1),
  -- Events a key may send in a window; null: the server's default.
  rate_limit_events integer constraint projects_rate_limit_events_positive check (rate_limit_events > 0),
  created_at timestamptz not null default now(),
  constraint projects_slug_unique unique (organization_id, slug)
);

-- The public keys of DSNs. They stand in every browser that reports errors, so they are no secrets and not hashed.
create table project_keys (
  public_key text primary key,
  project_id uuid not null references projects (id) on delete cascade,
  label text not null default 'default',
  created_at timestamptz not null default now(),
  revoked_at timestamptz
);
create index project_keys_project on project_keys (project_id);

-- Secrets for programs: only their SHA-256 is kept.
create table api_tokens (
  id uuid primary key default gen_random_uuid(),
  organization_id uuid not null references organizations (id) on delete cascade,
  token_sha256 bytea not null constraint api_tokens_token_unique unique,
  label text not null,
  role text not null constraint api_tokens_role_known check (role in ('owner', 'admin', 'member')),
  created_at timestamptz not null default now(),
  revoked_at timestamptz
);

-- Issues -------------------------------------------------------------------------------------------------------------

create table issues (
  project_id uuid not null,
  id uuid not null,
  -- For people: the number in DEFAULT-12.
  number bigint generated always as identity,
  title text not null,
  culprit text not null,
  level text not null,
  platform text not null,
  status text not null default 'unresolved'
    constraint issues_status_known check (status in ('unresolved', 'resolved', 'archived', 'discarded')),
  assigned_to uuid,
  -- The `Grouping` of its first event.
  grouping jsonb not null,
  created_at timestamptz not null default now(),
  regressed_at timestamptz,
  constraint issues_key primary key (project_id, id)
) with (fillfactor = 90);
create index issues_status on issues (project_id, status);
create index issues_id on issues (id);

-- Several fingerprints may lead to one issue: older grouping versions, and merges.
create table issue_fingerprints (
  project_id uuid not null,
  fingerprint uuid not null,
  issue_id uuid not null,
  constraint issue_fingerprints_key primary key (project_id, fingerprint)
);
create index issue_fingerprints_issue on issue_fingerprints (project_id, issue_id);

-- What every event changes, in rows so narrow and pages so empty that updates stay on their page (HOT).
-- No index may be made on these columns.
create table issue_counters (
  project_id uuid not null,
  issue_id uuid not null,
  event_count bigint not null,
  first_seen timestamptz not null,
  last_seen timestamptz not null,
  constraint issue_counters_key primary key (project_id, issue_id)
) with (fillfactor = 50);

-- Events -------------------------------------------------------------------------------------------------------------

-- One leaf for each UTC day of `received_at`, with `unique (project_id, event_id)` on each leaf: see events/partitions.ts.
create table events (
  project_id uuid not null,
  event_id uuid not null,
  issue_id uuid not null,
  received_at timestamptz not null,
  -- When it happened, as the client's corrected clock says.
  occurred_at timestamptz not null,
  level text not null,
  title text not null,
  environment text,
  release text,
  tags jsonb not null,
  -- The `Grouping` of this event.
  grouping jsonb not null,
  -- How to read the payload: see events/payload.ts.
  payload_source smallint not null,
  payload_encoding smallint not null,
  payload_offset integer not null,
  payload_length integer not null,
  -- What the payload does not hold but reading it needs: sent_at, client ip, user agent.
  receipt jsonb,
  -- As the client sent it, compressed; never altered.
  payload bytea not null,
  search tsvector not null
) partition by range (received_at);
create index events_project_received on events (project_id, received_at desc, event_id desc);
create index events_issue_received on events (project_id, issue_id, received_at desc, event_id desc);
create index events_tags on events using gin (tags jsonb_path_ops);
create index events_search on events using gin (search);

-- Roll-ups: what dashboards read -------------------------------------------------------------------------------------

create table event_counts (
  project_id uuid not null,
  hour timestamptz not null,
  level text not null,
  count bigint not null,
  constraint event_counts_key primary key (project_id, hour, level)
) with (fillfactor = 70);

create table issue_counts (
  project_id uuid not null,
  issue_id uuid not null,
  hour timestamptz not null,
  count bigint not null,
  constraint issue_counts_key primary key (project_id, issue_id, hour)
) with (fillfactor = 70);

-- How the way of every item ended. The nil project: no project could be told.
create table outcome_counts (
  project_id uuid not null,
  hour timestamptz not null,
  outcome text not null,
  category text not null,
  reason text not null default '',
  count bigint not null,
  constraint outcome_counts_key primary key (project_id, hour, outcome, category, reason)
) with (fillfactor = 70);

-- The journals -------------------------------------------------------------------------------------------------------

-- Which entries of which journal are stored. Written in the transaction that stores them, so that storing happens once;
-- removed when the journal itself has forgotten the entries.
create table journal_batches (
  journal_id uuid not null,
  first_sequence bigint not null,
  last_sequence bigint not null,
  constraint journal_batches_key primary key (journal_id, first_sequence)
);

-- Entries that could not be digested, kept for a person to look at.
create table quarantined_entries (
  id uuid primary key default gen_random_uuid(),
  project_id uuid not null,
  journal_id uuid not null,
  sequence bigint not null,
  received_at timestamptz not null,
  reason text not null,
  -- The journal record as it was.
  record bytea not null,
  quarantined_at timestamptz not null default now(),
  constraint quarantined_entries_once unique (journal_id, sequence)
);
create index quarantined_entries_project on quarantined_entries (project_id, quarantined_at desc);
