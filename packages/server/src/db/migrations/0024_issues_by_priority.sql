-- Lists by priority read their first page from an index, too (see 0019). The priority follows from what an issue is, which is
-- copied here, and from how often it comes, which is here: `urgency` is 1, 2 or 3 by its level, or 11, 12 or 13 if somebody said
-- so. The default is what an older program beside this one makes: an error.
alter table issue_counters add column urgency smallint not null default 2;
update issue_counters c
set urgency = case i.priority_set when 'high' then 13 when 'medium' then 12 when 'low' then 11
  else case i.level when 'fatal' then 3 when 'error' then 2 else 1 end end
from issues i where i.project_id = c.project_id and i.id = c.issue_id;

-- The rank, as `priorityOf` tells it, and within it spans of ten minutes since 1970: it changes when `coarse_last_seen` does,
-- so an event that leaves that alone leaves this alone, and is counted without a look at the indexes.
alter table issue_counters
  add column coarse_priority integer not null
    generated always as (
      case when urgency > 10 then urgency - 10
        else least(3, urgency + (
          event_count * 86400 >= 1000 * greatest(86400, extract(epoch from last_seen - first_seen))
        )::integer) end * 100000000
      + ((extract(epoch from last_seen - '1970-01-01 00:00:00+00') * 1000)::bigint / 600000)::integer
    ) stored;
create index issue_counters_priority on issue_counters (project_id, coarse_priority desc);
