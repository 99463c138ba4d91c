-- Telling the outside: endpoints, what each of them is told, and what it answered.
-- `outbox.delivered_at_ms` says when an event was handed to every endpoint that asked for it.

create table webhook_endpoint (
    tenant_id text not null,
    webhook_endpoint_id text not null,
    -- it hears of this part of the tree alone
    node_id text not null,
    url text not null,
    description text not null,
    -- '*', or types with a blank before and after each
    events text not null,
    state text not null check (state in ('active', 'disabled', 'deleted')),
    disabled_reason text,
    failing_since_ms integer,
    succeeded_at_ms integer,
    version integer not null,
    created_by text not null,
    created_at_ms integer not null,
    updated_at_ms integer not null,
    primary key (tenant_id, webhook_endpoint_id),
    foreign key (tenant_id, node_id) references node (tenant_id, node_id)
) strict;

create table webhook_secret (
    tenant_id text not null,
    webhook_secret_id text not null,
    webhook_endpoint_id text not null,
    sealed text not null,
    created_at_ms integer not null,
    -- null: the current one; during a rotation the one before it signs too, until then
    ends_at_ms integer,
    primary key (tenant_id, webhook_secret_id),
    foreign key (tenant_id, webhook_endpoint_id) references webhook_endpoint (tenant_id, webhook_endpoint_id)
) strict;

create index webhook_secret_endpoint on webhook_secret (tenant_id, webhook_endpoint_id);

create table webhook_delivery (
    tenant_id text not null,
    webhook_delivery_id text not null,
    webhook_endpoint_id text not null,
    event_id text not null,
    -- copied from the event: the order is kept per aggregate
    aggregate text not null,
    sequence integer not null,
    type text not null,
    state text not null check (state in ('pending', 'delivered', 'failed')),
    tries integer not null,
    due_ms integer not null,
    -- the node that delivers holds the row until then; the version is its fencing token
    lease_until_ms integer,
    version integer not null,
    created_at_ms integer not null,
    finished_at_ms integer,
    primary key (tenant_id, webhook_delivery_id),
    foreign key (tenant_id, webhook_endpoint_id) references webhook_endpoint (tenant_id, webhook_endpoint_id),
    foreign key (tenant_id, event_id) references outbox (tenant_id, event_id)
) strict;

create unique index webhook_delivery_event on webhook_delivery (tenant_id, webhook_endpoint_id, event_id);
create index webhook_delivery_due on webhook_delivery (tenant_id, webhook_endpoint_id, due_ms) where state = 'pending';
create index webhook_delivery_order on webhook_delivery (tenant_id, webhook_endpoint_id, aggregate, sequence)
    where state = 'pending';

create table webhook_attempt (
    tenant_id text not null,
    webhook_delivery_id text not null,
    number integer not null,
    at_ms integer not null,
    duration_ms integer not null,
    outcome text not null,
    status integer,
    excerpt text not null,
    primary key (tenant_id, webhook_delivery_id, number),
    foreign key (tenant_id, webhook_delivery_id) references webhook_delivery (tenant_id, webhook_delivery_id)
) strict;
