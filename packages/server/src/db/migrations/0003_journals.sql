-- Which node stores the entries of a journal: its own, or one that stands in for it. Every claim has a new epoch, and a batch is
-- stored only under the epoch of the last claim.
create table journals (
  id uuid primary key,
  node text not null,
  epoch bigint not null default 1,
  claimed_at timestamptz not null default now()
);
