-- Every move of a payment, an attempt and an operation is told by the line of the timeline that its commit writes
-- anyway, a JSON list: so states can be derived again from rows that are only ever inserted. The row counts its moves,
-- so that no line can go missing unseen; its beginning is the first. Rows from before have counted none.
alter table payment_event add column moves text;
alter table payment add column moved bigint not null default 0;
alter table attempt add column moved bigint not null default 0;
alter table operation add column moved bigint not null default 0;

-- The newest rows of each kind from before: nothing later may be without its moves.
create table move_since (
    tenant_id text not null,
    subject text not null check (subject in ('payment', 'attempt', 'operation')),
    last_id text not null,
    primary key (tenant_id, subject)
);

insert into move_since (tenant_id, subject, last_id)
    select tenant_id, 'payment', max(payment_id) from payment group by tenant_id
    union all select tenant_id, 'attempt', max(attempt_id) from attempt group by tenant_id
    union all select tenant_id, 'operation', max(operation_id) from operation group by tenant_id;

-- How a link's digest is made: 1 is SHA-256, 2 is HMAC-SHA-256 with a key of the installation, for whoever can write
-- the database could make the first again.
alter table audit_link add column form bigint not null default 1;
