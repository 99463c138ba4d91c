-- Rules that say through which POS account a payment goes, and why each payment went where it went.

-- One row a firm: counts changes of its rules, so that nobody overwrites another's and every node knows what is new.
create table routing (
    tenant_id text not null primary key,
    version bigint not null,
    updated_at_ms bigint not null
);

create table routing_rule (
    tenant_id text not null,
    routing_rule_id text not null,
    -- from 1, in the order in which they are looked at
    place bigint not null,
    name text not null,
    state text not null check (state in ('active', 'disabled')),
    -- JSON: when it holds, and through which accounts
    conditions text not null,
    through text not null,
    created_by text not null,
    created_at_ms bigint not null,
    updated_at_ms bigint not null,
    primary key (tenant_id, routing_rule_id)
);

create index routing_rule_place on routing_rule (tenant_id, place, routing_rule_id);

-- JSON: who chose the POS account and why; absent for payments of before
alter table payment add column routing text;

-- what went through an account today, and whether its bank answers
create index attempt_pos_account on attempt (tenant_id, pos_account_id, created_at_ms);
