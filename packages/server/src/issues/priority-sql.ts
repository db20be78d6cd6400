/** The priority of a row `i` of `issues` and `c` of `issue_counters`, as `priorityOf` tells it. */

const EVENTS_PER_DAY = "c.event_count / greatest(1, extract(epoch from c.last_seen - c.first_seen) / 86400)";
const OF_LEVEL = "case i.level when 'fatal' then 3 when 'error' then 2 else 1 end";

/** 3 is high, 2 medium, 1 low. */
export const PRIORITY_RANK = `case i.priority_set when 'high' then 3 when 'medium' then 2 when 'low' then 1
  else least(3, ${OF_LEVEL} + (${EVENTS_PER_DAY} >= 1000)::integer) end`;

export const PRIORITY = `case ${PRIORITY_RANK} when 3 then 'high' when 2 then 'medium' else 'low' end`;
