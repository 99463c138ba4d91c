-- A turn is held for a while and kept while its job runs: a server that dies in it leaves it to another. Only what was
-- done is nobody's any more.
alter table job_turn add column lease_until_ms integer not null default 0;
alter table job_turn add column done_at_ms integer;
