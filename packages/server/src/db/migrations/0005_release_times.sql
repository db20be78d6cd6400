-- When the first and the last release of an issue were seen: an event without a release may be older or newer than both.
alter table issue_counters
  add column first_release_at timestamptz,
  add column last_release_at timestamptz;
alter table fingerprint_counters
  add column first_release_at timestamptz,
  add column last_release_at timestamptz;
