-- Tags: what breakdowns, suggestions and searches of issues read -----------------------------------------------------

-- The keys of a project's own that are counted; `dashboards/counted-tags.ts` names those that always are.
create table tag_keys (
  project_id uuid not null,
  key text collate "C" not null,
  constraint tag_keys_key primary key (project_id, key)
);

-- The empty value counts together what is beyond the maximum of values.
create table tag_counts (
  project_id uuid not null,
  hour timestamptz not null,
  key text collate "C" not null,
  value text collate "C" not null,
  count bigint not null,
  constraint tag_counts_key primary key (project_id, key, hour, value)
) with (fillfactor = 70);

create table issue_tags (
  project_id uuid not null,
  issue_id uuid not null,
  key text collate "C" not null,
  value text collate "C" not null,
  count bigint not null,
  constraint issue_tags_key primary key (project_id, issue_id, key, value)
) with (fillfactor = 70);

-- Users affected -----------------------------------------------------------------------------------------------------

-- See dashboards/user-sketch.ts. Of an issue, in the hour `infinity`: in all its life. Of the nil issue: of the project, in
-- an hour.
create table user_sketches (
  project_id uuid not null,
  issue_id uuid not null,
  hour timestamptz not null,
  sketch bytea not null,
  constraint user_sketches_key primary key (project_id, issue_id, hour)
) with (fillfactor = 50);
-- A kilobyte at most, of which nothing can be compressed.
alter table user_sketches alter column sketch set storage external;

alter table issue_counters add column user_count integer not null default 0;

-- Searches that people keep ------------------------------------------------------------------------------------------

create table saved_searches (
  id uuid constraint saved_searches_key primary key default gen_random_uuid(),
  organization_id uuid not null references organizations (id) on delete cascade,
  -- Null: of any project.
  project_id uuid references projects (id) on delete cascade,
  -- Whose it is; null: everybody's in the organization.
  owner_id text,
  name text not null,
  query text not null,
  sort text not null,
  created_at timestamptz not null default now()
);
create index saved_searches_organization on saved_searches (organization_id, owner_id);
