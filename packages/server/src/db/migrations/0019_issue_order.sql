-- Lists of issues read their first page from an index, not from all issues. What every event changes must stay without one
-- (see `issue_counters` in 0001), so the indexes are on coarse copies, which an event hardly ever changes; among rows of one
-- coarse value the exact one decides. See issues/issue-order.ts.
alter table issue_counters
  add column coarse_last_seen timestamptz not null
    generated always as (date_bin('10 minutes', last_seen, '2000-01-01 00:00:00+00')) stored,
  add column coarse_event_count smallint not null
    generated always as (floor(4 * ln(greatest(event_count, 1)::float8))) stored,
  add column coarse_user_count smallint not null
    generated always as (floor(4 * ln(greatest(user_count, 1)::float8))) stored;
create index issue_counters_last_seen on issue_counters (project_id, coarse_last_seen desc);
create index issue_counters_first_seen on issue_counters (project_id, first_seen desc, issue_id desc);
create index issue_counters_event_count on issue_counters (project_id, coarse_event_count desc);
create index issue_counters_user_count on issue_counters (project_id, coarse_user_count desc);

-- DEFAULT-12, and the newest issues.
create index issues_number on issues (project_id, number desc);

-- Split when a title is written, and not with every look at a row.
drop index issues_title_words;
alter table issues add column title_words text[] not null
  generated always as (regexp_split_to_array(lower(left(title, 200)), '[^a-z0-9_]+')) stored;
create index issues_title_words on issues using gin (title_words);

-- Issues that have a tag. A value gets its row once, and none of this changes with its count.
create index issue_tags_value on issue_tags (project_id, key, value, issue_id);
