-- The audit trail in links: each holds the digest of its rows and of the link before it. Written by a job, never in
-- the commit of an act.
create table audit_link (
    tenant_id text not null,
    link bigint not null,
    -- the newest row in it
    last_id text not null,
    rows_in_it bigint not null,
    digest text not null,
    at_ms bigint not null,
    primary key (tenant_id, link)
);
