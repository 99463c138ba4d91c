-- Payments, their attempts at banks, and what was done with them.
-- Instants are epoch milliseconds, amounts minor units, ids 26 characters, JSON is text.

create table payment (
    tenant_id text not null,
    payment_id text not null,
    -- whose money it is: the node that is owed
    node_id text not null,
    -- who pays: a node, a customer, or nobody we know
    payer_kind text not null check (payer_kind in ('node', 'customer', 'none')),
    payer_id text,
    -- settled against what is owed
    amount_minor integer not null check (amount_minor > 0),
    -- taken from the card: the amount and what the payer bears of the instalment difference
    charged_minor integer not null check (charged_minor >= amount_minor),
    currency text not null,
    instalments integer not null check (instalments between 1 and 36),
    -- the offer that the payer saw, frozen
    quote_id text,
    terms text not null,
    entry text not null,
    capture text not null check (capture in ('automatic', 'manual')),
    -- the caller's own number, unique for a node
    reference text,
    description text,
    metadata text not null,
    -- the receivables that the payer ticked, in order
    receivables text not null,
    -- where the payer's browser goes after the bank's page
    return_url text,
    locale text not null,
    state text not null,
    created_by text not null,
    created_at_ms integer not null,
    updated_at_ms integer not null,
    version integer not null,
    primary key (tenant_id, payment_id)
) strict;

create unique index payment_reference on payment (tenant_id, node_id, reference) where reference is not null;
create index payment_node on payment (tenant_id, node_id, payment_id);
create index payment_payer on payment (tenant_id, payer_id, payment_id) where payer_id is not null;

create table attempt (
    tenant_id text not null,
    attempt_id text not null,
    payment_id text not null,
    pos_account_id text not null,
    -- our number for the bank, never used twice on a POS account
    order_no text not null,
    purpose text not null check (purpose in ('sale', 'authorize')),
    model text not null check (model in ('none', '3d', '3d-pay', '3d-host')),
    card_bin text,
    card_last4 text,
    card_brand text,
    card_bank text,
    card_programme text,
    card_type text,
    -- the version that began it, and its settings at that moment
    plugin_id text not null,
    plugin_version text not null,
    plugin_digest text not null,
    config text not null,
    payer_ip text,
    state text not null,
    -- how the bank knows it, written before the first byte leaves
    bank_ref text not null,
    plugin_state blob,
    -- under which a callback will be looked up while the payer is away; empty once claimed
    correlation text,
    -- why it was declined, failed or is in doubt
    failure text,
    -- when the janitor must look at it: a deadline, the end of a page's life or the next question
    due_ms integer,
    asks integer not null,
    not_found integer not null,
    sent_at_ms integer not null,
    finished_at_ms integer,
    created_at_ms integer not null,
    version integer not null,
    primary key (tenant_id, attempt_id),
    foreign key (tenant_id, payment_id) references payment (tenant_id, payment_id)
) strict;

create unique index attempt_order_no on attempt (tenant_id, pos_account_id, order_no);
create unique index attempt_correlation on attempt (tenant_id, pos_account_id, correlation) where correlation is not null;
-- P1: at most one attempt of a payment can be running or in doubt.
create unique index attempt_open on attempt (tenant_id, payment_id)
    where state in ('sending', 'browsing', 'browsing_charge', 'provisioning', 'unknown');
create index attempt_payment on attempt (tenant_id, payment_id, attempt_id);
create index attempt_due on attempt (due_ms) where due_ms is not null;

create table operation (
    tenant_id text not null,
    operation_id text not null,
    payment_id text not null,
    attempt_id text not null,
    kind text not null check (kind in ('capture', 'void', 'refund')),
    amount_minor integer not null check (amount_minor > 0),
    currency text not null,
    state text not null,
    bank_ref text not null,
    -- the caller's words
    reason text,
    failure text,
    requested_by text not null,
    due_ms integer,
    asks integer not null,
    not_found integer not null,
    sent_at_ms integer not null,
    finished_at_ms integer,
    created_at_ms integer not null,
    version integer not null,
    primary key (tenant_id, operation_id),
    foreign key (tenant_id, attempt_id) references attempt (tenant_id, attempt_id)
) strict;

create unique index operation_open on operation (tenant_id, attempt_id) where state in ('sending', 'unknown');
create index operation_payment on operation (tenant_id, payment_id, operation_id);
create index operation_due on operation (due_ms) where due_ms is not null;

create table payment_event (
    tenant_id text not null,
    payment_id text not null,
    event_id text not null,
    attempt_id text,
    operation_id text,
    kind text not null,
    actor text not null,
    detail text not null,
    at_ms integer not null,
    primary key (tenant_id, payment_id, event_id),
    foreign key (tenant_id, payment_id) references payment (tenant_id, payment_id)
) strict;

create table idempotency (
    tenant_id text not null,
    owner text not null,
    endpoint text not null,
    idempotency_key text not null,
    fingerprint text not null,
    -- what the first request made, so that a crash between the two transactions still finds it
    subject text not null,
    status integer,
    body text,
    created_at_ms integer not null,
    primary key (tenant_id, owner, endpoint, idempotency_key)
) strict;

create index idempotency_subject on idempotency (tenant_id, subject);

create table outbox (
    tenant_id text not null,
    event_id text not null,
    aggregate text not null,
    sequence integer not null,
    type text not null,
    body text not null,
    created_at_ms integer not null,
    delivered_at_ms integer,
    primary key (tenant_id, event_id)
) strict;

create unique index outbox_sequence on outbox (tenant_id, aggregate, sequence);
create index outbox_undelivered on outbox (created_at_ms) where delivered_at_ms is null;
