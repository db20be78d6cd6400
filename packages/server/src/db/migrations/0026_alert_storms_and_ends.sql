-- The rules that fired in a project's window of `alert_storms`, and how many firings of each were held back.
create table alert_storm_holds (
  project_id uuid not null references projects (id) on delete cascade,
  rule_id uuid not null,
  held integer not null default 0,
  constraint alert_storm_holds_key primary key (project_id, rule_id),
  constraint alert_storm_holds_rule foreign key (project_id, rule_id) references alert_rules (project_id, id) on delete cascade
) with (fillfactor = 50);

insert into alert_storm_holds (project_id, rule_id, held)
select s.project_id, s.held_rule_id, s.held
from alert_storms s join alert_rules r on r.project_id = s.project_id and r.id = s.held_rule_id
where s.held > 0;

-- Only nodes of the version before write `alert_storms.held_rule_id`. The release after this one drops it.

-- `Told` of deliveries/queue-deliveries.ts: who was told of the alert, and shall be told of its end. Null: nobody was, or a
-- node of the version before fired it.
alter table alerts add column told jsonb;

-- It is gone for everybody, but its open alerts are still to be resolved. See alerts/end-alerts.ts.
alter table alert_rules add column deleted_at timestamptz;
create index alert_rules_deleted on alert_rules (project_id) where deleted_at is not null;

-- Nobody was told of the last firing: the next one that somebody is told of need not wait for the cooldown.
alter table alert_rules add column fired_in_silence boolean not null default false;
alter table alert_issue_firings add column fired_in_silence boolean not null default false;
