-- A secret that is to come into use, and the one that was in use before: at most one of each. Sealed for the place of
-- the one in use, so that they change places unopened.
create table pos_secret_spare (
    tenant_id text not null,
    pos_account_id text not null,
    name text not null,
    turn text not null check (turn in ('next', 'previous')),
    sealed text not null,
    updated_at_ms bigint not null,
    primary key (tenant_id, pos_account_id, name, turn),
    foreign key (tenant_id, pos_account_id) references pos_account (tenant_id, pos_account_id)
);
