-- Addresses of a mail destination that have the message already, while others of them are tried again.
alter table deliveries add column mailed_to text[] not null default '{}';

-- What people and time had made of an issue when it went into another one, so that it is the same when it comes out again.
alter table merged_issues
  add column status text not null default 'unresolved',
  add column resolution text,
  add column resolved_release text,
  add column archive_mode text,
  add column archived_until timestamptz,
  -- Of an archive that a number of events ends: how many were left.
  add column archived_events_left bigint,
  add column status_changed_at timestamptz,
  add column regressed_at timestamptz,
  add column assigned_to uuid,
  add column assigned_team uuid,
  add column priority_set text,
  add column search tsvector not null default '';
