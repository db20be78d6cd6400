-- The life of an issue ------------------------------------------------------------------------------------------------

alter table issues
  -- Of a resolved issue: since when an event would be a regression.
  add column resolution text
    constraint issues_resolution_known check (resolution in ('now', 'in_release', 'in_next_release')),
  -- in_release: the release it is resolved in; in_next_release: the newest when it was resolved, null when there was none.
  add column resolved_release text,
  -- Of an archived issue: what ends it.
  add column archive_mode text
    constraint issues_archive_mode_known check (archive_mode in ('until_escalating', 'until_time', 'until_count', 'for_ever')),
  add column archived_until timestamptz,
  -- The `event_count` that ends it.
  add column archived_until_count bigint,
  add column status_changed_at timestamptz,
  -- By hand; null: told from level and volume.
  add column priority_set text constraint issues_priority_known check (priority_set in ('high', 'medium', 'low')),
  add constraint issues_resolution_of_resolved check (resolution is null or status = 'resolved'),
  add constraint issues_archive_of_archived check (archive_mode is null or status = 'archived'),
  add constraint issues_resolved_release_told check (
    case resolution when 'in_release' then resolved_release is not null when 'in_next_release' then true
    else resolved_release is null end),
  add constraint issues_archived_until_told check ((archived_until is not null) = (archive_mode is not distinct from 'until_time')),
  add constraint issues_archived_until_count_told
    check ((archived_until_count is not null) = (archive_mode is not distinct from 'until_count'));
create index issues_archived_until on issues (archived_until) where archived_until is not null;

-- Who did what with an issue, and what happened to it by itself. The ids rise in the order in which things happened to
-- one issue: they are given while its row is locked.
create table issue_activity (
  project_id uuid not null,
  id bigint generated always as identity,
  issue_id uuid not null,
  at timestamptz not null default clock_timestamp(),
  kind text not null,
  actor_kind text not null constraint issue_activity_actor_kind_known check (actor_kind in ('user', 'token', 'system')),
  -- Of the user; null: a token of the organization, or the system.
  actor_id text,
  actor_name text not null,
  details jsonb not null default '{}',
  -- Of a comment.
  comment text,
  edited_at timestamptz,
  constraint issue_activity_key primary key (project_id, id),
  constraint issue_activity_comment_told check ((comment is not null) = (kind = 'comment'))
);
create index issue_activity_issue on issue_activity (project_id, issue_id, id);

-- Releases ------------------------------------------------------------------------------------------------------------

-- Kept by storing, so it knows exactly the releases that sent events.
create table releases (
  project_id uuid not null,
  version text not null,
  first_seen timestamptz not null,
  -- Behind by up to a minute, so that not every batch writes it.
  last_seen timestamptz not null,
  constraint releases_key primary key (project_id, version)
);
create index releases_first_seen on releases (project_id, first_seen desc);

-- Of the first and the last event that named one.
alter table issue_counters
  add column first_release text,
  add column last_release text;

-- Merging -------------------------------------------------------------------------------------------------------------

-- What an issue was that went into another one: to find it by its old id, and to bring it back.
create table merged_issues (
  project_id uuid not null,
  id uuid not null,
  into_issue_id uuid not null,
  number bigint not null,
  title text not null,
  culprit text not null,
  level text not null,
  platform text not null,
  grouping jsonb not null,
  created_at timestamptz not null,
  constraint merged_issues_key primary key (project_id, id)
);
create index merged_issues_into on merged_issues (project_id, into_issue_id);
create index merged_issues_id on merged_issues (id);

alter table issue_fingerprints
  -- The issue of `merged_issues` it came with; null: it is the issue's own.
  add column merged_from uuid,
  -- Its events are also counted in the two tables below: so it is while its issue has several fingerprints.
  add column is_counted boolean not null default false;

-- The shares of fingerprints in the counts of a merged issue. They make it exact to take one out again, also when
-- retention has removed its events.
create table fingerprint_counters (
  project_id uuid not null,
  fingerprint uuid not null,
  event_count bigint not null,
  first_seen timestamptz not null,
  last_seen timestamptz not null,
  first_release text,
  last_release text,
  constraint fingerprint_counters_key primary key (project_id, fingerprint)
) with (fillfactor = 50);

create table fingerprint_counts (
  project_id uuid not null,
  fingerprint uuid not null,
  hour timestamptz not null,
  count bigint not null,
  constraint fingerprint_counts_key primary key (project_id, fingerprint, hour)
) with (fillfactor = 70);

-- The fingerprint that led an event to its issue, where it is not that of the event's own grouping but of an older version.
alter table events add column placed_by uuid;

-- Events that still have to follow their issue: after a merge, an unmerge, a deletion. Done oldest first, in each project.
create table event_moves (
  project_id uuid not null,
  id bigint generated always as identity,
  from_issue_id uuid not null,
  -- Null: they are deleted.
  to_issue_id uuid,
  -- Only events of this fingerprint; null: all.
  fingerprint uuid,
  -- How far it is done.
  done_received_at timestamptz,
  done_event_id uuid,
  constraint event_moves_key primary key (project_id, id)
);
