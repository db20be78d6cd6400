-- Rules, and the alerts they fired: see docs/alerts.md ---------------------------------------------------------------

create table alert_rules (
  project_id uuid not null references projects (id) on delete cascade,
  id uuid not null default gen_random_uuid(),
  name text not null,
  -- `AlertCondition`, `AlertFilters` and `AlertAction`s of the protocol.
  condition jsonb not null,
  filters jsonb not null default '{}',
  action jsonb not null,
  enabled boolean not null default true,
  cooldown_minutes integer not null default 60
    constraint alert_rules_cooldown_range check (cooldown_minutes between 1 and 10080),
  cooldown_scope text not null default 'rule' constraint alert_rules_scope_known check (cooldown_scope in ('rule', 'issue')),
  -- Who sets it may fire: see alerts/claims.queries.ts.
  last_fired_at timestamptz,
  -- Firings that the cooldown has held back since.
  blocked integer not null default 0,
  silenced_until timestamptz,
  created_at timestamptz not null default date_trunc('milliseconds', now()),
  updated_at timestamptz not null default date_trunc('milliseconds', now()),
  constraint alert_rules_key primary key (project_id, id)
) with (fillfactor = 80);
create index alert_rules_id on alert_rules (id);
create index alert_rules_enabled on alert_rules (project_id) where enabled;

-- As `last_fired_at` and `blocked` of a rule, where its cooldown is that of an issue.
create table alert_issue_firings (
  project_id uuid not null references projects (id) on delete cascade,
  rule_id uuid not null,
  issue_id uuid not null,
  fired_at timestamptz not null,
  blocked integer not null default 0,
  constraint alert_issue_firings_key primary key (project_id, rule_id, issue_id),
  constraint alert_issue_firings_rule foreign key (project_id, rule_id) references alert_rules (project_id, id) on delete cascade
) with (fillfactor = 80);
create index alert_issue_firings_fired on alert_issue_firings (fired_at);

create table alert_issue_silences (
  project_id uuid not null references projects (id) on delete cascade,
  issue_id uuid not null,
  silenced_until timestamptz not null,
  constraint alert_issue_silences_key primary key (project_id, issue_id)
);
create index alert_issue_silences_until on alert_issue_silences (silenced_until);

create table alerts (
  project_id uuid not null references projects (id) on delete cascade,
  id uuid not null default gen_random_uuid(),
  rule_id uuid not null,
  kind text not null constraint alerts_kind_known check (kind in ('fired', 'test', 'storm')),
  status text not null default 'active' constraint alerts_status_known check (status in ('active', 'acknowledged', 'resolved')),
  -- Null: about no single issue.
  issue_id uuid,
  message text not null,
  condition_snapshot jsonb not null,
  suppressed integer not null default 0,
  silenced boolean not null default false,
  triggered_at timestamptz not null,
  acknowledged_at timestamptz,
  resolved_at timestamptz,
  constraint alerts_key primary key (project_id, id),
  constraint alerts_rule foreign key (project_id, rule_id) references alert_rules (project_id, id) on delete cascade,
  constraint alerts_resolved_told check ((status = 'resolved') = (resolved_at is not null))
);
create index alerts_id on alerts (id);
create index alerts_of_project on alerts (project_id, triggered_at desc, id desc);
create index alerts_of_rule on alerts (project_id, rule_id, triggered_at desc, id desc);
create index alerts_of_issue on alerts (project_id, issue_id, triggered_at desc, id desc) where issue_id is not null;
create index alerts_open on alerts (project_id, rule_id) where status <> 'resolved';
create index alerts_triggered on alerts (triggered_at);

-- What happened to an alert, and who did it.
create table alert_activity (
  project_id uuid not null references projects (id) on delete cascade,
  id bigint generated always as identity,
  alert_id uuid not null,
  at timestamptz not null default clock_timestamp(),
  kind text not null,
  actor_kind text not null constraint alert_activity_actor_known check (actor_kind in ('user', 'token', 'system')),
  actor_id text,
  actor_name text not null,
  details jsonb not null default '{}',
  constraint alert_activity_key primary key (project_id, id),
  constraint alert_activity_alert foreign key (project_id, alert_id) references alerts (project_id, id) on delete cascade
);
create index alert_activity_of_alert on alert_activity (project_id, alert_id, id);

-- How many alerts a project has fired lately, and what was held back of them.
create table alert_storms (
  project_id uuid constraint alert_storms_key primary key references projects (id) on delete cascade,
  window_started_at timestamptz not null,
  firings integer not null,
  held integer not null default 0,
  -- The rule of the last one held.
  held_rule_id uuid
) with (fillfactor = 50);

-- What alerts are made of ---------------------------------------------------------------------------------------------

-- What events brought about that rules may wait for, written in the transaction that stores them. Whoever fires the alerts
-- removes the rows in the same transaction.
create table alert_signals (
  project_id uuid not null,
  id bigint generated always as identity,
  kind text not null
    constraint alert_signals_kind_known check (kind in ('new_issue', 'regression', 'escalation', 'seen')),
  issue_id uuid not null,
  -- The event that did it; null: none did.
  event_id uuid,
  event_received_at timestamptz,
  constraint alert_signals_key primary key (project_id, id)
);
create index alert_signals_id on alert_signals (id);

-- Events by the minute they were received in. An absent environment or release is the empty text.
create table event_minutes (
  project_id uuid not null,
  minute timestamptz not null,
  level text not null,
  environment text not null,
  release text not null,
  count bigint not null,
  constraint event_minutes_key primary key (project_id, minute, level, environment, release)
) with (fillfactor = 70);
create index event_minutes_minute on event_minutes using brin (minute);
