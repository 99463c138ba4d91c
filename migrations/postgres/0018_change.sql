-- Counts what was changed of a firm: a server that keeps something in memory reads the counts and knows what is old.
create table firm_change (
    tenant_id text not null primary key,
    -- who may come in: keys revoked, sessions ended, people locked out
    access bigint not null,
    -- what is set up: tree, POS accounts, rules, instalment tables, own rows of the BIN table
    setup bigint not null
);
