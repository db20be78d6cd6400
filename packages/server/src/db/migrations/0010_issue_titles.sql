-- The words of titles, for issues that are like another: see issues/similar-issues.ts.
create index issues_title_words on issues using gin (regexp_split_to_array(lower(left(title, 200)), '[^a-z0-9_]+'));
