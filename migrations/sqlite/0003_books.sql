-- What is owed, what paid what, the double-entry ledger, instalment tables and quotes.
-- Instants are epoch milliseconds, amounts minor units, days ISO text, ids 26 characters, JSON is text.
-- A party (debtor, counterparty) is the prefixed id, for it may be of several kinds.

create table receivable (
    tenant_id text not null,
    receivable_id text not null,
    -- to whom it is owed
    node_id text not null,
    debtor text not null,
    -- the debtor when it is a node: it may read what it owes
    debtor_node_id text,
    currency text not null,
    document_no text,
    description text,
    due_on text not null,
    created_by text not null,
    created_at_ms integer not null,
    primary key (tenant_id, receivable_id)
) strict;

create unique index receivable_document on receivable (tenant_id, node_id, document_no) where document_no is not null;
create index receivable_debtor on receivable (tenant_id, node_id, debtor, currency, due_on);
create index receivable_debtor_node on receivable (tenant_id, debtor_node_id) where debtor_node_id is not null;

create table component (
    tenant_id text not null,
    component_id text not null,
    receivable_id text not null,
    kind text not null,
    charged_minor integer not null check (charged_minor > 0),
    primary key (tenant_id, component_id),
    foreign key (tenant_id, receivable_id) references receivable (tenant_id, receivable_id)
) strict;

create index component_receivable on component (tenant_id, receivable_id);

-- Who allocates for a debtor holds its row: two payments can never close the same kuruş.
create table debtor (
    tenant_id text not null,
    node_id text not null,
    debtor text not null,
    currency text not null,
    version integer not null,
    primary key (tenant_id, node_id, debtor, currency)
) strict;

-- Money that arrived for a node, and the terms under which it did.
create table collection (
    tenant_id text not null,
    collection_id text not null,
    payment_id text not null,
    attempt_id text not null,
    node_id text not null,
    debtor text not null,
    debtor_node_id text,
    currency text not null,
    amount_minor integer not null check (amount_minor > 0),
    charged_minor integer not null check (charged_minor >= amount_minor),
    bank_commission_minor integer not null check (bank_commission_minor >= 0),
    -- owner, POS account, levels and what each keeps
    route text not null,
    rule_version text not null,
    explanation text not null,
    captured_at_ms integer not null,
    version integer not null,
    primary key (tenant_id, collection_id)
) strict;

create unique index collection_attempt on collection (tenant_id, attempt_id);
create index collection_payment on collection (tenant_id, payment_id);
create index collection_node on collection (tenant_id, node_id, captured_at_ms);
create index collection_debtor on collection (tenant_id, node_id, debtor, currency);

create table posting (
    tenant_id text not null,
    posting_id text not null,
    node_id text not null,
    currency text not null,
    kind text not null,
    -- the event that made it; an event posts once per node
    cause text not null,
    -- the posting that it undoes, or empty
    reverses_id text not null,
    collection_id text,
    payment_id text,
    receivable_id text,
    at_ms integer not null,
    primary key (tenant_id, posting_id)
) strict;

create unique index posting_cause on posting (tenant_id, cause, kind, node_id, reverses_id);
create index posting_collection on posting (tenant_id, collection_id) where collection_id is not null;
create index posting_node on posting (tenant_id, node_id, posting_id);

create table entry (
    tenant_id text not null,
    posting_id text not null,
    line integer not null,
    node_id text not null,
    account text not null,
    -- a party, or empty
    counterparty text not null,
    component text,
    -- debit above zero, credit below
    minor integer not null check (minor <> 0),
    currency text not null,
    value_on text,
    at_ms integer not null,
    primary key (tenant_id, posting_id, line),
    foreign key (tenant_id, posting_id) references posting (tenant_id, posting_id)
) strict;

create index entry_account on entry (tenant_id, node_id, account, counterparty, currency, at_ms);

-- What a collection closed; negative where it was taken back. Without a component it is an advance.
create table allocation (
    tenant_id text not null,
    allocation_id text not null,
    collection_id text not null,
    posting_id text not null,
    line integer not null,
    debtor text not null,
    receivable_id text,
    component_id text,
    kind text,
    minor integer not null check (minor <> 0),
    currency text not null,
    at_ms integer not null,
    primary key (tenant_id, allocation_id),
    foreign key (tenant_id, collection_id) references collection (tenant_id, collection_id),
    foreign key (tenant_id, posting_id) references posting (tenant_id, posting_id),
    foreign key (tenant_id, component_id) references component (tenant_id, component_id)
) strict;

create index allocation_component on allocation (tenant_id, component_id) where component_id is not null;
create index allocation_collection on allocation (tenant_id, collection_id);
create index allocation_advance on allocation (tenant_id, debtor, collection_id) where component_id is null;

create table collection_refund (
    tenant_id text not null,
    -- the operation that carries it
    cause text not null,
    collection_id text not null,
    -- reopens debts
    amount_minor integer not null check (amount_minor >= 0),
    -- gives back instalment difference
    difference_minor integer not null check (difference_minor >= 0),
    state text not null check (state in ('asked', 'confirmed', 'failed')),
    asked_at_ms integer not null,
    primary key (tenant_id, cause),
    foreign key (tenant_id, collection_id) references collection (tenant_id, collection_id)
) strict;

create index collection_refund_collection on collection_refund (tenant_id, collection_id);

-- A version of a firm's instalment table. The newest that has begun counts; none is ever changed.
create table scheme (
    tenant_id text not null,
    scheme_id text not null,
    begins_at_ms integer not null,
    created_by text not null,
    created_at_ms integer not null,
    primary key (tenant_id, scheme_id)
) strict;

create index scheme_begins on scheme (tenant_id, begins_at_ms);

create table scheme_line (
    tenant_id text not null,
    rule_id text not null,
    scheme_id text not null,
    pos_account_id text,
    programme text,
    commercial integer check (commercial in (0, 1)),
    instalments integer not null check (instalments between 1 and 36),
    extra integer not null check (extra between 0 and 36),
    -- decimals as text, percent
    offer_rate text not null,
    payer_share text not null,
    bank_rate text not null,
    amount_min_minor integer not null,
    blocked_days integer not null check (blocked_days between 0 and 365),
    primary key (tenant_id, rule_id),
    foreign key (tenant_id, scheme_id) references scheme (tenant_id, scheme_id)
) strict;

create index scheme_line_scheme on scheme_line (tenant_id, scheme_id);

create table quote (
    tenant_id text not null,
    quote_id text not null,
    node_id text not null,
    bin text not null,
    currency text not null,
    amount_minor integer not null check (amount_minor > 0),
    -- the offers as they were shown, terms included
    offers text not null,
    created_at_ms integer not null,
    expires_at_ms integer not null,
    primary key (tenant_id, quote_id)
) strict;

create table bin_override (
    tenant_id text not null,
    prefix text not null,
    bank_code text not null,
    brand text not null,
    kind text not null,
    commercial integer not null check (commercial in (0, 1)),
    programme text,
    primary key (tenant_id, prefix)
) strict;
