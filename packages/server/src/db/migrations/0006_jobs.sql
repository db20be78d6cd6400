-- What runs by the clock, once in the whole cluster: see jobs/job-runner.ts.
create table jobs (
  name text constraint jobs_key primary key,
  due_at timestamptz not null,
  -- Grows with every run that is begun. What a run of an older epoch still wants to write is refused.
  epoch bigint not null default 0,
  -- The node that runs it, or ran it last.
  holder text,
  -- While a long run goes on. A run that is one transaction holds the row's lock instead.
  lease_until timestamptz,
  -- Of the run of this epoch; `outcome`, `result` and `error` are those of the last run that ended.
  started_at timestamptz,
  finished_at timestamptz,
  outcome text constraint jobs_outcome_known check (outcome in ('succeeded', 'failed')),
  result jsonb,
  error text
) with (fillfactor = 50);
