-- What a firm's administrator may set: versions of the instalment table, and the settings of a node.

-- One row a firm: counts changes of its instalment table, so that nobody overwrites what another wrote meanwhile.
create table instalment (
    tenant_id text not null primary key,
    version bigint not null,
    updated_at_ms bigint not null
);

-- From 1, in the order in which they were written: what people call a version.
alter table scheme add column number bigint not null default 1;
-- A version that has not begun may be taken back; the row stays.
alter table scheme add column withdrawn_at_ms bigint;
alter table scheme add column withdrawn_by text;

update scheme set number = (select count(*) from scheme o
    where o.tenant_id = scheme.tenant_id and o.scheme_id <= scheme.scheme_id);
insert into instalment (tenant_id, version, updated_at_ms)
    select tenant_id, count(*), max(created_at_ms) from scheme group by tenant_id;

create unique index scheme_number on scheme (tenant_id, number);

-- Counts changes of a node's settings.
alter table node add column settings_version bigint not null default 1;
