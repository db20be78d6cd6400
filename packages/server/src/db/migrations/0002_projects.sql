-- Slugs that projects had before: addresses with them still lead to the project.
create table former_project_slugs (
  organization_id uuid not null references organizations (id) on delete cascade,
  slug text not null,
  project_id uuid not null references projects (id) on delete cascade,
  created_at timestamptz not null default now(),
  constraint former_project_slugs_key primary key (organization_id, slug)
);
create index former_project_slugs_project on former_project_slugs (project_id);

alter table project_keys
  add column id uuid not null default gen_random_uuid() constraint project_keys_id_unique unique,
  -- Events this key may send in a window; null: as the project says.
  add column rate_limit_events integer constraint project_keys_rate_limit_events_positive check (rate_limit_events > 0);

-- Projects that are gone, until the last row of their data is gone too.
create table removed_projects (
  project_id uuid constraint removed_projects_key primary key,
  organization_id uuid not null,
  slug text not null,
  removed_at timestamptz not null default now()
);
