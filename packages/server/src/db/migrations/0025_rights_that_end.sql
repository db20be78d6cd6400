-- Who made a link, so that it can be asked at its use whether they still may: a token, or a person in an organization. Links of
-- before name nobody, and open nothing any more.
alter table password_resets
  add column made_by_token uuid references api_tokens (id) on delete cascade,
  add column made_by_user uuid references users (id) on delete cascade,
  add column made_in_organization uuid references organizations (id) on delete cascade,
  add constraint password_resets_one_maker check (made_by_token is null or made_by_user is null),
  add constraint password_resets_person_in_organization check (made_by_user is null or made_in_organization is not null);

-- Who was taken out of an organization and is not back: signing in alone does not make them a member again.
create table removed_members (
  organization_id uuid not null references organizations (id) on delete cascade,
  user_id uuid not null references users (id) on delete cascade,
  removed_at timestamptz not null default now(),
  constraint removed_members_key primary key (organization_id, user_id)
);

-- Who made a ticket: a token, or a login. The stream it opens lasts no longer than what they may. One that names neither opens nothing.
alter table stream_tickets
  add column token_id uuid references api_tokens (id) on delete cascade,
  add column login_id uuid references logins (id) on delete cascade,
  add constraint stream_tickets_one_maker check (token_id is null or login_id is null);
