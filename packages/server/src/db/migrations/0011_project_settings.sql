alter table projects
  -- So that a rate is kept as it was given.
  alter column sample_rate type double precision using sample_rate::text::double precision,
  -- Pages that may send events; see `ApiProjectSettings`.
  add column allowed_domains text[] not null default '{*}',
  add column default_environment text,
  -- `InboundFilters` and `Scrubbing`: what was set; what is missing is as the program has it.
  add column inbound_filters jsonb not null default '{}',
  add column scrubbing jsonb not null default '{}',
  -- Rises with every change of what digesting reads, so that it is read again only then.
  add column settings_revision bigint not null default 1;

-- Kept for some time after everything is cleared, so that events of the project that come late are known for what they are.
alter table removed_projects add column cleared_at timestamptz;
