-- Members of an organization who look after the same projects (organizations/teams.queries.ts).
create table teams (
  id uuid primary key default gen_random_uuid(),
  organization_id uuid not null references organizations (id) on delete cascade,
  slug text not null,
  name text not null,
  created_at timestamptz not null default date_trunc('milliseconds', now()),
  constraint teams_slug_unique unique (organization_id, slug)
);

-- Whoever leaves the organization leaves its teams.
create table team_members (
  team_id uuid not null references teams (id) on delete cascade,
  organization_id uuid not null,
  user_id uuid not null,
  joined_at timestamptz not null default date_trunc('milliseconds', now()),
  constraint team_members_key primary key (team_id, user_id),
  constraint team_members_of_organization foreign key (organization_id, user_id)
    references organization_members (organization_id, user_id) on delete cascade
);
create index team_members_user on team_members (organization_id, user_id);

create table team_projects (
  team_id uuid not null references teams (id) on delete cascade,
  project_id uuid not null references projects (id) on delete cascade,
  constraint team_projects_key primary key (team_id, project_id)
);
create index team_projects_project on team_projects (project_id);
