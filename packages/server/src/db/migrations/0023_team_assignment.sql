-- Issues are a person's (assigned_to), a team's, or nobody's.
alter table issues
  add column assigned_team uuid,
  add constraint issues_one_assignee check (assigned_to is null or assigned_team is null);
