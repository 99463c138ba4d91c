-- The servers that share this database, by the origin under which they reach each other.
create table replica (
    replica_id text not null primary key,
    url text not null,
    seen_at_ms bigint not null
);

-- Which server holds the card of an attempt whose payer is at the bank. Cards are in process memory only (P9).
create table attempt_holder (
    tenant_id text not null,
    attempt_id text not null,
    replica_id text not null,
    until_ms bigint not null,
    primary key (tenant_id, attempt_id)
);
create index attempt_holder_until on attempt_holder (until_ms);

-- Jobs that one server does for all: whoever writes the row has the turn.
create table job_turn (
    job text not null,
    turn text not null,
    replica_id text not null,
    primary key (job, turn)
);
