-- To find the hours that are over, of all projects. As good as nothing to write, since hours come in order.
create index issue_counts_hour on issue_counts using brin (hour);
create index tag_counts_hour on tag_counts using brin (hour);
create index user_sketches_hour on user_sketches using brin (hour);
create index fingerprint_counts_hour on fingerprint_counts using brin (hour);
