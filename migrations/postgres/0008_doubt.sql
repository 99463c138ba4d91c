-- What one person proposes and a second one confirms; and alarms, one per cause.

create table proposal (
    tenant_id text not null,
    proposal_id text not null,
    -- whoever sees this node's part of the tree sees it
    node_id text not null,
    kind text not null,
    -- what it is about, with its prefix: att_…, opr_…
    subject text not null,
    -- what will be done, JSON; never changed
    payload text not null,
    evidence text not null,
    -- the number of the bank's letter or statement
    reference text,
    -- SHA-256 of a file that the maker keeps, hex
    attachment_sha256 text,
    state text not null check (state in ('proposed', 'confirmed', 'rejected', 'withdrawn', 'expired')),
    proposed_by text not null,
    proposed_at_ms bigint not null,
    expires_at_ms bigint not null,
    decided_by text,
    decided_at_ms bigint,
    note text,
    version bigint not null,
    primary key (tenant_id, proposal_id),
    -- four eyes: nobody confirms or rejects what is the own
    check (state not in ('confirmed', 'rejected') or (decided_by is not null and decided_by <> proposed_by)),
    foreign key (tenant_id, node_id) references node (tenant_id, node_id)
);

create unique index proposal_open on proposal (tenant_id, kind, subject) where state = 'proposed';
create index proposal_subject on proposal (tenant_id, subject, proposal_id);
create index proposal_due on proposal (expires_at_ms) where state = 'proposed';

-- the proposal by which a person decided it: from then on the bank's word only agrees or raises an alarm
alter table attempt add column proposal_id text;
alter table operation add column proposal_id text;

create index attempt_doubt on attempt (tenant_id, attempt_id) where state = 'unknown';
create index operation_doubt on operation (tenant_id, operation_id) where state = 'unknown';

create table alarm (
    tenant_id text not null,
    alarm_id text not null,
    cause text not null,
    -- where the cause sits: every alarm is about one POS account
    pos_account_id text not null,
    state text not null check (state in ('open', 'closed')),
    opened_at_ms bigint not null,
    closed_at_ms bigint,
    closed_by text,
    note text,
    version bigint not null,
    primary key (tenant_id, alarm_id),
    foreign key (tenant_id, pos_account_id) references pos_account (tenant_id, pos_account_id)
);

create unique index alarm_open on alarm (tenant_id, cause, pos_account_id) where state = 'open';

-- what an alarm is about: rows are only added
create table alarm_item (
    tenant_id text not null,
    alarm_id text not null,
    -- with its prefix: att_…, opr_…
    subject text not null,
    payment_id text not null,
    detail text not null,
    at_ms bigint not null,
    primary key (tenant_id, alarm_id, subject),
    foreign key (tenant_id, alarm_id) references alarm (tenant_id, alarm_id)
);
