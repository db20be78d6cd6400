-- How alerts reach people: where messages go, what is on its way, and what each person wants. See deliveries/.
create table destinations (
  id uuid primary key default gen_random_uuid(),
  organization_id uuid not null references organizations (id) on delete cascade,
  kind text not null,
  name text not null,
  is_enabled boolean not null default true,
  -- What everybody in the organization may read.
  config jsonb not null,
  -- What nobody may: addresses that are keys, tokens, the keys of signatures. Sealed by deliveries/seal.ts.
  sealed_secrets bytea not null,
  -- The moment at which one more message may go out; each that goes moves it on.
  next_slot_at timestamptz not null default now(),
  -- As its receiver has asked.
  paused_until timestamptz,
  created_at timestamptz not null default date_trunc('milliseconds', clock_timestamp()),
  updated_at timestamptz not null default date_trunc('milliseconds', clock_timestamp()),
  constraint destinations_kind_known check
    (kind in ('email', 'webhook', 'slack', 'discord', 'teams', 'telegram', 'ntfy', 'pagerduty', 'opsgenie'))
);
create index destinations_organization on destinations (organization_id, created_at);

-- One message to one receiver. A weekly report is of no project, so the organization leads the key.
create table deliveries (
  organization_id uuid not null references organizations (id) on delete cascade,
  id uuid not null default gen_random_uuid(),
  project_id uuid,
  alert_id text,
  -- Either a destination or a person; neither, once that is gone.
  destination_id uuid references destinations (id) on delete set null,
  user_id uuid references users (id) on delete set null,
  kind text not null,
  receiver text not null,
  purpose text not null,
  title text not null,
  message jsonb not null,
  status text not null default 'waiting',
  -- Of all attempts there were, the number of the last.
  attempts integer not null default 0,
  tries_left integer not null,
  created_at timestamptz not null default date_trunc('milliseconds', clock_timestamp()),
  due_at timestamptz not null default clock_timestamp(),
  -- Its turn at the destination is `due_at`.
  has_slot boolean not null default false,
  -- While a node sends it. A node that is gone does not renew it.
  lease_until timestamptz,
  finished_at timestamptz,
  error text,
  constraint deliveries_key primary key (organization_id, id),
  constraint deliveries_status_known check (status in ('waiting', 'sending', 'sent', 'dead', 'cancelled')),
  constraint deliveries_purpose_known check (purpose in ('alert', 'test', 'digest', 'weekly_report'))
) with (fillfactor = 70);
create index deliveries_newest on deliveries (organization_id, created_at desc, id desc);
create index deliveries_alert on deliveries (organization_id, alert_id) where alert_id is not null;
create index deliveries_destination on deliveries (destination_id, status) where destination_id is not null;
create index deliveries_user on deliveries (user_id) where user_id is not null;
create index deliveries_project on deliveries (project_id) where project_id is not null;
create index deliveries_open on deliveries (due_at) where status in ('waiting', 'sending');
create index deliveries_dead on deliveries (created_at) where status = 'dead';
create index deliveries_created on deliveries (created_at);

create table delivery_attempts (
  organization_id uuid not null,
  delivery_id uuid not null,
  number integer not null,
  node text not null,
  started_at timestamptz not null default date_trunc('milliseconds', clock_timestamp()),
  duration_ms integer,
  outcome text not null default 'running',
  response_status integer,
  error text,
  constraint delivery_attempts_key primary key (organization_id, delivery_id, number),
  constraint delivery_attempts_of_delivery foreign key (organization_id, delivery_id)
    references deliveries (organization_id, id) on delete cascade,
  constraint delivery_attempts_outcome_known check (outcome in ('running', 'sent', 'failed', 'lost'))
);

-- What a member wants to hear by mail. No row: what deliveries/preferences.queries.ts has as default.
create table notification_preferences (
  organization_id uuid not null,
  user_id uuid not null,
  mode text not null,
  only_assigned boolean not null,
  weekly_report boolean not null,
  updated_at timestamptz not null default now(),
  constraint notification_preferences_key primary key (organization_id, user_id),
  constraint notification_preferences_of_member foreign key (organization_id, user_id)
    references organization_members (organization_id, user_id) on delete cascade,
  constraint notification_preferences_mode_known check (mode in ('instant', 'hourly', 'daily', 'mute'))
);

-- Alerts that wait for the digest of a member.
create table digest_entries (
  organization_id uuid not null,
  user_id uuid not null,
  id bigint generated always as identity,
  created_at timestamptz not null default clock_timestamp(),
  notice jsonb not null,
  constraint digest_entries_key primary key (organization_id, user_id, id),
  constraint digest_entries_of_member foreign key (organization_id, user_id)
    references organization_members (organization_id, user_id) on delete cascade
);
create index digest_entries_created on digest_entries (created_at);

-- Weeks whose reports were made: by their Monday.
create table weekly_reports (
  organization_id uuid not null references organizations (id) on delete cascade,
  week date not null,
  made_at timestamptz not null default now(),
  constraint weekly_reports_key primary key (organization_id, week)
);
