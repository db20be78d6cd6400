-- Addresses of a mail destination that have the message already, while others of them are tried again.
alter table deliveries add column mailed_to text[] not null default '{}';
