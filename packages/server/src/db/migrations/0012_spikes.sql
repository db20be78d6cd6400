-- The issues that may escalate, of all projects: looked at every few minutes.
create index issues_until_escalating on issues (project_id, id)
  where status = 'archived' and coalesce(archive_mode, 'until_escalating') = 'until_escalating';
