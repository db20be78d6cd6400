-- Which project a change was about, so that the log of one can be asked for. It stays when the project is gone, as the line does.
alter table audit_log add column project_id uuid;
alter table audit_log disable trigger audit_log_append_only;
update audit_log set project_id = coalesce(
  case when target_kind = 'project' then target_id end, details ->> 'project_id', details ->> 'projectId')::uuid;
alter table audit_log enable trigger audit_log_append_only;

-- When the journal was last known to be in use: hourly told by the node that stores it (ingest/journal/journals-seen.ts).
alter table journals add column seen_at timestamptz not null default now();

-- An epoch is never given twice, so that rows of journals may be removed: a node that stood still since before is still fenced.
create sequence journal_epochs;
select setval('journal_epochs', (select coalesce(max(epoch), 0) + 1 from journals), false);
alter table journals alter column epoch set default nextval('journal_epochs');
