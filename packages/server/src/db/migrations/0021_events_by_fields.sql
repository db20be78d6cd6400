-- What of an event is searched beside its tags stands behind the order of lists, in the same index: an event that does not
-- match is passed over there, without a look at its row.
drop index events_project_received;
create index events_project_received on events (project_id, received_at desc, event_id desc, level, environment, release);
