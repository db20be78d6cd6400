-- The words of an issue's first event, to find it by.
alter table issues add column search tsvector not null default '';
create index issues_search on issues using gin (search);
